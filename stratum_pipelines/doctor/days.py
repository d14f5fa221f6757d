"""Days that are out of date."""

import datetime as dt
from collections.abc import Iterator

import polars as pl

from stratum_pipelines.days import stale_days
from stratum_pipelines.doctor.finding import Finding
from stratum_pipelines.platform import Platform
from stratum_pipelines.waiting import OPEN_END, STEPS, Step, days_waiting

# What a step makes, as the report calls it.
FOLLOWING: dict[Step, str] = {"settle": "closing lines and their value", "score": "scorecards", "bet": "paper bets"}


def look_at_days(platform: Platform) -> Iterator[Finding]:
    """The days that are out of date; a database that is not made yet knows of none."""
    if platform.database.revision() is None:
        yield Finding("days", "ok", "none has been computed yet")
    else:
        yield from _days(platform)


def _days(platform: Platform) -> Iterator[Finding]:
    stale = stale_days(platform)
    today = dt.datetime.now(dt.UTC).date()
    stale = stale.filter((pl.col("date") < today) | (pl.col("reason") != "not computed yet"))
    for (sport_key, reason), days in stale.group_by("sport_key", "reason", maintain_order=True):
        dates = days["date"].sort()
        span = f"{dates[0]} to {dates[-1]}"
        yield Finding(
            "days",
            "warning",
            f"{sport_key}: {days.height} {'day' if days.height == 1 else 'days'} out of date ({reason}; {span})",
            "stratum backfill --stale",
        )
    steps = [step for step in STEPS if step != "bet" or platform.paper.is_on]
    undone = [(step, waiting) for step in steps if (waiting := days_waiting(platform, step)) and waiting.first < today]
    for step, waiting in undone:
        what = FOLLOWING[step]
        span = f"from {waiting.first} on" if waiting.last == OPEN_END else f"of {waiting.first} to {waiting.last}"
        seen = f"{what} {span} are not up to date: a run was stopped before them, or is still at work"
        yield Finding("days", "warning", seen, "stratum backfill --stale")
    if stale.is_empty() and not undone:
        yield Finding("days", "ok", "every computed day follows from its answers")
