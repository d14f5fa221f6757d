"""Whole days computed from raw answers: imports, backfills, repairs, and the nightly close of each day."""

import datetime as dt
import logging
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import polars as pl

from stratum_pipelines.board.advance import Rows, Unworkable, advance_around, advance_read, refused_whole
from stratum_pipelines.days import (
    TABLES_OF_A_DAY,
    StartingPoint,
    computed_day,
    days_by_sport,
    end_day,
    starting_point,
)
from stratum_pipelines.differences import differences_between
from stratum_pipelines.locks import DayLocks
from stratum_pipelines.platform import Platform
from stratum_pipelines.polling_pause import PollingPause, is_open, paused_polling
from stratum_pipelines.providers.reading import Answer, Reading
from stratum_pipelines.raw import count_answers, day_of, read_answers, sports_on, stored_rows
from stratum_pipelines.readers import Readers
from stratum_pipelines.waiting import note_waiting
from warehouse.database import ComputedDay, ComputedDays, MarketStore
from warehouse.errors import FrameRefused
from warehouse.lake import Lake
from warehouse.tables import BY_NAME, TABLES, EventChanges, Events, Quarantine, Table

logger = logging.getLogger(__name__)

DAILY = TABLES_OF_A_DAY
KEPT_WHOLE = ("events", "event_links")
WRITERS = 4
COMPUTED = (*DAILY, *KEPT_WHOLE)
# What imports of trades refuse follows from no answer.
OF_IMPORTS = tuple(table.name for table in TABLES if table.layer == "trades")


@dataclass(frozen=True)
class DayReport:
    """What one day came to: rows per table, quotes read and the seconds it took."""

    day: dt.date
    rows: dict[str, int]
    quotes: int
    seconds: float


@dataclass(frozen=True)
class CloseReport:
    """What closing a day found: rows per table, and every row in which live and recomputation differ.

    `differences` has the columns table, key, column, live and recomputed, all text; a row that only one of them has
    shows "(no row)" for the other.
    """

    day: dt.date
    rows: dict[str, int]
    differences: pl.DataFrame


def compute_days(
    platform: Platform,
    days: Sequence[dt.date],
    *,
    tables: Collection[str] | None = None,
    progress: Callable[[DayReport], None] | None = None,
) -> Iterator[DayReport]:
    """Compute days from raw answers, oldest first, and replace their partitions; yields a report per day.

    `tables` limits what is written, not what is computed. What a later day needs from an earlier one is carried over in
    memory, or rebuilt from the newest checkpoint that still holds. A day is locked from before its answers are read until
    it is written, and polling held still while a day that is still open is computed. Raises LakeBusy when another process
    computes a day for too long, PollingGoesOn when polling cannot be held still.
    """
    return _compute(_Work(platform, tables, progress or (lambda report: None)), days)


@dataclass
class _Work:
    """Computing some days: where, which tables are written, who is told, and what is carried from day to day.

    `before_write` is called with each day once everything is computed, under its lock, before anything of it is replaced.
    """

    platform: Platform
    tables: Collection[str] | None = None
    progress: Callable[[DayReport], None] = lambda report: None
    before_write: Callable[[dt.date], None] = lambda day: None
    carried: dict[str, tuple[dt.date, StartingPoint]] = field(default_factory=dict)
    recorded: dict[str, list[dt.date]] = field(default_factory=dict)

    @property
    def writes_all(self) -> bool:
        """Whether days are computed afterwards, and not just some of their tables."""
        return self.tables is None or set(self.tables) >= set(COMPUTED)


@dataclass
class _Day:
    """What computing a day gave: frames per table, and a note per sport, to be written down when the tables are."""

    day: dt.date
    frames: dict[str, list[pl.DataFrame]] = field(default_factory=lambda: {name: [] for name in COMPUTED})
    notes: list[ComputedDay] = field(default_factory=list)


def _compute(work: _Work, days: Sequence[dt.date]) -> Iterator[DayReport]:
    wanted = sorted(set(days))
    work.recorded = days_by_sport(work.platform)
    closed = [day for day in wanted if not is_open(day)]
    with (
        Readers(work.platform.rules.providers, count_answers(work.platform.lake, wanted)) as readers,
        DayLocks(work.platform.lake) as locks,
    ):
        yield from _compute_stretch(work, closed, readers, locks)
        if len(closed) < len(wanted):
            # Polling stands still for the open day alone: it is read when all days before it are written.
            with paused_polling(work.platform) as pause:
                yield from _compute_stretch(work, wanted[len(closed) :], readers, locks, pause)


