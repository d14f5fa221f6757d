"""Which days have been computed, from what, and which are out of date.

Every computed day of a sport leaves four digests: of the answers it read, of the board it started from, of the board it
ended with, and of the rules it applied; and the number of rows in each of the day's tables. A day is out of date when
answers were added, when rows are gone from its tables, when an earlier day was computed anew with another outcome, or when
the rules have changed.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from stratum_pipelines.board.advance import Rules, Unworkable, advance, advance_around, blank_board
from stratum_pipelines.board.regime_models import VERSION as REGIMES_VERSION
from stratum_pipelines.board.state import STATE_VERSION, Board
from stratum_pipelines.platform import Platform
from stratum_pipelines.quant.freshness import VERSION as FRESHNESS_VERSION
from stratum_pipelines.raw import read_answers
from stratum_pipelines.reference.key_numbers import load_key_numbers
from stratum_pipelines.signals.composite import VERSION as COMPOSITE_VERSION
from warehouse.database import ComputedDay, ComputedDays
from warehouse.tables import BY_NAME, Polls, RawOdds, Table

NOTHING = "nothing"
# The tables in which a computed day has a partition.
TABLES_OF_A_DAY = (
    "odds_snapshots",
    "consensus",
    "signals",
    "book_freshness",
    "freshness_breaches",
    "polls",
    "quarantine",
    "event_changes",
    "regime_snapshots",
    "regime_models",
)


@dataclass(frozen=True)
class StartingPoint:
    """A board as a day begins, and the digest that says where it came from."""

    board: Board
    digest: str


def input_digest(response_ids: Iterable[str]) -> str:
    """The digest of a day's answers; their order does not matter."""
    return hashlib.sha256("".join(sorted(response_ids)).encode()).hexdigest()


def rules_digest(rules: Rules, sport_key: str) -> str:
    """The digest of everything besides the answers that decides a sport's rows: reference data and versions of rules."""
    signals = [(name, s.rule_version, sorted(map(str, s.parameters.items()))) for name, s in rules.signals.items()]
    books = sorted(rules.reference.books.items())
    numbers = sorted((place, w) for place, w in load_key_numbers().weights.items() if place[0] == sport_key)
    parts: tuple[object, ...] = (
        STATE_VERSION,
        COMPOSITE_VERSION,
        FRESHNESS_VERSION,
        rules.league(sport_key),
        books,
        rules.methods,
        rules.book_weights,
        numbers,
        signals,
    )
    if rules.regimes:
        parts = (*parts, REGIMES_VERSION)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def raw_index(platform: Platform) -> pl.DataFrame:
    """The days of every sport that has answers: sport_key, date and the digest of the day's answers, oldest first."""
    return _answers_by_day(platform, RawOdds)


def _answers_by_day(platform: Platform, table: type[Table]) -> pl.DataFrame:
    """The digest of the answers a table holds, by sport_key and date."""
    scan = platform.lake.scan(table).select("sport_key", pl.col("received_at").dt.date().alias("date"), "response_id")
    grouped = scan.group_by("sport_key", "date").agg("response_id").collect().sort("sport_key", "date")
    digests = [input_digest(ids) for ids in grouped["response_id"].to_list()]
    return grouped.select("sport_key", "date", pl.Series("input_digest", digests, dtype=pl.String))


def days_by_sport(platform: Platform) -> dict[str, list[dt.date]]:
    """The days of every sport that has answers, oldest first."""
    scan = platform.lake.scan(RawOdds).select("sport_key", pl.col("received_at").dt.date().alias("date")).unique()
    days: dict[str, list[dt.date]] = {}
    for sport_key, date in scan.collect().sort("sport_key", "date").iter_rows():
        days.setdefault(sport_key, []).append(date)
    return days


def stale_days(platform: Platform) -> pl.DataFrame:
    """Days whose tables no longer follow from their answers: sport_key, date, reason; oldest first."""
    computed = {(day.sport_key, day.date): day for day in ComputedDays(platform.database).read()}
    held = Held.look(platform) if computed else Held({}, {})
    rules = {sport_key: rules_digest(platform.rules, sport_key) for sport_key, _ in computed}
    found: list[tuple[str, dt.date, str]] = []
    carried: dict[str, str] = {}
    for sport_key, date, digest in raw_index(platform).iter_rows():
        day = computed.get((sport_key, date))
        before = carried.get(sport_key) or _left_behind(computed.values(), sport_key, date)
        carried[sport_key] = day.carry_out_digest if day else f"not computed: {date}"
        reason = _reason(day, digest, before, rules.get(sport_key, ""), held)
        if reason and platform.rules.league(sport_key):
            found.append((sport_key, date, reason))
    return pl.DataFrame(found, schema={"sport_key": pl.String, "date": pl.Date, "reason": pl.String}, orient="row")


