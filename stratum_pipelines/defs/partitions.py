"""A partition is a UTC day of receipt; a backfill over any range of days is one run."""

import datetime as dt
import os
from collections.abc import Sequence

import dagster as dg

from stratum_pipelines.defs.settings import read_dagster_settings

# Partitions are part of the definitions, so the first day is read where Dagster enters. The day that is still open is a
# partition too: live polling materialises it as it grows.
FIRST_DAY = read_dagster_settings(os.environ).first_day
DAYS = dg.DailyPartitionsDefinition(start_date=FIRST_DAY.isoformat(), timezone="UTC", end_offset=1)
ONE_RUN = dg.BackfillPolicy.single_run()


def days_of(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> list[dt.date]:
    """The days a run is about, oldest first; today (UTC) where it names none."""
    execution = context.op_execution_context
    if execution.has_partition_key:
        keys: Sequence[str] = [execution.partition_key]
    elif execution.has_partition_key_range:
        keys = DAYS.get_partition_keys_in_range(execution.partition_key_range)
    else:
        return [today()]
    return [dt.date.fromisoformat(key) for key in keys]


def today() -> dt.date:
    """Today's date in UTC."""
    return dt.datetime.now(dt.UTC).date()


def is_partition(day: dt.date) -> bool:
    """Whether Dagster knows the day as a partition; the lake may hold days from before the first one."""
    return FIRST_DAY <= day <= today()
