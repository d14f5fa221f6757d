"""Change logs: folders that keep an odds history as a Parquet file of changes and an index of the snapshots taken.

One answer comes out per snapshot of the index, unchanged ones included, because "unchanged" and "not observed" differ.
Its body is made here, from the files and only from rows up to that snapshot: the changes, the games that are gone
(`unlisted`, by the counts of the index) and those that came back, with the quotes they had. Changes without a usable
time come last, as an answer that says so. Folders that also hold the answers themselves are left to the archive.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
import numpy as np

from stratum_pipelines.providers import reasons
from stratum_pipelines.providers.notes import UNKNOWN_RECEIPT, noted
from stratum_pipelines.providers.provider import Provider
from stratum_pipelines.providers.quote_changes_listing import Listing
from stratum_pipelines.providers.reading import YEAR_2200, Answer, Game, Reading, Refusal
from stratum_pipelines.providers.the_odds_api_answer import NO_TIME, TIMES, iso, microseconds
from stratum_pipelines.providers.the_odds_api_tolerant import Unreadable, document_of, shortened, time_of
from stratum_pipelines.reference import load_reference

if TYPE_CHECKING:
    import polars as pl

NAME = "quote_changes"
ENDPOINT = "archive/quote_changes"
UNTIMED = noted(ENDPOINT, *UNKNOWN_RECEIPT)
CHANGES = "quote_changes.parquet"
INDEX = "snapshot_index.csv.gz"
UNKNOWN_SPORT = "unknown"

Name = Annotated[str, msgspec.Meta(min_length=1)]


class Change(msgspec.Struct, gc=False):
    """One quote that is new, moved or came back; withdrawn when it has neither price nor point."""

    event_id: Name
    commence_time: Name
    home_team: Name
    away_team: Name
    bookmaker: Name
    market: Name
    outcome: Name
    price: float | None
    point: float | None
    last_update: str | None


class Snapshot(msgspec.Struct, gc=False):
    """The body of one answer."""

    timestamp: str | None
    odds_format: Literal["american", "decimal"]
    n_events: int | None
    n_quotes: int | None
    changes: list[Change]
    unlisted: list[str] = []
    relisted: list[str] = []


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Snapshot).decode


def recognises(path: Path) -> bool:
    """Whether the folder holds a change log and not the answers it was made from."""
    return (path / CHANGES).is_file() and (path / INDEX).is_file() and not (path / "snapshots").is_dir()


def answers(path: Path) -> Iterator[Answer]:
    """One answer per snapshot of the index, in order of time. Raises ValueError when a file cannot be read."""
    import polars as pl

    index, changes, untimed, odds_format = _load(path)
    league = load_reference().league_named(path.name)
    sport_key = league.sport_key if league else UNKNOWN_SPORT
    listing: Listing[tuple[Any, ...]] = Listing()
    lengths = {
        at: (start, n)
        for at, start, n in changes.group_by("at", maintain_order=True).agg(pl.col("row").first(), pl.len()).iter_rows()
    }
    columns = [name for name in changes.columns if name not in ("at", "row")]
    for at, n_events, n_quotes in index.iter_rows():
        start, n = lengths.get(at, (0, 0))
        rows = changes.slice(start, n).select(columns).rows() if n else []
        listing.begin()
        for row in rows:
            event_id, commence_time, _, _, bookmaker, market, outcome, price, point, _ = row
            withdrawn = price is None and point is None
            commence_at = time_of(commence_time)
            if event_id is not None and commence_at is not None:
                listing.put(event_id, commence_at, (bookmaker, market, outcome), None if withdrawn else row)
        gone, back = listing.end(at, n_events, n_quotes)
        changed = {(row[0], *row[4:7]) for row in rows} if back else set()
        again = [
            # With the start as last known: a quote may be older than the last move of its game.
            (row[0], iso(listing.commence_at[event]), *row[2:])
            for event in back
            for key, row in listing.quotes[event].items()
            if (event, *key) not in changed
        ]
        body = _body(iso(at), odds_format, n_events, n_quotes, [*rows, *again], gone, back)
        yield Answer(NAME, sport_key, ENDPOINT, at, body, "archive")
    if untimed.height:
        last = index["at"].max()
        at = last + 1 if isinstance(last, int) else 0
        body = _body(None, odds_format, None, None, untimed.select(columns).rows(), [], [])
        yield Answer(NAME, sport_key, UNTIMED, at, body, "archive")


def _body(
    timestamp: str | None,
    odds_format: str,
    n_events: int | None,
    n_quotes: int | None,
    rows: list[tuple[Any, ...]],
    unlisted: list[str],
    relisted: list[str],
) -> bytes:
    """The body of one answer, in the shape of `Snapshot`."""
    return _encode(
        {
            "timestamp": timestamp,
            "odds_format": odds_format,
            "n_events": n_events,
            "n_quotes": n_quotes,
            "changes": [dict(zip(Change.__struct_fields__, row, strict=True)) for row in rows],
            "unlisted": unlisted,
            "relisted": relisted,
        }
    )


def _load(path: Path) -> tuple["pl.DataFrame", "pl.DataFrame", "pl.DataFrame", str]:
    """The index (at, n_events, n_quotes), the changes in order of time, those without a usable time, and the odds format.

    Times other than `at` are text.
    """
    import polars as pl

    try:
        changes = pl.read_parquet(path / CHANGES)
        index = pl.read_csv(path / INDEX, schema_overrides={"snapshot_time": pl.String})
        odds_format = "american" if changes.schema["price"].is_integer() else "decimal"
        at = pl.col("snapshot_time").dt.epoch("us").alias("at")
        changes = changes.select(
            at,
            "event_id",
            _text("commence_time"),
            "home_team",
            "away_team",
            "bookmaker",
            "market",
            "outcome",
            "price",
            "point",
            _text("market_last_update"),
        )
        # One time that cannot be read costs its own line and no other.
        times = pl.col("snapshot_time").str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
        index = index.with_columns(times).select(at, "n_events", "n_quotes").unique("at", keep="last")
    except (pl.exceptions.PolarsError, OSError, KeyError, AttributeError) as error:
        raise ValueError(
            f"The change log in {path} cannot be read: {error}. It needs {CHANGES} and {INDEX}."
        ) from error
    usable = pl.col("at").is_between(0, YEAR_2200, closed="left").fill_null(value=False)
    untimed, changes, index = changes.filter(~usable), changes.filter(usable), index.filter(usable)
    # A snapshot the index lacks is not lost; its counts are unknown.
    index = index.join(changes.select("at").unique(), on="at", how="full", coalesce=True).sort("at")
    return index, changes.sort("at", maintain_order=True).with_row_index("row"), untimed, odds_format


def _text(column: str) -> "pl.Expr":
    import polars as pl

    return pl.col(column).dt.strftime("%Y-%m-%dT%H:%M:%SZ")


def read(answer: Answer) -> Reading:
    """What a snapshot changed. A change that cannot be read is refused alone; a body that is no snapshot wholly."""
    refusals: list[Refusal] = []
    try:
        snapshot = _decode(answer.body)
        for change in snapshot.changes:
            microseconds(change.commence_time)
            TIMES[change.last_update]
    except (msgspec.DecodeError, ValueError, OverflowError, RecursionError):
        try:
            snapshot = _tolerant(answer, refusals)
        except Unreadable as problem:
            shown = shortened(answer.body[:2000].decode("utf-8", "replace"))
            refusals.append(Refusal("odds_snapshots", problem.reason, str(problem), shown, "body"))
            return Reading(is_complete=False, odds_format="american", refusals=refusals, kind="changes")
    changes = snapshot.changes
    games: dict[str, Game] = {}
    positions: dict[str, int] = {}
    for c in changes:
        if c.event_id not in games:
            positions[c.event_id] = len(games)
            games[c.event_id] = Game(
                c.event_id, answer.sport_key, c.home_team, c.away_team, microseconds(c.commence_time)
            )
    quoted_at = np.array([TIMES[c.last_update] for c in changes], np.int64)
    quoted_at[quoted_at == NO_TIME] = answer.received_at
    return Reading(
        is_complete=answer.is_complete,
        odds_format=snapshot.odds_format,
        games=list(games.values()),
        event=[positions[c.event_id] for c in changes],
        bookmaker=[c.bookmaker for c in changes],
        market=[c.market for c in changes],
        outcome=[c.outcome for c in changes],
        # A null price, which withdraws the quote, becomes NaN.
        price=np.array([c.price for c in changes], np.float64),
        point=np.array([c.point for c in changes], np.float64),
        quoted_at=quoted_at,
        refusals=refusals,
        kind="changes",
        unlisted=snapshot.unlisted,
    )


def _tolerant(answer: Answer, refusals: list[Refusal]) -> Snapshot:
    """The snapshot without the changes that cannot be read. Raises `Unreadable` when there is no snapshot."""
    document = document_of(answer)
    listed = document.get("changes") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise Unreadable(reasons.NOT_A_LIST, "The body is no snapshot of a change log: it has no list of changes.")
    changes = []
    for i, entry in enumerate(listed):
        try:
            change = msgspec.convert(entry, Change)
            microseconds(change.commence_time)
            TIMES[change.last_update]
            changes.append(change)
        except (msgspec.ValidationError, ValueError, OverflowError, RecursionError) as error:
            detail = f"The change at changes[{i}] cannot be read: {error}."
            refusals.append(Refusal("odds_snapshots", reasons.BAD_CHANGE, detail, shortened(entry), f"changes[{i}]"))
    unlisted = document.get("unlisted")
    return Snapshot(
        timestamp=str(document.get("timestamp")),
        odds_format="decimal" if document.get("odds_format") == "decimal" else "american",
        n_events=None,
        n_quotes=None,
        changes=changes,
        unlisted=[event for event in unlisted if isinstance(event, str)] if isinstance(unlisted, list) else [],
    )


PROVIDER = Provider(
    name=NAME,
    title="Change log of The Odds API",
    description="An odds history kept as a Parquet file of changes with an index of the snapshots taken.",
    read=read,
    recognises=recognises,
    answers=answers,
)
