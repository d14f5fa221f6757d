"""Trades, balances and checks of trades: paper bets on signals are made here, everything else is entered by imports."""

import datetime as dt
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg

from stratum_pipelines.defs.declared import asset_of
from stratum_pipelines.defs.partitions import ONE_RUN, days_of
from stratum_pipelines.defs.resources import PlatformResource
from stratum_pipelines.defs.shown import count, materialised, rows_shown

if TYPE_CHECKING:
    from stratum_pipelines.platform import Platform

ENTERED = [asset_of("validation_logs")]
NAMES = ("trades", "equity_points")
LOG = logging.getLogger(__name__)


@dg.multi_asset(
    specs=[asset_of("trades", ["signals", "results", "event_changes"]), asset_of("equity_points", ["trades"])],
    name="bet_days",
    backfill_policy=ONE_RUN,
    description=(
        "Bets the signals of these days on paper, and settles all paper bets whose result has come. Both tables are always "
        "written together; trades from imports are left as they are."
    ),
)
def bet_days(context: dg.AssetExecutionContext, platform: PlatformResource) -> Iterator[dg.MaterializeResult]:
    """Paper bets of a run's days, and of those that waited to be settled."""
    from stratum_pipelines.trading.paper_account import bet_days

    opened = platform.open()
    days = days_of(context)
    made = bet_days(opened, days)
    context.log.info("%d paper bets looked at; days written: %d", made.n_bets, len(made.days["trades"]))
    for name in NAMES:
        for day in days:
            context.add_asset_metadata(shown(opened, name, day), asset_key=name, partition_key=day.isoformat())
        for day in set(made.days[name]).difference(days):
            context.log_event(materialised(name, shown(opened, name, day), day=day))
    if days:
        drawn = pictured(opened, max(days))
        for name in NAMES:
            context.add_asset_metadata(drawn[name], asset_key=name, partition_key=max(days).isoformat())
    for name in NAMES:
        yield dg.MaterializeResult(asset_key=name)


def pictured(platform: "Platform", day: dt.date) -> dict[str, dict[str, Any]]:
    """The paper account up to a day as pictures, per table; a run over many days has them on its last."""
    from stratum_pipelines.plots import as_markdown
    from stratum_pipelines.trading.paper_bets import ACCOUNT
    from stratum_pipelines.trading.pictures import pictures_of_account

    try:
        made = pictures_of_account(platform.lake, ACCOUNT, "paper", day)
    except Exception:
        # A picture is never worth losing a computed day for.
        LOG.exception("The paper account up to %s could not be drawn.", day)
        made = {}
    shown = {name: dg.MetadataValue.md(as_markdown(png, title)) for name, (title, png) in made.items()}
    return {"trades": shown, "equity_points": {name: one for name, one in shown.items() if name == "balance"}}


def shown(platform: "Platform", name: str, day: dt.date) -> dict[str, Any]:
    """Metadata of a day: its rows, and of the trades entered on it how many have which status and what came of them."""
    import polars as pl

    from warehouse.tables import BY_NAME, Trades

    rows = rows_shown(count(platform.lake, BY_NAME[name], day))
    if name != Trades.name:
        return rows
    statuses = platform.lake.scan(Trades, first=day, last=day).group_by("status").len().sort("status").collect()
    profits = (
        platform.lake.scan(Trades, first=day, last=day)
        .filter(pl.col("status") == "closed")
        .group_by("currency")
        .agg(pl.col("profit").sum())
        .sort("currency")
        .collect()
    )
    return (
        rows
        | {f"{status} trades": int(n) for status, n in statuses.iter_rows()}
        | {f"profit in minor units of {currency}": int(profit) for currency, profit in profits.iter_rows()}
    )


def written(platform: "Platform", days: dict[str, list[dt.date]]) -> Iterator[dg.AssetMaterialization]:
    """An event per table and day that was written outside of a run."""
    for name, dates in days.items():
        for day in dates:
            yield materialised(name, shown(platform, name, day), day=day)
