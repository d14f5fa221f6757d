"""The credits of the key."""

import datetime as dt
from collections.abc import Iterator, Mapping

from stratum_pipelines.budget_now import budget_now
from stratum_pipelines.doctor.finding import Finding
from stratum_pipelines.platform import Platform
from stratum_pipelines.settings import read_pipeline_settings


def look_at_budget(platform: Platform, environ: Mapping[str, str], now: dt.datetime) -> Iterator[Finding]:
    """Whether the credits of the key last, in the counts that polling has taken; a feed that is free has none."""
    settings = read_pipeline_settings(environ)
    if not settings.api_key or platform.database.revision() is None:
        return
    found = budget_now(platform, settings, now)
    told, plan = found.forecast, found.outlook
    if found.balance is None or told is None or plan is None:
        yield Finding("budget", "ok", "no credits have been counted yet")
        return
    seen = (
        f"{found.balance.remaining:,} credits left, {told.expected:,.0f} ({told.low:,.0f} to {told.high:,.0f}) forecast for "
        f"{found.renewed_at:%Y-%m-%d}; planned {plan.closes:,.0f} for closes and {plan.looks:,.0f} for looks"
    )
    remedy = "Buy credits, poll fewer sports or regions, or see who else uses the key: stratum budget"
    yield Finding("budget", "warning" if told.crosses else "ok", seen, remedy if told.crosses else "")
