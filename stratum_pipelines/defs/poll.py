"""Live polling as a sensor: it works inside its tick, in the long-lived code server, and reports what it wrote.

A tick reads "skipped" in Dagster because it asks for no run: that is how it looks, not a fault. Rows are committed before
anything is reported, so what is lost when a process dies in between is an entry in Dagster's log and nothing else.
"""

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import dagster as dg

from stratum_pipelines.defs.partitions import is_partition
from stratum_pipelines.defs.resources import PlatformResource
from stratum_pipelines.defs.settings import read_dagster_settings
from stratum_pipelines.defs.shown import count, materialised, pictures, rows_shown, whole_shown
from warehouse.tables import BY_NAME

if TYPE_CHECKING:
    from stratum_pipelines.live import Cycle
    from stratum_pipelines.platform import Platform
    from stratum_pipelines.poller import Poller, Progress, Tick
    from stratum_pipelines.spending import Spending
    from warehouse.settings import Settings

DAILY = (
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
)
KEPT_WHOLE = ("events", "event_links")
# Pictures are the largest part of an event: every report has the one of consensus, once an hour the others follow.
PICTURE_EVERY_S = 3600
# Figures of cycles that add up from one report to the next.
ADDED_UP = (
    "requests_used_delta",
    "snapshots_inserted",
    "consensus_points_written",
    "alerts_sent",
    "alerts_failed",
)
SECOND = 1_000_000
_ONE_TICK = Lock()
_POLLERS: "dict[Settings, Poller]" = {}


