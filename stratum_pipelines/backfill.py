"""A range of days from raw answers to scorecards: what imports, repairs and Dagster backfills all run."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from stratum_pipelines.batch import DayReport, compute_days
from stratum_pipelines.platform import Platform
from stratum_pipelines.settle import score_days, settle_days
from stratum_pipelines.waiting import days_waiting


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

    What an earlier one was stopped before (days computed and not settled, closes not scored) is made good along with it,
    also when there is no day to compute. Raises PollingGoesOn when today is among the days and live polling cannot be
    paused, LakeBusy when another process computes a day for too long.
    """
    done = Backfilled()
    for report in compute_days(platform, days, progress=progress):
        done.days.append(report.day)
        done.quotes += report.quotes
        done.seconds += report.seconds
        for name, count in report.rows.items():
            done.rows[name] = done.rows.get(name, 0) + count
    waiting = days_waiting(platform, "settle")
    if waiting:
        settled = settle_days(platform, waiting.first, waiting.last)
        done.rows["closing_lines"] = settled.n_closing_lines
        done.rows["clv_records"] = settled.n_clv_records
    if done.days or days_waiting(platform, "score"):
        done.rows["scorecards"] = sum(score_days(platform, done.days).values())
    return done
