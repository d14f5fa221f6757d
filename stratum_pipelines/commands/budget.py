"""`stratum budget`: the credits left, where they go until they are renewed, and the figures of the newest cycles."""

import datetime as dt
import json
import math
import os
from typing import TYPE_CHECKING, Any

import rich_click as click
from rich.table import Table as Grid

from stratum_pipelines.commands.output import json_option, opened_platform, print_json, results

if TYPE_CHECKING:
    from stratum_pipelines.budget_now import BudgetNow
    from warehouse.database.cycle_kpis import CycleKpis

COLUMNS = (
    "recorded_at",
    "sport_key",
    "requests_used_delta",
    "requests_last",
    "snapshots_inserted",
    "consensus_points_written",
    "signals_created_by_type",
    "alerts_sent",
    "alerts_failed",
)


@click.command(name="budget")
@click.option(
    "--cycles",
    type=click.IntRange(0, 10_000),
    default=10,
    metavar="N",
    show_default=True,
    help="Newest cycles to list.",
)
@json_option
def budget(cycles: int, as_json: bool) -> None:
    """Say what is left of the credits, what is planned with them, what will be left, and what the newest cycles did."""
    from stratum_pipelines.budget_now import budget_now
    from stratum_pipelines.settings import read_pipeline_settings
    from warehouse.database.cycle_kpis import CycleFigures

    with opened_platform(filled=True) as platform:
        found = budget_now(platform, read_pipeline_settings(os.environ), dt.datetime.now(dt.UTC))
        newest = CycleFigures(platform.database).newest(cycles)
    if as_json:
        print_json({"budget": _record(found), "cycles": newest})
        return
    for line in _said(found):
        results.print(line)
    if newest:
        results.print(_grid(newest))


def _said(found: "BudgetNow") -> list[str]:
    if found.balance is None:
        return [
            "No credits have been counted yet: the simulated market costs none, and the feed is counted as it is polled."
        ]
    balance = found.balance
    left = "not counted by the provider" if balance.remaining is None else f"{balance.remaining:,} left"
    known = (
        f"Credits: {left} as of {balance.answered_at:%Y-%m-%d %H:%M} UTC; reserve {found.reserve:,}, held {found.held:,}; "
        f"used by us {balance.spent:,} and by others {balance.outside:,} since {balance.since:%Y-%m-%d %H:%M}."
    )
    lines = [known]
    if found.outlook is not None:
        plan = found.outlook
        lines.append(
            f"Planned until {found.renewed_at:%Y-%m-%d}: {plan.closes:,.0f} for closes and {plan.looks:,.0f} for other looks; "
            f"the cadence without a limit would use {plan.demand:,.0f}."
        )
    if found.forecast is not None:
        told = found.forecast
        lines.append(
            f"Forecast to be left then: {told.expected:,.0f} (four times in five {told.low:,.0f} to {told.high:,.0f})."
        )
        lines += [told.warning()] if told.crosses else []
    return lines


def _grid(newest: "list[CycleKpis]") -> Grid:
    grid = Grid(header_style="bold")
    for name in COLUMNS:
        grid.add_column(name.replace("_", " "), overflow="fold")
    for one in newest:
        grid.add_row(*(_cell(getattr(one, name)) for name in COLUMNS))
    return grid


def _cell(value: object) -> str:
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return json.dumps(value) if isinstance(value, dict) else "" if value is None else str(value)


def _record(found: "BudgetNow") -> dict[str, Any]:
    """The budget for JSON, which has no number without end: a price nobody can pay is null."""
    plan = found.outlook
    return {
        "balance": found.balance,
        "held": found.held,
        "reserve": found.reserve,
        "renewed_at": found.renewed_at,
        "forecast": found.forecast,
        "outlook": plan
        and {
            "room": plan.room,
            "closes": plan.closes,
            "looks": plan.looks,
            "demand": plan.demand,
            "outside": plan.outside,
            "price": plan.price if math.isfinite(plan.price) else None,
        },
    }