@dataclass
class Reported:
    """What Dagster has been told. `totals` holds rows per "table day", or table, as last reported; times are UTC microseconds."""

    at: int = 0
    pictured_at: int = 0
    totals: dict[str, int] = field(default_factory=dict)
    open_days: list[str] = field(default_factory=list)
    n_polls: int = 0
    signals_by_type: dict[str, int] = field(default_factory=dict)
    kpis: dict[str, int] = field(default_factory=dict)
    response_id: str = ""

    def note(self, cycles: "list[Cycle]") -> None:
        """Take in what has been done since."""
        for cycle in cycles:
            day = dt.datetime.fromtimestamp(cycle.received_at // SECOND, dt.UTC).date().isoformat()
            self.open_days = sorted({*self.open_days, day})
            self.n_polls += 1
            self.response_id = cycle.response_id
            for name, n in cycle.signals_by_type.items():
                self.signals_by_type[name] = self.signals_by_type.get(name, 0) + n
            for name in ADDED_UP:
                value = getattr(cycle.kpis, name, None)
                if value is not None:
                    self.kpis[name] = self.kpis.get(name, 0) + value
            if cycle.kpis and cycle.kpis.requests_last is not None:
                self.kpis["requests_last"] = cycle.kpis.requests_last


@dg.sensor(
    name="poll_odds",
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Polls the odds feed (the simulated market while ODDS_API_KEY is not set) as often as credits and the next start "
        "allow, and computes every answer at once. Ticks read 'skipped': no run is needed."
    ),
)
def poll_odds(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SensorResult:
    """The materialisations of what this tick, and those since the last report, wrote."""
    if not _ONE_TICK.acquire(blocking=False):
        return dg.SensorResult(skip_reason="The tick before this one is still at work.", cursor=context.cursor)
    try:
        return _tick(context, platform.open())
    finally:
        _ONE_TICK.release()


def _tick(context: dg.SensorEvaluationContext, platform: "Platform") -> dg.SensorResult:
    poller = _poller(platform)
    progress, reported = read_cursor(context.cursor)
    tick = poller.tick(progress)
    for trouble in tick.troubles:
        context.log.warning(trouble)
    reported.note(tick.cycles)
    now = poller.now()
    is_time = now - reported.at >= read_dagster_settings(os.environ).roll_up_s * SECOND
    events = []
    if reported.n_polls and is_time:
        budget, warning = budget_shown(poller.spending, now)
        if warning:
            context.log.warning(warning)
        events = report(platform, reported, now, budget)
    return dg.SensorResult(
        asset_events=events, cursor=write_cursor(progress, reported), skip_reason=said(tick, reported, events, now)
    )


def _poller(platform: "Platform") -> "Poller":
    """The poller of this process; boards stay in memory from tick to tick."""
    from stratum_pipelines import sources
    from stratum_pipelines.poller import Poller
    from stratum_pipelines.settings import read_pipeline_settings

    if platform.settings not in _POLLERS:
        settings = read_pipeline_settings(os.environ)
        source = sources.open_source(settings)
        _POLLERS[platform.settings] = Poller(
            platform, source, settings.poll_s, allowance=settings.allowance, followed=settings.followed
        )
    return _POLLERS[platform.settings]


def budget_shown(spending: "Spending", now: int) -> tuple[dict[str, Any], str]:
    """The budget of credits as metadata, and a warning where the forecast crosses the reserve; neither for a free feed."""
    outlook, told = spending.outlook, spending.forecast(now)
    if outlook is None or told is None:
        return {}, ""
    shown = {
        "credits_room": outlook.room,
        "credits_reserve": told.reserve,
        "credits_kept_for_closes": round(outlook.closes),
        "credits_planned": round(outlook.planned),
        "credits_forecast": round(told.expected),
        "credits_forecast_low": round(told.low),
        "credits_forecast_high": round(told.high),
    }
    return shown, told.warning()


def report(
    platform: "Platform", reported: Reported, now: int, budget: Mapping[str, Any] = MappingProxyType({})
) -> "list[dg.AssetMaterialization]":
    """One event per table and day touched since the last report; `reported` is moved on.

    Rows are counted in the lake, so the numbers are exact whatever happened to the ticks in between. Figures of the cycles
    since, and the budget of credits, stand with the polls.
    """
    events = []
    draw = now - reported.pictured_at >= PICTURE_EVERY_S * SECOND
    shared: dict[str, Any] = {"polls": reported.n_polls, "last_response_id": reported.response_id}
    totals: dict[str, int] = {}
    for text in reported.open_days:
        day = dt.date.fromisoformat(text)
        if not is_partition(day):
            continue
        drawn = pictures(platform, day, set(DAILY) if draw else {"consensus"})
        for name in DAILY:
            total = count(platform.lake, BY_NAME[name], day)
            added = total - reported.totals.get(f"{name} {text}", 0)
            totals[f"{name} {text}"] = total
            if added == 0:
                continue
            shown = rows_shown(total, rows_added=added, **shared) | drawn.get(name, {})
            if name == "signals":
                shown |= reported.signals_by_type
            if name == "polls":
                shown |= {**reported.kpis, "signals_created_by_type": dict(reported.signals_by_type), **budget}
            inputs = {} if name == "raw_odds" else {"raw_odds": reported.response_id}
            events.append(materialised(name, shown, day=day, version=reported.response_id, inputs=inputs))
    for name in KEPT_WHOLE:
        whole = whole_shown(platform, name)
        totals[name] = whole["dagster/row_count"]
        # Their rows are brought up to date by every poll; a new count, or an hour, is worth an event.
        if draw or totals[name] != reported.totals.get(name):
            inputs = {"raw_odds": reported.response_id}
            events.append(materialised(name, whole | shared, version=reported.response_id, inputs=inputs))
    if draw:
        reported.pictured_at = now
    reported.at, reported.totals = now, totals
    reported.n_polls, reported.signals_by_type, reported.kpis = 0, {}, {}
    # The newest day goes on; older ones are complete once they have been reported.
    reported.open_days = reported.open_days[-1:]
    return events


def said(tick: "Tick", reported: Reported, events: "list[dg.AssetMaterialization]", now: int) -> str:
    """What the tick's line in Dagster says."""
    if tick.is_held_elsewhere:
        return "Another process is polling."
    if tick.troubles:
        return " ".join(tick.troubles)
    if events:
        return f"{len(events)} materialisations reported."
    if tick.cycles:
        rows = sum(sum(cycle.rows.values()) for cycle in tick.cycles)
        return f"{len(tick.cycles)} answers, {rows} rows; {reported.n_polls} polls wait to be reported together."
    following = min(tick.plans.items(), key=lambda item: item[1].at, default=None)
    if following is None:
        return "No sport is to be polled: see STRATUM_SPORTS."
    sport_key, plan = following
    return f"Next is {sport_key} in {max(0, plan.at - now) / SECOND:.0f} s: {plan.reason}."


def read_cursor(text: str | None) -> "tuple[Progress, Reported]":
    """How far polling and reporting had come; from the start where there is no cursor, or one of another version."""
    import json

    from stratum_pipelines.poller import Progress

    try:
        held = json.loads(text or "{}")
        return Progress(**held.get("progress", {})), Reported(**held.get("reported", {}))
    except (ValueError, TypeError, AttributeError):
        return Progress(), Reported()


def write_cursor(progress: "Progress", reported: Reported) -> str:
    """Both as the sensor's cursor."""
    import json

    return json.dumps({"progress": vars(progress), "reported": vars(reported)}, sort_keys=True)
