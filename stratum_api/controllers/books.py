"""How fresh books are: how each stands, how old its quotes were, and when it went beyond its limit."""

from typing import Annotated, Any, Literal

from litestar import Controller
from litestar.params import QueryParameter

from stratum_api.newest import History, Row
from stratum_api.parameters import Book, Market, Sport
from stratum_api.routes import Serving
from stratum_api.rows import Select, as_structs, selected
from stratum_api.service import Service
from stratum_api.showing import Seeing, shows
from stratum_api.shown.books import FRESHNESS, BookFreshnessAnswer, ShownBook, ShownBreach

KEY = ("sport_key", "bookmaker", "market")
STATED = (*KEY, "state", "since_at", "reason", "as_of", "last_sighted_at", "expected_gap_s", "limit_s")
STRETCH = {
    "stretch_from_at": "first_polled_at",
    "stretch_until_at": "as_of",
    "n_polls": "n_polls",
    "n_late": "n_late",
    "age_p50_s": "age_p50_s",
    "age_p95_s": "age_p95_s",
    "age_p99_s": "age_p99_s",
}
MOST_BREACHES = 100


class BookController(Controller):
    """Books."""

    path = "/api/v1/intel/books"
    tags = ("books",)

    @shows("/freshness", "getBookFreshness", example=FRESHNESS)
    async def freshness(
        self,
        service: Serving,
        sight: Seeing,
        sport: Sport = None,
        market: Market = None,
        book: Book = None,
        stands: Annotated[
            Literal["idle", "fresh", "late", "silent", "paused"] | None,
            QueryParameter(name="state", description="Only books that stand so, and breaches that came to it."),
        ] = None,
    ) -> BookFreshnessAnswer:
        """How books stand, market by market, with the ages of their quotes over the last hour or so, and their breaches.

        Only markets of which something is expected. A plan that sees late sees the last stretch that was over then.
        """
        wanted = {"sport_key": sport, "market": market, "bookmaker": book}
        asked = {name: value for name, value in wanted.items() if value is not None}
        histories = await service.newest.books.get()
        if sight.is_delayed:
            books = [
                _as_then(row)
                for history in histories.values()
                if (row := history.at(sight.latest_at)) is not None and _meets(row, asked)
            ]
        else:
            books = [_with_stretch(stated, histories) for stated in await _stated(service, asked)]
        breaches = [
            row
            for history in (await service.newest.breaches.get()).values()
            if (row := history.at(sight.latest_at)) is not None and _meets(row, asked)
        ]
        lasting_first = sorted(breaches, key=_by_age)[:MOST_BREACHES]
        return BookFreshnessAnswer(
            sorted(
                (one for one in books if stands in (None, one.state)),
                key=lambda one: (one.sport_key, one.bookmaker, one.market),
            ),
            [
                ShownBreach(*(row[name] for name in selected(ShownBreach)))
                for row in lasting_first
                if stands in (None, row["state"])
            ],
        )


async def _stated(service: Service, asked: dict[str, str]) -> list[ShownBook]:
    """How the asked books stand by the clock, without the ages of their quotes."""
    ask = Select(service.rows.is_sqlite)
    for column, value in asked.items():
        ask.where(f"{column} = {{}}", value)
    rows = await service.rows.fetch(ask.sql(", ".join(STATED), "book_states"), *ask.values)
    unknown = (None,) * len(STRETCH)
    return as_structs(ShownBook, [(*row, *unknown) for row in rows], service.rows.source)


def _with_stretch(book: ShownBook, histories: dict[tuple[str, str, str], History]) -> ShownBook:
    """The book with its last stretch, where it has one."""
    history = histories.get((book.sport_key, book.bookmaker, book.market))
    if history is not None:
        for name, column in STRETCH.items():
            setattr(book, name, history.rows[-1][column])
    return book


def _as_then(row: Row) -> ShownBook:
    """How a book stood at the end of a stretch."""
    then = {name: row[name] for name in STATED if name in row}
    return ShownBook(**then, since_at=None, reason="", **{name: row[column] for name, column in STRETCH.items()})


def _meets(row: Row, asked: dict[str, str]) -> bool:
    return all(row[name] == value for name, value in asked.items())


def _by_age(row: Row) -> tuple[bool, Any]:
    """What lasts goes first, then what was noticed last."""
    return row["ended_at"] is not None, -row["noticed_at"].timestamp()