def _compute_stretch(
    work: _Work, days: Sequence[dt.date], readers: Readers, locks: DayLocks, pause: PollingPause | None = None
) -> Iterator[DayReport]:
    """Compute days whose answers may be read ahead: one stream over all of them, a day computed while the next is read."""
    stream = groupby(readers.read(_stored_rows(work.platform, days, locks)), key=_day_and_sport)
    waiting = next(stream, None)
    for day in days:
        started = time.perf_counter()
        computed = _Day(day)
        while waiting and waiting[0][0] == day:
            (_, sport_key), pairs = waiting
            for rows in _sport_day(work, sport_key, pairs, computed):
                for name, frame in rows.items():
                    computed.frames[name].append(frame)
            waiting = next(stream, None)
        report = _write_day(work, computed, started, pause)
        locks.give_back(day)
        work.progress(report)
        yield report


def _stored_rows(platform: Platform, days: Sequence[dt.date], locks: DayLocks) -> Iterator[dict[str, Any]]:
    """The rows of raw_odds of these days, by day, sport and receipt; a day's lock is held before its first is read."""
    for day in days:
        locks.take(day)
        for sport_key in sports_on(platform.lake, day):
            yield from stored_rows(platform.lake, day, sport_key)


def _day_and_sport(pair: tuple[Answer, Reading]) -> tuple[dt.date, str]:
    return day_of(pair[0].received_at), pair[0].sport_key


def _sport_day(work: _Work, sport_key: str, pairs: Iterator[tuple[Answer, Reading]], computed: _Day) -> Iterator[Rows]:
    """The rows of one sport on one day, run by run; adds its note at the end."""
    platform, day = work.platform, computed.day
    if platform.rules.league(sport_key) is None:
        for answer, _ in pairs:
            yield refused_whole(answer, "unknown_sport", f"No league is known for {sport_key}.")
        return
    carried_day, start = work.carried.pop(sport_key, (None, None))
    recorded = work.recorded.get(sport_key, [])
    if start is None or carried_day != max((d for d in recorded if d < day), default=None):
        start = starting_point(platform, sport_key, day)
    ids: list[str] = []
    board, done = start.board, 0

    def noted() -> Iterator[tuple[Answer, Reading]]:
        for answer, reading in pairs:
            ids.append(answer.response_id)
            yield answer, reading

    try:
        for rows in advance_read(board, noted(), platform.rules):
            done += rows["polls"].height
            yield rows
    except Unworkable:
        ids = [answer.response_id for answer in read_answers(platform.lake, day, sport_key)]
        before = starting_point(platform, sport_key, day).board.to_bytes()
        board = yield from advance_around(
            before, lambda: read_answers(platform.lake, day, sport_key), platform.rules, done=done
        )
    digest = end_day(platform, board, day)
    computed.notes.append(computed_day(platform, board, day, ids, start.digest, digest, {}))
    work.carried[sport_key] = (day, StartingPoint(board, digest))


def _write_day(work: _Work, computed: _Day, started: float, pause: PollingPause | None) -> DayReport:
    """Join the frames of a day and put them in the place of what was stored for it.

    The notes that the day is computed go first and come last: whatever stops this in between leaves a day that says it is
    not computed. That its games have to be settled and its signals bet on is noted before the tables change, for then it is
    so, and again when they have: who settles meanwhile may have seen the old ones.
    """
    platform, day = work.platform, computed.day
    frames = {name: _joined(BY_NAME[name], parts) for name, parts in computed.frames.items()}
    rows = {name: frame.height for name, frame in frames.items()}
    quotes = int(frames["polls"]["n_quotes"].sum())
    frames["polls"] = _with_durations(platform, day, frames["polls"])
    frames["quarantine"] = _with_imports(platform, day, frames["quarantine"])
    days, daily_rows = ComputedDays(platform.database), {name: rows[name] for name in DAILY}
    work.before_write(day)
    if not rows["polls"] and days.dates(first=day, last=day):
        logger.warning("The answers of %s are no longer kept; its tables stay as they were computed from them.", day)
        return DayReport(day, rows, quotes, time.perf_counter() - started)
    if pause:
        pause.confirm(day)
    _note_following(platform, day)
    if work.writes_all:
        days.forget(None, [day])
    _write(platform, day, frames, work.tables)
    _note_following(platform, day)
    if work.writes_all:
        days.write([replace(note, row_counts=daily_rows) for note in computed.notes])
    else:
        days.count_anew(day, {name: n for name, n in daily_rows.items() if name in (work.tables or ())})
    return DayReport(day, rows, quotes, time.perf_counter() - started)


def _joined(table: type[Table], frames: list[pl.DataFrame]) -> pl.DataFrame:
    """All frames of a table in order of receipt, sport by sport; of a table kept whole, the last word per key."""
    if not frames:
        return table.empty()
    joined = pl.concat(frames)
    if table.name in KEPT_WHOLE:
        shard = [name for name in table.shard_by if name not in table.key]
        joined = joined.unique(subset=[*table.key, *shard], keep="last", maintain_order=True)
    if table is Events:
        # An id that two sports list is the game of the one that listed it first.
        joined = joined.sort("first_seen_at", maintain_order=True).unique("event_id", keep="first", maintain_order=True)
    return joined


