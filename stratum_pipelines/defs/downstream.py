"""What follows by itself: closing lines when starts pass, paper bets, a look at today's tables, scorecards of closed days."""

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from stratum_pipelines.defs.checks import CLOSED, COMPUTED, INGESTED, KEPT_WHOLE, look
from stratum_pipelines.defs.close_day import close_day
from stratum_pipelines.defs.partitions import is_partition, today
from stratum_pipelines.defs.resources import PlatformResource
from stratum_pipelines.defs.shown import count, materialised, pictures, rows_shown
from stratum_pipelines.defs.trades import written
from warehouse.tables import BY_NAME

if TYPE_CHECKING:
    from stratum_pipelines.platform import Platform

SECOND = 1_000_000
# The last answer from before a start may still be on its way into the tables.
GRACE_S = 60
# How far back the first look goes, when nothing says how far settling had come.
LOOK_BACK_S = 2 * 24 * 3600
REPORT_ALL_S = 6 * 3600
# A tick has 60 seconds; while a backfill settles, this one leaves its games to the next.
PATIENCE_S = 10.0

score_day = dg.define_asset_job(
    "score_day",
    selection=dg.AssetSelection.assets("scorecards", "score_bands"),
    description="Adds up closing-line value as of the end of a day.",
)


@dg.sensor(
    name="settle_started_games",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Inside its tick: draws the closing lines of games whose start has just passed and values their signals, and again "
        "when those closes become final, which is when partners hear of them."
    ),
)
def settle_started_games(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SensorResult:
    """The materialisations of the closes this tick drew."""
    from stratum_pipelines.settle import settle
    from warehouse.database import MarketStore
    from warehouse.errors import LakeBusy

    opened = platform.open()
    now = microseconds_now() - GRACE_S * SECOND
    since = int(context.cursor) if context.cursor else now - LOOK_BACK_S * SECOND
    due = MarketStore(opened.database).games_to_finish(dt.datetime.fromtimestamp(now / SECOND, dt.UTC))
    due |= games_started(opened, since, now)
    if not due:
        return dg.SensorResult(skip_reason="No start has passed, and no close has become final.", cursor=str(now))
    try:
        settled = settle(opened, due, now, patience_s=PATIENCE_S)
    except LakeBusy:
        # What is due stays due: the cursor is not moved on.
        said = f"{len(due)} games wait: closing lines or scorecards are being written by another process."
        return dg.SensorResult(skip_reason=said, cursor=context.cursor)
    events = list(closes(opened, {day for day in due.values() if is_partition(day)}, len(due)))
    context.log.info("%d games: %d closing lines", settled.n_events, settled.n_closing_lines)
    return dg.SensorResult(asset_events=events, cursor=str(now))


def microseconds_now() -> int:
    """Now, in UTC microseconds."""
    return int(dt.datetime.now(dt.UTC).timestamp()) * SECOND


def games_started(platform: "Platform", since: int, until: int) -> dict[str, dt.date]:
    """The games whose start, as now known, lies after `since` and at or before `until`, with the day of that start."""
    import sqlalchemy as sa

    from warehouse.database.market import events

    first, last = (dt.datetime.fromtimestamp(at / SECOND, dt.UTC) for at in (since, until))
    query = sa.select(events.c.event_id, events.c.commence_at).where(
        events.c.commence_at > first, events.c.commence_at <= last
    )
    with platform.database.read() as connection:
        found: Sequence[Any] = connection.execute(query).all()
    return {str(event_id): commence_at.astimezone(dt.UTC).date() for event_id, commence_at in found}


def closes(platform: "Platform", days: set[dt.date], n_games: int) -> Iterator[dg.AssetMaterialization]:
    """An event per table and day of closing lines."""
    for day in sorted(days):
        drawn = pictures(platform, day, {"clv_records"})
        for name in ("closing_lines", "clv_records"):
            shown = rows_shown(count(platform.lake, BY_NAME[name], day), games_settled=n_games) | drawn.get(name, {})
            yield materialised(name, shown, day=day)


@dg.sensor(
    name="bet_on_paper",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Inside its tick: bets the signals of today on paper, and settles bets whose result has come. Live polling does not "
        "wait for it."
    ),
)
def bet_on_paper(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SensorResult:
    """The materialisations of the days of trades this tick wrote."""
    from stratum_pipelines.trading.paper_account import bet_days
    from warehouse.errors import LakeBusy

    opened = platform.open()
    now = microseconds_now()
    day = today()
    # Signals of the last minutes before midnight, and of the time in which nothing ran, are still to be bet.
    since = dt.date.fromisoformat(context.cursor) if context.cursor else day - dt.timedelta(days=1)
    days = [since + dt.timedelta(days=n) for n in range((day - since).days + 1)]
    try:
        made = bet_days(opened, days, as_of=now, patience_s=PATIENCE_S)
    except LakeBusy:
        return dg.SensorResult(skip_reason="Trades are being recorded by another process.", cursor=context.cursor)
    events = list(written(opened, made.days))
    context.log.info("%d paper bets looked at", made.n_bets)
    said = None if events else "No signal to bet on, and no result to settle by."
    return dg.SensorResult(asset_events=events, skip_reason=said, cursor=day.isoformat())


@dg.sensor(
    name="look_at_today",
    minimum_interval_seconds=900,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Runs the checks of today's tables inside its tick: the day that is still open has no run to check it. Verdicts that "
        "changed are reported at once, all of them every six hours."
    ),
)
def look_at_today(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SensorResult:
    """The evaluations worth reporting of the checks of tables that have rows today."""
    opened = platform.open()
    day = today()
    held = json.loads(context.cursor) if context.cursor else {}
    is_full = held.get("day") != day.isoformat() or microseconds_now() - held["at"] >= REPORT_ALL_S * SECOND
    failed, worth, n = [], [], 0
    for evaluation in evaluations_of(opened, day):
        n += 1
        name = f"{evaluation.asset_key.to_user_string()}.{evaluation.check_name}"
        if not evaluation.passed:
            failed.append(name)
        if is_full or evaluation.passed == (name in held.get("failed", [])):
            worth.append(evaluation)
    if not n:
        return dg.SensorResult(skip_reason="Nothing has been received today.", cursor=context.cursor)
    at = microseconds_now() if is_full else held["at"]
    said = f"{n} checks, {len(failed)} failed{': ' if failed else ''}{', '.join(failed)}"
    cursor = json.dumps({"day": day.isoformat(), "at": at, "failed": failed})
    return dg.SensorResult(asset_events=worth, skip_reason=None if worth else said, cursor=cursor)


def evaluations_of(platform: "Platform", day: dt.date) -> Iterator[dg.AssetCheckEvaluation]:
    """Every check of the tables that have rows on a day, and with them of those kept whole, evaluated."""
    for tables in (INGESTED, COMPUTED, CLOSED, KEPT_WHOLE):
        for name, checks in tables.items():
            # Tables kept whole change with every answer of the day.
            if day not in platform.lake.days(BY_NAME["raw_odds" if tables is KEPT_WHOLE else name]):
                continue
            for check in checks:
                passed, description, metadata = look(platform, name, check, [day])
                yield dg.AssetCheckEvaluation(
                    asset_key=dg.AssetKey(name),
                    check_name=check.name,
                    passed=passed,
                    description=description,
                    metadata=metadata,
                    blocking=check.blocking,
                    severity=check.severity,
                )


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    name="score_closed_day",
    minimum_interval_seconds=300,
    monitored_jobs=[close_day],
    request_job=score_day,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Writes the scorecards of a day once it is closed and its checks have passed.",
)
def score_closed_day(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason:
    """A run that scores the day that was closed."""
    day = context.dagster_run.tags.get("dagster/partition")
    if day is None:
        return dg.SkipReason("The run was about several days: a backfill scores its days itself.")
    return dg.RunRequest(run_key=f"score-{day}-{context.dagster_run.run_id}", partition_key=day)
