"""Dislocations: single books that stood apart from all others."""

from typing import Annotated

import msgspec
from litestar import Controller
from litestar.params import QueryParameter

from stratum_api.pages import USUAL_LIMIT, CursorText, Limit, Question
from stratum_api.parameters import Book, Events, Market, Since, Sport, Until, moment, named
from stratum_api.problems import CursorInvalid
from stratum_api.routes import Serving
from stratum_api.rows import as_structs, columns_of
from stratum_api.showing import Seeing, shows
from stratum_api.shown.dislocations import EXAMPLE_PAGE, DislocationPage, ShownDislocation
from stratum_api.signal_feed import CHRONOLOGICAL, Wanted, asked
from warehouse.database.types import micros
from warehouse.database.types import moment as moment_of

DISLOCATION = "DISLOCATION"
Upcoming = Annotated[bool, QueryParameter(description="Only of games that have not begun.")]


class Explained(msgspec.Struct):
    """What the meta of a dislocation says; what is not in it is null."""

    book: str | None = None
    book_kind: str | None = None
    book_point: float | None = None
    book_price_decimal: float | None = None
    book_fair_prob: float | None = None
    consensus_point: float | None = None
    consensus_fair_prob: float | None = None
    gap_prob: float | None = None
    edge_prob: float | None = None
    z: float | None = None
    n_other_groups: int | None = None


class DislocationController(Controller):
    """Dislocations."""

    path = "/api/v1/intel/dislocations"
    tags = ("dislocations",)

    @shows("/", "listDislocations", CursorInvalid, example=EXAMPLE_PAGE)
    async def every(
        self,
        service: Serving,
        sight: Seeing,
        sport: Sport = None,
        market: Market = None,
        events: Events = None,
        book: Book = None,
        since: Since = None,
        until: Until = None,
        upcoming: Upcoming = True,
        cursor: CursorText = None,
        limit: Limit = USUAL_LIMIT,
    ) -> DislocationPage:
        """Books that came to stand apart, the newest first. They are signals: plans that see only the structural core see none."""
        sight.require_full("book", book)
        wanted = Wanted(
            types=[DISLOCATION],
            sport=sport,
            market=market,
            events=named("event", events),
            since=moment("since", since),
            until=moment("until", until),
        )
        question = Question("listDislocations", wanted, book, upcoming)
        after = service.cursors.read(cursor, question)
        ask = await asked(service, sight, wanted)
        if book is not None:
            ask.where("s.entry_bookmaker = {}", book)
        if upcoming:
            ask.where("s.commence_at > {}", sight.latest_at)
        if after is not None:
            ask.where("(s.detected_at, s.signal_id) < ({}, {})", moment_of(after[0]), after[1])
        rows = await service.rows.fetch(
            ask.sql(
                f"{columns_of(ShownDislocation, 's.')}, s.meta",
                "signals s",
                f"order by {CHRONOLOGICAL} limit {{}}",
                limit + 1,
            ),
            *ask.values,
        )
        items = as_structs(ShownDislocation, rows, service.rows.source, beside=1)
        for item, row in zip(items, rows, strict=True):
            explained = msgspec.json.decode(row[-1], type=Explained)
            for name in Explained.__struct_fields__:
                setattr(item, name, getattr(explained, name))
        page = service.cursors.page(items, limit, question, lambda one: (micros(one.detected_at), one.signal_id))
        return DislocationPage(*page)