def _note_following(platform: Platform, day: dt.date) -> None:
    """Note that what follows from a day has to be made again: closes and their value, paper bets."""
    note_waiting(platform, "settle", day, day)
    if platform.paper.is_on:
        note_waiting(platform, "bet", day, day)


def _with_durations(platform: Platform, day: dt.date, polls: pl.DataFrame) -> pl.DataFrame:
    """The polls with the durations that live measured: a recomputation measures nothing, but must not lose them."""
    measured = platform.lake.scan(BY_NAME["polls"], first=day, last=day).select("poll_id", "duration_ms").collect()
    return polls.drop("duration_ms").join(measured, on="poll_id", how="left").select(polls.columns)


def _with_imports(platform: Platform, day: dt.date, refused: pl.DataFrame) -> pl.DataFrame:
    """The refusals with those of imports of trades that came on the day: no answer gives them back."""
    imported = platform.lake.scan(Quarantine, first=day, last=day).filter(pl.col("table").is_in(OF_IMPORTS)).collect()
    return pl.concat([refused, imported])


def _write(platform: Platform, day: dt.date, frames: dict[str, pl.DataFrame], tables: Collection[str] | None) -> None:
    wanted = set(COMPUTED if tables is None else tables)
    # Polls come last: a poll says that everything its answer caused is there.
    frames = {**frames, "events": newest_events(platform, day, frames["events"])}

    def put(name: str) -> None:
        if name == "events":
            merge_events(platform.lake, frames[name])
        elif name in KEPT_WHOLE:
            platform.lake.merge(BY_NAME[name], frames[name])
        else:
            platform.lake.replace(BY_NAME[name], day, frames[name])

    with ThreadPoolExecutor(WRITERS, thread_name_prefix="stratum-writer") as writers:
        # None needs another, so they wait for the disk together.
        for written in [writers.submit(put, name) for name in COMPUTED if name in wanted and name != "polls"]:
            written.result()
    if "polls" in wanted:
        put("polls")
    if wanted >= {"events", "consensus", "signals"}:
        latest = frames["consensus"].unique(subset=["event_id", "market", "outcome"], keep="last", maintain_order=True)
        MarketStore(platform.database).replace_day(
            day,
            frames["polls"]["sport_key"].unique().to_list(),
            events=frames["events"],
            consensus=latest,
            signals=frames["signals"],
        )


def newest_events(platform: Platform, day: dt.date, events: pl.DataFrame) -> pl.DataFrame:
    """The events of a day of which no later day says anything newer: computing an old day must not turn a game back."""
    scan = platform.lake.scan
    stored = scan(Events).select("event_id", stored_at="last_seen_at")
    known = events.lazy().join(stored, on="event_id", how="left", maintain_order="left").collect()
    known = known.filter((pl.col("last_seen_at") >= pl.col("stored_at")) | pl.col("stored_at").is_null())
    # A game that was taken out of the feed on a later day was last seen on this one.
    level = known.filter(pl.col("last_seen_at") == pl.col("stored_at"))["event_id"]
    if len(level):
        later = scan(EventChanges, first=day + dt.timedelta(days=1)).filter(pl.col("event_id").is_in(level.implode()))
        known = known.join(later.select("event_id").unique().collect(), on="event_id", how="anti")
    return known.select(events.columns)


def merge_events(lake: Lake, events: pl.DataFrame) -> None:
    """Bring the table of games up to date. An id that is another sport's game already keeps that game's row."""
    try:
        lake.merge(Events, events)
    except FrameRefused:
        taken = lake.scan(Events).join(events.lazy(), on="event_id", how="semi").select("event_id", its="sport_key")
        own = events.join(taken.collect(), on="event_id", how="left", maintain_order="left").filter(
            pl.col("its").is_null() | (pl.col("its") == pl.col("sport_key"))
        )
        if own.height == events.height:
            raise
        logger.warning("%d ids of games are another sport's: those stay as they are.", events.height - own.height)
        lake.merge(Events, own.select(events.columns))


def close_day(platform: Platform, day: dt.date) -> CloseReport:
    """Recompute a day from raw answers, compare it with what live published, and replace it by one file per table."""
    before: dict[str, pl.DataFrame] = {}

    def remember(day: dt.date) -> None:
        before.update((name, _rows_of(platform, name, day)) for name in DAILY)

    (report,) = _compute(_Work(platform, before_write=remember), [day])
    after = {name: _rows_of(platform, name, day) for name in DAILY}
    platform.lake.compact(BY_NAME["raw_odds"], day)
    differences = pl.concat([differences_between(BY_NAME[name], before[name], after[name]) for name in DAILY])
    return CloseReport(day, report.rows, differences)


def _rows_of(platform: Platform, name: str, day: dt.date) -> pl.DataFrame:
    return platform.lake.scan(BY_NAME[name], first=day, last=day).collect()
