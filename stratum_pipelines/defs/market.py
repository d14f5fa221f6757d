"""What a day's answers say: polls, quotes, consensus, signals and games, computed together because one pass makes them all."""

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg

from stratum_pipelines.defs.declared import asset_of
from stratum_pipelines.defs.discovered import RULES
from stratum_pipelines.defs.partitions import ONE_RUN, days_of
from stratum_pipelines.defs.resources import PlatformResource
from stratum_pipelines.defs.shown import (
    PICTURED_DAYS,
    frame_as_table,
    materialised,
    pictures,
    rows_shown,
    whole_shown,
)

if TYPE_CHECKING:
    import polars as pl

    from stratum_pipelines.batch import CloseReport, DayReport
    from stratum_pipelines.platform import Platform

MADE_FROM: dict[str, list[str | dg.AssetKey]] = {
    "polls": ["raw_odds"],
    "quarantine": ["raw_odds"],
    "event_changes": ["raw_odds"],
    "odds_snapshots": ["raw_odds", "event_changes"],
    "consensus": ["odds_snapshots"],
    "book_freshness": ["raw_odds"],
    "freshness_breaches": ["raw_odds"],
    "regime_models": ["odds_snapshots", "event_changes"],
    "regime_snapshots": ["odds_snapshots", "event_changes", "regime_models"],
    "signals": ["consensus", "odds_snapshots", "regime_snapshots", *(spec.key for spec in RULES)],
}
NAMES = tuple(MADE_FROM)
# Made by the same pass, but kept whole: a day adds to them, so they have no partition to compute by themselves.
KEPT_WHOLE = [asset_of("events", ["event_changes"]), asset_of("event_links", ["raw_odds"])]

SHOWN_DIFFERENCES = 50
COMPARED = "live_equals_batch"
CHECKS = [
    dg.AssetCheckSpec(
        COMPARED,
        asset=name,
        description="On closing a day: what live polling published is what the raw answers give when computed again.",
    )
    for name in NAMES
]


class HowToCompute(dg.Config):
    """Whether the rows that are there are compared with those computed: so it is when a day is closed."""

    compare: bool = False


@dg.multi_asset(
    specs=[asset_of(name, deps) for name, deps in MADE_FROM.items()],
    check_specs=CHECKS,
    name="compute_days",
    can_subset=True,
    backfill_policy=ONE_RUN,
    description="Computes whole days from raw answers, oldest first, and replaces their partitions.",
)
def compute_days(
    context: dg.AssetExecutionContext, config: HowToCompute, platform: PlatformResource
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """The chosen tables of a run's days."""
    from stratum_pipelines import batch

    opened = platform.open()
    days = days_of(context)
    chosen = {key.to_user_string() for key in context.selected_asset_keys}
    whole = chosen == set(NAMES)
    differences: list[pl.DataFrame] = []
    if config.compare:
        reports: Iterator[DayReport | CloseReport] = (batch.close_day(opened, day) for day in days)
    else:
        # Tables kept whole follow the daily ones; computing some tables only leaves them as they are.
        reports = batch.compute_days(opened, days, tables=None if whole else chosen)
    for report in reports:
        _show(context, opened, report, chosen, with_picture=report.day in days[-PICTURED_DAYS:])
        if isinstance(report, batch.CloseReport):
            differences.append(report.differences)
    if whole or config.compare:
        for spec in KEPT_WHOLE:
            name = spec.key.to_user_string()
            context.log_event(materialised(name, whole_shown(opened, name)))
    for name in NAMES:
        if name in chosen:
            yield dg.MaterializeResult(asset_key=name)
    if config.compare:
        yield from comparisons(
            differences, [key.asset_key.to_user_string() for key in context.selected_asset_check_keys]
        )


def _show(
    context: dg.AssetExecutionContext,
    platform: "Platform",
    report: "DayReport | CloseReport",
    chosen: set[str],
    *,
    with_picture: bool,
) -> None:
    """Attach what a day came to to the materialisation of each of its tables."""
    drawn = pictures(platform, report.day, chosen) if with_picture else {}
    more: dict[str, Any] = {}
    if not hasattr(report, "differences"):
        more = {"quotes_read": report.quotes, "seconds": round(report.seconds, 3)}
    for name in NAMES:
        if name in chosen:
            shown = rows_shown(report.rows.get(name, 0), **more) | drawn.get(name, {})
            if name == "signals":
                shown |= signals_by_type(platform, report.day)
            context.add_asset_metadata(shown, asset_key=name, partition_key=report.day.isoformat())
    context.log.info("%s: %s", report.day, ", ".join(f"{report.rows.get(n, 0)} {n}" for n in NAMES))


def signals_by_type(platform: "Platform", day: dt.date) -> dict[str, Any]:
    """How many signals of each type a day has."""
    from warehouse.tables import Signals

    scan = platform.lake.scan(Signals, first=day, last=day).group_by("signal_type").len().sort("signal_type")
    return {f"{name}": int(n) for name, n in scan.collect().iter_rows()}


def comparisons(differences: "list[pl.DataFrame]", tables: list[str]) -> Iterator[dg.AssetCheckResult]:
    """The verdict per table on what live published, with the differing rows; a difference fails, it never blocks."""
    import polars as pl

    found = pl.concat(differences)
    for name in sorted(tables):
        mine = found.filter(pl.col("table") == name)
        metadata: dict[str, Any] = {"differences": mine.height, "rows": mine["key"].n_unique()}
        if mine.height:
            columns = ["key", "column", "live", "recomputed"]
            first = mine.select(columns).head(SHOWN_DIFFERENCES).rows()
            metadata["row by row"] = frame_as_table(first, columns, mine.height)
        yield dg.AssetCheckResult(
            passed=mine.is_empty(),
            asset_key=name,
            check_name=COMPARED,
            severity=dg.AssetCheckSeverity.WARN,
            description=(
                "Live published exactly these rows."
                if mine.is_empty()
                else f"Live published other values in {metadata['rows']} rows; the partition now holds the recomputed ones."
            ),
            metadata=metadata,
        )
