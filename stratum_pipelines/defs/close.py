"""What follows a game: closing lines, the value of each signal against them, results and scorecards."""

from collections.abc import Iterator

import dagster as dg

from stratum_pipelines.defs.declared import asset_of
from stratum_pipelines.defs.partitions import ONE_RUN, days_of
from stratum_pipelines.defs.resources import PlatformResource
from stratum_pipelines.defs.shown import PICTURED_DAYS, count, materialised, pictures, rows_shown

# Results are entered, not computed: by imports and by hand.
ENTERED = [asset_of("results")]


@dg.multi_asset(
    specs=[
        asset_of("closing_lines", ["consensus", "odds_snapshots", "polls", "event_changes"]),
        asset_of("clv_records", ["closing_lines", "signals"]),
    ],
    name="settle_days",
    backfill_policy=ONE_RUN,
    description=(
        "Draws the closing lines of the games listed on these days whose start has passed, and values their signals. "
        "Both tables are always written together."
    ),
)
def settle_days(context: dg.AssetExecutionContext, platform: PlatformResource) -> Iterator[dg.MaterializeResult]:
    """Closing lines and closing-line value of a run's days."""
    from stratum_pipelines import settle
    from warehouse.tables import ClosingLines, ClvRecords

    opened = platform.open()
    days = days_of(context)
    settled = settle.settle_days(opened, days[0], days[-1])
    context.log.info(
        "%d games: %d closing lines, %d records", settled.n_events, settled.n_closing_lines, settled.n_clv_records
    )
    tables = (ClosingLines, ClvRecords)
    for day in days:
        drawn = pictures(opened, day, {t.name for t in tables}) if day in days[-PICTURED_DAYS:] else {}
        for table in tables:
            shown = rows_shown(count(opened.lake, table, day)) | drawn.get(table.name, {})
            context.add_asset_metadata(shown, asset_key=table.name, partition_key=day.isoformat())
    for table in tables:
        yield dg.MaterializeResult(asset_key=table.name)


@dg.multi_asset(
    specs=[asset_of("scorecards", ["clv_records"]), asset_of("score_bands", ["clv_records"])],
    name="score_days",
    can_subset=True,
    backfill_policy=ONE_RUN,
    description=(
        "Adds up closing-line value as of the end of each day, and again for days already scored that count a close which "
        "has changed since. Both tables are always written together."
    ),
)
def score_days(context: dg.AssetExecutionContext, platform: PlatformResource) -> Iterator[dg.MaterializeResult]:
    """Scorecards and score bands as of the end of a run's days, and of those that wait to be scored again."""
    from stratum_pipelines.settle import score_days

    opened = platform.open()
    days = days_of(context)
    chosen = {key.to_user_string() for key in context.selected_asset_keys}
    names = ("scorecards", "score_bands")
    for day, rows in score_days(opened, days).items():
        drawn = pictures(opened, day, set(names)) if day in days[-PICTURED_DAYS:] else {}
        for name in names:
            if day not in days or name not in chosen:
                context.log_event(materialised(name, rows_shown(rows[name]), day=day))
                continue
            shown = rows_shown(rows[name]) | drawn.get(name, {})
            context.add_asset_metadata(shown, asset_key=name, partition_key=day.isoformat())
    for name in names:
        if name in chosen:
            yield dg.MaterializeResult(asset_key=name)
