"""Whole days computed from raw answers: imports, backfills, repairs, and the nightly close of each day."""

import datetime as dt
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import polars as pl

from stratum_pipelines.board.advance import Rows, advance_read, refused_whole
from stratum_pipelines.days import StartingPoint, days_by_sport, end_day, note_computed, starting_point
from stratum_pipelines.platform import Platform
from stratum_pipelines.providers.reading import Answer, Reading
from stratum_pipelines.raw import count_answers, day_of, sports_on, stored_rows
from stratum_pipelines.readers import Readers
from warehouse.database import MarketStore
from warehouse.tables import BY_NAME, Table

DAILY = ("odds_snapshots", "consensus", "signals", "polls", "quarantine", "event_changes")
KEPT_WHOLE = ("events", "event_links")
COMPUTED = (*DAILY, *KEPT_WHOLE)
# Measured, not computed: they differ between any two runs.
MEASURED = {"polls": ("duration_ms",)}


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
    memory, or rebuilt from the newest checkpoint that still holds.
    """
    carried: dict[str, tuple[dt.date, StartingPoint]] = {}
    recorded = days_by_sport(platform)
    wanted = sorted(set(days))
    with Readers(platform.rules.providers, count_answers(platform.lake, wanted)) as readers:
        # One stream over all days: the next day is read while this one is computed and written.
        stream = groupby(readers.read(_stored_rows(platform, wanted)), key=_day_and_sport)
        waiting = next(stream, None)
        for day in wanted:
            started = time.perf_counter()
            collected: dict[str, list[pl.DataFrame]] = {name: [] for name in COMPUTED}
            while waiting and waiting[0][0] == day:
                (_, sport_key), pairs = waiting
                for rows in _sport_day(platform, sport_key, day, pairs, recorded[sport_key], carried):
                    for name, frame in rows.items():
                        collected[name].append(frame)
                waiting = next(stream, None)
            report = _write_day(platform, day, collected, tables, started)
            if progress:
                progress(report)
            yield report


def _stored_rows(platform: Platform, days: Sequence[dt.date]) -> Iterator[dict[str, Any]]:
    """The rows of raw_odds of these days, by day, sport and receipt."""
    for day in days:
        for sport_key in sports_on(platform.lake, day):
            yield from stored_rows(platform.lake, day, sport_key)


def _day_and_sport(pair: tuple[Answer, Reading]) -> tuple[dt.date, str]:
    return day_of(pair[0].received_at), pair[0].sport_key


def _write_day(
    platform: Platform,
    day: dt.date,
    collected: dict[str, list[pl.DataFrame]],
    tables: Collection[str] | None,
    started: float,
) -> DayReport:
    """Join the frames of a day and put them in the place of what was stored for it."""
    tables_of_day = {name: _joined(BY_NAME[name], frames) for name, frames in collected.items()}
    quotes = int(tables_of_day["polls"]["n_quotes"].sum())
    kept_durations = _with_durations(platform, day, tables_of_day["polls"])
    _write(platform, day, {**tables_of_day, "polls": kept_durations}, tables)
    rows_written = {name: frame.height for name, frame in tables_of_day.items()}
    return DayReport(day, rows_written, quotes, time.perf_counter() - started)


def _sport_day(
    platform: Platform,
    sport_key: str,
    day: dt.date,
    pairs: Iterator[tuple[Answer, Reading]],
    recorded: list[dt.date],
    carried: dict[str, tuple[dt.date, StartingPoint]],
) -> Iterator[Rows]:
    """The rows of one sport on one day, run by run; notes the day as computed at the end."""
    if platform.rules.league(sport_key) is None:
        for answer, _ in pairs:
            yield refused_whole(answer, "unknown_sport", f"No league is known for {sport_key}.")
        return
    carried_day, start = carried.pop(sport_key, (None, None))
    if start is None or carried_day != max((d for d in recorded if d < day), default=None):
        start = starting_point(platform, sport_key, day)
    ids: list[str] = []

    def noted() -> Iterator[tuple[Answer, Reading]]:
        for answer, reading in pairs:
            ids.append(answer.response_id)
            yield answer, reading

    yield from advance_read(start.board, noted(), platform.rules)
    digest = end_day(platform, start.board, day)
    note_computed(platform, start.board, day, ids, start.digest, digest)
    carried[sport_key] = (day, StartingPoint(start.board, digest))


def _joined(table: type[Table], frames: list[pl.DataFrame]) -> pl.DataFrame:
    """All frames of a table in order of receipt, sport by sport; of a table kept whole, the last word per key."""
    if not frames:
        return table.empty()
    joined = pl.concat(frames)
    if table.name in KEPT_WHOLE:
        joined = joined.unique(subset=list(table.key), keep="last", maintain_order=True)
    return joined


def _with_durations(platform: Platform, day: dt.date, polls: pl.DataFrame) -> pl.DataFrame:
    """The polls with the durations that live measured: a recomputation measures nothing, but must not lose them."""
    measured = platform.lake.scan(BY_NAME["polls"], first=day, last=day).select("poll_id", "duration_ms").collect()
    return polls.drop("duration_ms").join(measured, on="poll_id", how="left").select(polls.columns)


def _write(platform: Platform, day: dt.date, frames: dict[str, pl.DataFrame], tables: Collection[str] | None) -> None:
    wanted = set(COMPUTED if tables is None else tables)
    # Polls come last: a poll says that everything its answer caused is there.
    frames = {**frames, "events": newest_events(platform, frames["events"])}
    for name in (*(n for n in DAILY if n != "polls"), *KEPT_WHOLE, "polls"):
        if name not in wanted:
            continue
        if name in KEPT_WHOLE:
            platform.lake.merge(BY_NAME[name], frames[name])
        else:
            platform.lake.replace(BY_NAME[name], day, frames[name])
    if wanted >= {"events", "consensus", "signals"}:
        latest = frames["consensus"].unique(subset=["event_id", "market", "outcome"], keep="last", maintain_order=True)
        MarketStore(platform.database).replace_day(
            day,
            frames["polls"]["sport_key"].unique().to_list(),
            events=frames["events"],
            consensus=latest,
            signals=frames["signals"],
        )


def newest_events(platform: Platform, events: pl.DataFrame) -> pl.DataFrame:
    """The events that are at least as recent as what is stored: computing an old day must not turn a game back."""
    stored = platform.lake.scan(BY_NAME["events"]).select("event_id", stored_at="last_seen_at")
    known = events.lazy().join(stored, on="event_id", how="left")
    return (
        known.filter(pl.col("last_seen_at") >= pl.col("stored_at").fill_null(pl.col("last_seen_at")))
        .select(events.columns)
        .collect()
    )


def close_day(platform: Platform, day: dt.date) -> CloseReport:
    """Recompute a day from raw answers, compare it with what live published, and replace it by one file per table."""
    before = {name: _rows_of(platform, name, day) for name in DAILY}
    report = next(compute_days(platform, [day]))
    after = {name: _rows_of(platform, name, day) for name in DAILY}
    platform.lake.compact(BY_NAME["raw_odds"], day)
    differences = pl.concat([differences_between(BY_NAME[name], before[name], after[name]) for name in DAILY])
    return CloseReport(day, report.rows, differences)


def _rows_of(platform: Platform, name: str, day: dt.date) -> pl.DataFrame:
    return platform.lake.scan(BY_NAME[name], first=day, last=day).collect()


def differences_between(table: type[Table], live: pl.DataFrame, recomputed: pl.DataFrame) -> pl.DataFrame:
    """Every value in which two frames of a table differ, row by row: table, key, column, live, recomputed."""
    ignored = MEASURED.get(table.name, ())
    compared = [name for name in table.columns if name not in table.key and name not in ignored]
    left = live.with_columns(_live=pl.lit(True))
    right = recomputed.with_columns(_recomputed=pl.lit(True))
    joined = left.join(right, on=list(table.key), how="full", coalesce=True, suffix="_new")
    key = pl.concat_str([pl.col(name).cast(pl.String) for name in table.key], separator=" | ")
    shown = []
    missing = joined.filter(pl.col("_live").is_null() | pl.col("_recomputed").is_null())
    if missing.height:
        there = pl.lit("(a row)")
        none = pl.lit("(no row)")
        shown.append(
            missing.select(
                pl.lit(table.name).alias("table"),
                key.alias("key"),
                pl.lit("").alias("column"),
                pl.when(pl.col("_live").is_null()).then(none).otherwise(there).alias("live"),
                pl.when(pl.col("_recomputed").is_null()).then(none).otherwise(there).alias("recomputed"),
            )
        )
    both = joined.filter(pl.col("_live") & pl.col("_recomputed"))
    for name in compared:
        changed = both.filter(pl.col(name).ne_missing(pl.col(f"{name}_new")))
        if changed.height:
            shown.append(
                changed.select(
                    pl.lit(table.name).alias("table"),
                    key.alias("key"),
                    pl.lit(name).alias("column"),
                    _as_text(table, name, name).alias("live"),
                    _as_text(table, name, f"{name}_new").alias("recomputed"),
                )
            )
    columns = dict.fromkeys(("table", "key", "column", "live", "recomputed"), pl.String)
    return pl.concat(shown) if shown else pl.DataFrame(schema=columns)


def _as_text(table: type[Table], name: str, column: str) -> pl.Expr:
    value = pl.col(column)
    if table.columns[name].dtype == pl.List(pl.String):
        value = value.list.join(", ")
    return value.cast(pl.String)