def _left_behind(computed: Iterable[ComputedDay], sport_key: str, first: dt.date) -> str:
    """What the days before the first that still has answers left behind: retention may have dropped their answers."""
    older = [day for day in computed if day.sport_key == sport_key and day.date < first]
    return max(older, key=lambda day: day.date).carry_out_digest if older else NOTHING


@dataclass(frozen=True)
class Held:
    """What the tables of all days hold: the digest of the answers polled, by sport and day, and rows by table and day."""

    polled: Mapping[tuple[str, dt.date], str]
    rows: Mapping[str, Mapping[dt.date, int]]

    @classmethod
    def look(cls, platform: Platform) -> "Held":
        """What they hold now: of the polls the ids, of the other tables no more than the files' footers."""
        polled = {(sport_key, date): digest for sport_key, date, digest in _answers_by_day(platform, Polls).iter_rows()}
        return cls(polled, {name: platform.lake.row_counts(BY_NAME[name]) for name in TABLES_OF_A_DAY})

    def lacks(self, day: ComputedDay) -> bool:
        """Whether rows are gone that were there when the day was computed; tables it does not count may lack any."""
        if "polls" in day.row_counts and self.polled.get((day.sport_key, day.date)) != day.input_digest:
            return True
        return any(self.rows.get(name, {}).get(day.date, 0) < count for name, count in day.row_counts.items())


def _reason(day: ComputedDay | None, digest: str, before: str, rules: str, held: Held) -> str:
    if day is None:
        return "not computed yet"
    if day.input_digest != digest:
        return "answers were added"
    if held.lacks(day):
        return "its tables are missing"
    if day.rules_digest != rules:
        return "the rules have changed"
    if day.carry_in_digest != before:
        return "an earlier day was computed anew"
    return ""


def starting_point(platform: Platform, sport_key: str, day: dt.date) -> StartingPoint:
    """The board of a sport as `day` begins: from the newest checkpoint before it, the days between replayed.

    Checkpoints that no longer belong to their day's answers or rules are passed over, so the board always follows from
    what raw_odds holds.
    """
    index = raw_index(platform).filter((pl.col("sport_key") == sport_key) & (pl.col("date") < day))
    computed = {d.date: d for d in ComputedDays(platform.database).read(sport_key)}
    rules = rules_digest(platform.rules, sport_key)
    earlier = [(date, digest) for _, date, digest in index.iter_rows()]
    board, digest, replay = None, NOTHING, []
    for date, inputs in reversed(earlier):
        known = computed.get(date)
        if known and known.input_digest == inputs and known.rules_digest == rules:
            board = platform.checkpoints.load(sport_key, date, known.carry_out_digest)
            digest = known.carry_out_digest
        if board:
            break
        replay.append(date)
    if board is None:
        first = earlier[0][0] if earlier else day
        digest = _left_behind(computed.values(), sport_key, first)
        older = max((date for date in computed if date < first), default=first)
        board = platform.checkpoints.load(sport_key, older, digest)
    if board is None:
        board, digest = blank_board(sport_key, platform.rules), NOTHING
    for date in reversed(replay):
        board = _replayed(platform, board, date)
        digest = end_day(platform, board, date)
    return StartingPoint(board, digest)


def _replayed(platform: Platform, board: Board, day: dt.date) -> Board:
    """The board after the answers of a day."""
    before = board.to_bytes()
    try:
        for _ in advance(board, read_answers(platform.lake, day, board.sport_key), platform.rules):
            pass
        return board
    except Unworkable:
        rest = advance_around(before, lambda: read_answers(platform.lake, day, board.sport_key), platform.rules)
        while True:
            try:
                next(rest)
            except StopIteration as end:
                return end.value


def end_day(platform: Platform, board: Board, day: dt.date) -> str:
    """Close a board's day: forget what no later day can need and store a checkpoint; returns its digest."""
    board.forget()
    return platform.checkpoints.save(board, day)


def computed_day(
    platform: Platform,
    board: Board,
    day: dt.date,
    response_ids: Iterable[str],
    carry_in: str,
    carry_out: str,
    row_counts: Mapping[str, int],
) -> ComputedDay:
    """What a day of a sport was computed from, what it left behind, and how many rows its tables have."""
    return ComputedDay(
        sport_key=board.sport_key,
        date=day,
        input_digest=input_digest(response_ids),
        carry_in_digest=carry_in,
        carry_out_digest=carry_out,
        rules_digest=rules_digest(platform.rules, board.sport_key),
        computed_at=dt.datetime.now(dt.UTC),
        row_counts=row_counts,
    )


def note_computed(
    platform: Platform, board: Board, day: dt.date, response_ids: Iterable[str], carry_in: str, carry_out: str
) -> None:
    """Write down that a day of a sport is computed, its tables being as they are now."""
    rows = {name: platform.lake.rows_on(BY_NAME[name], day) for name in TABLES_OF_A_DAY}
    computed = computed_day(platform, board, day, response_ids, carry_in, carry_out, rows)
    ComputedDays(platform.database).write([computed])
