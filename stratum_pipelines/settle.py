"""What follows a game: closing lines, closing-line value, results and scorecards."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from stratum_pipelines.platform import Platform
from stratum_pipelines.quant.closing import closing_lines, starts_passed
from stratum_pipelines.quant.clv import clv_records
from stratum_pipelines.quant.scorecard import scorecards
from warehouse.database import MarketStore
from warehouse.tables import (
    ClosingLines,
    ClvRecords,
    Consensus,
    EventChanges,
    OddsSnapshots,
    Polls,
    Results,
    Scorecards,
    Signals,
)


@dataclass(frozen=True)
class Settled:
    """Rows written for a set of games."""

    n_events: int
    n_closing_lines: int
    n_clv_records: int


def settle(platform: Platform, event_ids: Collection[str], as_of: int, *, announce: bool = True) -> Settled:
    """Draw the closing lines of games whose start has passed by `as_of` (UTC microseconds) and value their signals.

    Games whose start has not passed are left alone. Doing it again gives the same rows; only `computed_at` moves, and
    only where a value changed. With `announce` false (old games computed anew) partners hear nothing of it.
    """
    wanted = sorted(set(event_ids))
    lake = platform.lake
    changes = lake.scan(EventChanges).filter(pl.col("event_id").is_in(wanted))
    starts = starts_passed(changes, as_of)
    if starts.is_empty():
        return Settled(0, 0, 0)
    seen = changes.select(pl.col("received_at").dt.date().min()).collect().item()
    last = starts.select(pl.col("closed_at").dt.date().max()).item()
    ids = starts["event_id"].unique().to_list()
    mine = pl.col("event_id").is_in(ids)
    lines = closing_lines(
        starts,
        lake.scan(Consensus, first=seen, last=last).filter(mine),
        lake.scan(OddsSnapshots, first=seen, last=last).filter(mine),
        lake.scan(Polls, first=seen, last=last),
    )
    signals = lake.scan(Signals, first=seen, last=last).filter(mine).collect()
    now = dt.datetime.now(dt.UTC)
    records = clv_records(signals, lines, _deviations(platform), now)
    records = _with_earlier_times(platform, records, ids)
    lake.replace_rows(ClosingLines, lines, column="event_id", values=ids)
    lake.replace_rows(ClvRecords, records, column="event_id", values=ids)
    MarketStore(platform.database).settle(lines, records, event_ids=ids, now=now, announce=announce)
    return Settled(len(ids), lines.height, records.height)


def _deviations(platform: Platform) -> dict[str, dict[str, float]]:
    leagues = platform.rules.reference.leagues
    return {key: {"spreads": league.margin_sd, "totals": league.total_sd} for key, league in leagues.items()}


def _with_earlier_times(platform: Platform, records: pl.DataFrame, ids: list[str]) -> pl.DataFrame:
    """The records, keeping the computed_at of those that were there before with the same values."""
    same = [name for name in records.columns if name != "computed_at"]
    stored = (
        platform.lake.scan(ClvRecords).filter(pl.col("event_id").is_in(ids)).rename({"computed_at": "was"}).collect()
    )
    joined = records.join(stored, on=same, how="left", nulls_equal=True)
    return joined.with_columns(computed_at=pl.coalesce("was", "computed_at")).select(records.columns)


def score_day(platform: Platform, day: dt.date) -> int:
    """Write the scorecards as of the end of a day; returns the number of rows."""
    as_of = dt.datetime.combine(day, dt.time.max, dt.UTC)
    records = platform.lake.scan(ClvRecords, last=day).collect()
    cards = scorecards(records, as_of)
    platform.lake.replace(Scorecards, day, cards)
    return cards.height


def enter_results(platform: Platform, results: pl.DataFrame) -> int:
    """Add results; a score that differs from the current one becomes a new version. Returns the rows added.

    `results` has the columns of the table; versions and is_current are worked out here.
    """
    stored = platform.lake.scan(Results).collect()
    fresh = results.unique(subset=["event_id"], keep="last", maintain_order=True)
    current = stored.filter("is_current")
    same = ["event_id", "home_score", "away_score", "status", "period"]
    fresh = fresh.join(current.select(same), on=same, how="anti", nulls_equal=True)
    if fresh.is_empty():
        return 0
    last = stored.group_by("event_id").agg(last=pl.col("version").max())
    added = (
        fresh.drop("version", "is_current", strict=False)
        .join(last, on="event_id", how="left")
        .with_columns(version=(pl.col("last").fill_null(0) + 1).cast(pl.Int32), is_current=pl.lit(True))
    )
    outdated = current.join(added.select("event_id"), on="event_id", how="semi").with_columns(is_current=pl.lit(False))
    platform.lake.merge(Results, Results.conform(pl.concat([Results.conform(added), outdated])))
    return added.height
