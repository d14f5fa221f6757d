"""How every book stands, by sport and market: its state now, and how old its quotes were of late."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl

from stratum_pipelines.platform import Platform
from stratum_pipelines.quant.freshness import IDLE, STATES
from stratum_pipelines.watching import state_at
from warehouse.database import BookStates
from warehouse.database.types import moment
from warehouse.tables import BookFreshness

# How far back the last summary of a book may lie, in days that have any.
SUMMARY_DAYS = 7
KEY = ["sport_key", "bookmaker", "market"]


@dataclass(frozen=True)
class BookReport:
    """One book in one market. Ages and gaps are in seconds; percentiles are None before the first summary.

    `at` is the moment the state speaks for: now where live polling knows the book, else the last stored summary.
    """

    sport_key: str
    bookmaker: str
    market: str
    state: str
    since_at: dt.datetime | None
    reason: str
    at: dt.datetime
    age_s: float | None
    age_p50_s: float | None
    age_p95_s: float | None
    age_p99_s: float | None
    expected_gap_s: float
    limit_s: float
    last_sighted_at: dt.datetime | None


def freshness_report(platform: Platform, now: dt.datetime, sport_key: str | None = None) -> list[BookReport]:
    """The books of all sports, or of one, by sport, book and market.

    What live polling last knew is moved on to `now`; books of other answers (imports, days computed anew) are as their
    last summary says.
    """
    summaries = {tuple(row[name] for name in KEY): row for row in _summaries(platform, sport_key).iter_rows(named=True)}
    store = BookStates(platform.database)
    polled = store.polled()
    found: dict[tuple[str, ...], BookReport] = {}
    for row in store.rows(sport_key):
        key = tuple(row[name] for name in KEY)
        summary = summaries.get(key, {})
        if summary and summary["as_of"] > row["as_of"]:
            continue
        there = state_at(row, polled.get(row["sport_key"]), now)
        found[key] = BookReport(
            sport_key=row["sport_key"],
            bookmaker=row["bookmaker"],
            market=row["market"],
            state=there.state,
            since_at=moment(there.since),
            reason=there.reason,
            at=now,
            age_s=(now - row["last_sighted_at"]).total_seconds(),
            age_p50_s=summary.get("age_p50_s"),
            age_p95_s=summary.get("age_p95_s"),
            age_p99_s=summary.get("age_p99_s"),
            expected_gap_s=row["expected_gap_s"],
            limit_s=row["limit_s"],
            last_sighted_at=row["last_sighted_at"],
        )
    for key, row in summaries.items():
        if key not in found and row["state"] != STATES[IDLE]:
            found[key] = _as_summed_up(row)
    return [found[key] for key in sorted(found)]


def _as_summed_up(row: dict[str, Any]) -> BookReport:
    """A book as its last summary says."""
    return BookReport(
        sport_key=row["sport_key"],
        bookmaker=row["bookmaker"],
        market=row["market"],
        state=row["state"],
        since_at=None,
        reason="",
        at=row["as_of"],
        age_s=(row["as_of"] - row["last_sighted_at"]).total_seconds(),
        age_p50_s=row["age_p50_s"],
        age_p95_s=row["age_p95_s"],
        age_p99_s=row["age_p99_s"],
        expected_gap_s=row["expected_gap_s"],
        limit_s=row["limit_s"],
        last_sighted_at=row["last_sighted_at"],
    )


def _summaries(platform: Platform, sport_key: str | None) -> pl.DataFrame:
    """The newest summary of every book and market of the last days that have any."""
    days = sorted(platform.lake.days(BookFreshness))[-SUMMARY_DAYS:]
    if not days:
        return BookFreshness.empty()
    scan = platform.lake.scan(BookFreshness, first=days[0], last=days[-1])
    if sport_key is not None:
        scan = scan.filter(pl.col("sport_key") == sport_key)
    return scan.collect().sort("as_of").unique(KEY, keep="last", maintain_order=True)
