"""What is kept how long: days of tables, figures of cycles, messages, and Dagster's own log, each by a setting of its own."""

import datetime as dt
import os

import dagster as dg

from stratum_pipelines.defs.partitions import today
from stratum_pipelines.defs.resources import PlatformResource
from stratum_pipelines.defs.settings import read_dagster_settings
from warehouse.tables import BY_NAME


@dg.op(out=dg.Out(dg.Nothing), description="Drops the days of tables that are older than STRATUM_RETENTION says.")
def drop_old_days(context: dg.OpExecutionContext, platform: PlatformResource) -> None:
    """Old days out of the lake, and files nobody reads any more; tables not named are kept for ever."""
    from warehouse.database import ComputedDays

    opened = platform.open()
    dropped = {}
    for name, days in sorted(read_dagster_settings(os.environ).retention.items()):
        before = today() - dt.timedelta(days=days)
        # First of all it is written down that they may go: a day without these rows is not out of date.
        ComputedDays(opened.database).stop_counting(name, before)
        gone = opened.lake.drop_days(BY_NAME[name], before)
        dropped[name] = len(gone)
        context.log.info("%s: %d days dropped, %d days are kept", name, len(gone), days)
    swept = opened.lake.sweep()
    context.add_output_metadata({f"{name}_days_dropped": n for name, n in dropped.items()} | {"files_swept": swept})


@dg.op(
    ins={"after": dg.In(dg.Nothing)},
    out=dg.Out(dg.Nothing),
    description="Deletes figures of cycles, and attempts to deliver alerts, older than STRATUM_CYCLE_KPI_DAYS says.",
)
def drop_old_figures(context: dg.OpExecutionContext, platform: PlatformResource) -> None:
    """Old figures out of the database."""
    from warehouse.database.cycle_kpis import CycleFigures

    before = dt.datetime.now(dt.UTC) - dt.timedelta(days=read_dagster_settings(os.environ).kpi_days)
    deleted = CycleFigures(platform.open().database).prune(before)
    context.add_output_metadata({"rows_deleted": deleted})
    context.log.info("%d figures of cycles and attempts to deliver deleted", deleted)


@dg.op(
    ins={"after": dg.In(dg.Nothing)},
    out=dg.Out(dg.Nothing),
    description="Deletes messages of the outbox older than STRATUM_OUTBOX_DAYS says; the newest one stays, and so does what "
    "webhooks have not been handed yet.",
)
def drop_old_messages(context: dg.OpExecutionContext, platform: PlatformResource) -> None:
    """Old messages out of the outbox. Whoever follows the stream can resume from anything that is left."""
    from warehouse.database import OutboxRetention

    days = read_dagster_settings(os.environ).outbox_days
    before = dt.datetime.now(dt.UTC) - dt.timedelta(days=days)
    retention = OutboxRetention(platform.open().database)
    deleted, held = retention.prune(before), retention.waiting(before)
    context.add_output_metadata({"rows_deleted": deleted, "rows_held": held.n if held else 0})
    context.log.info("%d messages of the outbox deleted", deleted)
    if held is not None:
        context.log.warning(
            "%d messages of the outbox, the oldest of %s, are older than %d days and stay: webhooks are enabled, and no "
            "dispatcher has handed them on. Start one (stratum dispatch), or disable the webhooks (stratum webhooks change "
            "ID --disable).",
            held.n,
            f"{held.oldest_at:%Y-%m-%d %H:%M}",
            days,
        )


@dg.op(
    ins={"after": dg.In(dg.Nothing)},
    out=dg.Out(dg.Nothing),
    description="Deletes Dagster's old runs and events; the newest of every table and day stay.",
)
def prune_dagster_log(context: dg.OpExecutionContext) -> None:
    """Old runs and events out of Dagster's storage."""
    from stratum_pipelines.defs.pruning import prune_log, shrink

    days = read_dagster_settings(os.environ).log_days
    before = dt.datetime.now(dt.UTC) - dt.timedelta(days=days)
    pruned = prune_log(context.instance, before.timestamp())
    # Once a week is enough: it copies the whole file.
    if today().weekday() == 0:
        shrink(context.instance)
    context.add_output_metadata({**vars(pruned), "days_kept": days})
    context.log.info("%d runs, %d events and %d evaluations deleted", pruned.runs, pruned.events, pruned.evaluations)


@dg.job(description="Drops what is older than its retention: days of tables, and Dagster's own runs and events.")
def prune() -> None:
    """Tables first, then what is kept beside them, then Dagster's log."""
    prune_dagster_log(drop_old_messages(drop_old_figures(drop_old_days())))


@dg.schedule(
    job=prune,
    name="prune_nightly",
    cron_schedule="10 4 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Prunes every night.",
)
def prune_nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """One run a night."""
    return dg.RunRequest(run_key=f"{context.scheduled_execution_time:%Y-%m-%d}")
