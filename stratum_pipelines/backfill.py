"""A range of days from raw answers to scorecards and paper bets: what imports, repairs and Dagster backfills all run."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl

from stratum_pipelines.batch import DayReport, compute_days
from stratum_pipelines.days import stale_days
from stratum_pipelines.platform import Platform
from stratum_pipelines.polling_pause import is_open
from stratum_pipelines.settle import score_days, settle_days
from stratum_pipelines.trading.paper_account import bet_days
from stratum_pipelines.waiting import days_waiting
from warehouse.tables import BY_NAME, RawOdds


@dataclass
class Backfilled:
    """What a backfill came to: a report per day, and the rows written of what follows games."""

    reports: dict[dt.date, DayReport] = field(default_factory=dict)
    following: dict[str, int] = field(default_factory=dict)

    @property
    def days(self) -> list[dt.date]:
        """The days computed, in order."""
        return sorted(self.reports)

    @property
    def rows(self) -> dict[str, int]:
        """Rows per table, over all days.

        A table kept whole is written again by every day, so over days its rows add up to nothing: it is not among them.
        """
        counted = Counter(self.following)
        for report in self.reports.values():
            counted.update(report.rows)
        return {name: count for name, count in counted.items() if BY_NAME[name].partition_by}

    @property
    def quotes(self) -> int:
        """Quotes read, over all days."""
        return sum(report.quotes for report in self.reports.values())

    @property
    def seconds(self) -> float:
        """The time all days took."""
        return sum(report.seconds for report in self.reports.values())


def backfill(
    platform: Platform, days: Sequence[dt.date], progress: Callable[[DayReport], None] = lambda report: None
) -> Backfilled:
    """Compute days, draw the closing lines of the games they touch, value their signals, score every day, bet on paper.

    What an earlier one was stopped before (days computed and not settled, closes not scored, signals not bet) is made good
    along with it, also when there is no day to compute. Raises PollingGoesOn when today is among the days and live polling cannot be
    paused, LakeBusy when another process computes a day for too long.
    """
    done = Backfilled()
    _backfill(platform, days, progress, done)
    return done


def backfill_stale(platform: Platform, progress: Callable[[DayReport], None] = lambda report: None) -> Backfilled:
    """`backfill` for every day that is out of date, and for those that come to be so by it."""
    done = Backfilled()
    for report in compute_days(platform, sorted(set(stale_days(platform)["date"])), progress=progress):
        done.reports[report.day] = report
    following = sorted(set(stale_days(platform)["date"]).difference(done.days))
    # Where a day now leaves another board behind, the days after it begin with another.
    rest = [day for day in platform.lake.days(RawOdds) if following and day >= following[0]]
    _backfill(platform, rest, progress, done)
    return done


def left_stale(platform: Platform) -> pl.DataFrame:
    """Closed days that are out of date, as `stale_days` names them; a day that is still open is closed tonight."""
    stale = stale_days(platform)
    return stale.filter([not is_open(day) for day in stale["date"]])


def _backfill(
    platform: Platform, days: Sequence[dt.date], progress: Callable[[DayReport], None], done: Backfilled
) -> None:
    for report in compute_days(platform, days, progress=progress):
        done.reports[report.day] = report
    waiting = days_waiting(platform, "settle")
    if waiting:
        settled = settle_days(platform, waiting.first, waiting.last)
        done.following["closing_lines"] = settled.n_closing_lines
        done.following["clv_records"] = settled.n_clv_records
    if done.days or days_waiting(platform, "score"):
        for written in score_days(platform, done.days).values():
            for name, count in written.items():
                done.following[name] = done.following.get(name, 0) + count
    bets = bet_days(platform, done.days)
    if bets.days["trades"]:
        done.following["trades"] = bets.n_bets
