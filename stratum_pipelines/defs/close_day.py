"""Closing a day, every night: computed again from raw, compared with what live published, compacted and settled."""

import datetime as dt
from collections.abc import Iterator

import dagster as dg

from stratum_pipelines.defs.partitions import is_partition
from stratum_pipelines.defs.resources import PlatformResource

# Days that were left open longer than this, while nothing ran, are left to a person: see docs/runbook.md.
LOOK_BACK_DAYS = 7

CLOSED_TABLES = dg.AssetSelection.assets(
    "raw_odds",
    "polls",
    "quarantine",
    "event_changes",
    "odds_snapshots",
    "consensus",
    "book_freshness",
    "freshness_breaches",
    "regime_models",
    "regime_snapshots",
    "signals",
    "closing_lines",
    "clv_records",
    "trades",
    "equity_points",
)

close_day = dg.define_asset_job(
    "close_day",
    selection=CLOSED_TABLES,
    config={"ops": {"compute_days": {"config": {"compare": True}}}},
    description=(
        "Closes a day: recomputes it from raw answers, compares it row by row with what live published, leaves one sorted "
        "file per table, settles its games and bets its signals on paper. Its scorecards follow."
    ),
)


@dg.schedule(
    job=close_day,
    name="close_yesterday",
    cron_schedule="20 0 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Closes yesterday shortly after midnight UTC, and earlier days of the past week that were left open.",
)
def close_yesterday(
    context: dg.ScheduleEvaluationContext, platform: PlatformResource
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """A run per day to close, oldest first."""
    now = context.scheduled_execution_time
    days = open_days(platform, now.astimezone(dt.UTC).date())
    if not days:
        yield dg.SkipReason("No answer of the past week belongs to a day that is still open.")
    for day in days:
        yield dg.RunRequest(run_key=f"{day}@{now:%Y-%m-%d}", partition_key=day.isoformat())


def open_days(platform: PlatformResource, now: dt.date) -> list[dt.date]:
    """The days to close: yesterday when it has answers, and older ones of the past week that are out of date."""
    from stratum_pipelines.days import stale_days
    from warehouse.tables import RawOdds

    opened = platform.open()
    yesterday = now - dt.timedelta(days=1)
    first = now - dt.timedelta(days=LOOK_BACK_DAYS)
    found = {day for day in stale_days(opened)["date"].to_list() if first <= day < now}
    if yesterday in opened.lake.days(RawOdds):
        found.add(yesterday)
    return sorted(day for day in found if is_partition(day))
