"""A range of days from raw answers to scorecards: what imports, repairs and Dagster backfills all run."""

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

import polars as pl

from stratum_pipelines.batch import DayReport, compute_days
from stratum_pipelines.platform import Platform
from stratum_pipelines.polling_pause import paused_polling
from stratum_pipelines.settle import Settled, score_day, settle
from warehouse.tables import Events, Polls


@dataclass
class Backfilled:
    """What a backfill came to."""

    days: list[dt.date] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    quotes: int = 0
    seconds: float = 0.0


def backfill(
    platform: Platform, days: Sequence[dt.date], progress: Callable[[DayReport], None] = lambda report: None
) -> Backfilled:
    """Compute days, draw the closing lines of the games they touch, value their signals and score every day.

    Raises PollingGoesOn when today is among the days and live polling cannot be paused.
    """
    done = Backfilled()
    # What live polling adds to today while today's partition is replaced would be lost with it.
    with paused_polling(platform) if dt.datetime.now(dt.UTC).date() in days else nullcontext():
        for report in compute_days(platform, days, progress=progress):
            done.days.append(report.day)
            done.quotes += report.quotes
            done.seconds += report.seconds
            for name, count in report.rows.items():
                done.rows[name] = done.rows.get(name, 0) + count
    if done.days:
        settled = settle_days(platform, done.days[0], done.days[-1])
        done.rows["closing_lines"] = settled.n_closing_lines
        done.rows["clv_records"] = settled.n_clv_records
        done.rows["scorecards"] = sum(score_day(platform, day) for day in done.days)
    return done


def settle_days(platform: Platform, first: dt.date, last: dt.date) -> Settled:
    """Settle every game listed at some time from `first` to `last`, as of the last answer received."""
    as_of = platform.lake.scan(Polls).select(pl.col("received_at").max()).collect().item()
    if as_of is None:
        return Settled(0, 0, 0)
    begin = dt.datetime.combine(first, dt.time.min, dt.UTC)
    end = dt.datetime.combine(last, dt.time.max, dt.UTC)
    listed = platform.lake.scan(Events).filter(pl.col("last_seen_at") >= begin, pl.col("first_seen_at") <= end)
    event_ids = listed.select("event_id").collect()["event_id"].to_list()
    return settle(platform, event_ids, int(as_of.timestamp() * 1_000_000), announce=False)
