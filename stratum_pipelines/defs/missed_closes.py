"""Closes missed while polling was down, asked for every night within a bound of credits."""

import datetime as dt
import os

import dagster as dg

from stratum_pipelines.defs.partitions import is_partition
from stratum_pipelines.defs.resources import PlatformResource
from stratum_pipelines.defs.settings import read_dagster_settings
from stratum_pipelines.defs.shown import count, materialised, rows_shown
from warehouse.tables import BY_NAME

# Older ones are left to a person: stratum backfill --missed.
LOOK_BACK_DAYS = 7


@dg.op(out=dg.Out(dg.Nothing), description="Asks for missed closes of the past week and draws them again.")
def ask_for_missed_closes(context: dg.OpExecutionContext, platform: PlatformResource) -> None:
    """Answers of the provider's past into raw_odds, their days computed anew, their games settled."""
    from stratum_pipelines.missed_closes import fill_closes, paid_asking
    from stratum_pipelines.providers.provider import Asking
    from stratum_pipelines.settings import read_pipeline_settings

    opened, settings = platform.open(), read_pipeline_settings(os.environ)
    bound = read_dagster_settings(os.environ).missed_close_credits
    today = dt.datetime.now(dt.UTC).date()
    filled = fill_closes(
        opened,
        today - dt.timedelta(days=LOOK_BACK_DAYS),
        today - dt.timedelta(days=1),
        asking=Asking(settings.regions, settings.odds_format),
        ask=paid_asking(opened, settings),
        allowed=bound,
    )
    for trouble in filled.troubles:
        context.log.warning(trouble)
    for day in sorted({report.day for report in filled.reports}):
        for name in ("raw_odds", "closing_lines", "clv_records"):
            if is_partition(day):
                context.log_event(materialised(name, rows_shown(count(opened.lake, BY_NAME[name], day)), day=day))
    context.add_output_metadata(
        {
            "requests": len(filled.asked),
            "credits": filled.n_credits,
            "credits_allowed": bound,
            "games_found": filled.n_games,
            "games_still_missed": sum(len(one.event_ids) for one in filled.still_missed),
            "is_out_of_credits": filled.is_out_of_credits,
        }
    )


@dg.job(description="Fetches closes that were missed while polling was down, within STRATUM_MISSED_CLOSE_CREDITS.")
def fill_missed_closes() -> None:
    """One step: what is asked next depends on what came."""
    ask_for_missed_closes()


@dg.schedule(
    job=fill_missed_closes,
    name="fill_missed_closes_nightly",
    cron_schedule="50 1 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Fetches missed closes of the past week every night, once STRATUM_MISSED_CLOSE_CREDITS allows some credits.",
)
def fill_missed_closes_nightly(
    context: dg.ScheduleEvaluationContext, platform: PlatformResource
) -> dg.RunRequest | dg.SkipReason:
    """A run where there is something to ask for and it may cost something."""
    from stratum_pipelines.missed_closes import missed_closes
    from stratum_pipelines.providers.provider import Asking
    from stratum_pipelines.settings import API_KEY, read_pipeline_settings

    bound, settings = read_dagster_settings(os.environ).missed_close_credits, read_pipeline_settings(os.environ)
    if not bound or not settings.api_key:
        return dg.SkipReason(
            f"STRATUM_MISSED_CLOSE_CREDITS is {bound}, and {API_KEY.name} {'is' if settings.api_key else 'is not'} set."
        )
    at = context.scheduled_execution_time
    now, today = int(at.timestamp()) * 1_000_000, at.astimezone(dt.UTC).date()
    first, last = today - dt.timedelta(days=LOOK_BACK_DAYS), today - dt.timedelta(days=1)
    missed = missed_closes(platform.open(), first, last, now, Asking(settings.regions, settings.odds_format))
    if not missed:
        return dg.SkipReason("No close of the past week was missed that has not been asked for.")
    return dg.RunRequest(run_key=f"{today}")
