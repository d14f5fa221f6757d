"""Rollups: every mart an asset below the tables it is made from, every dbt test a check, one step for the whole build."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg

from stratum_pipelines.defs.declared import OWNER
from stratum_pipelines.defs.downstream import score_day
from stratum_pipelines.defs.partitions import ONE_RUN
from stratum_pipelines.defs.resources import PlatformResource
from warehouse.marts import Mart, read_marts

if TYPE_CHECKING:
    from stratum_pipelines.rollups.build import Built, TestRun

MARTS = read_marts()
# Trades come by imports and bets at any time; what else rollups read follows the close of a day.
WATCHED = ("trades", "equity_points")


def asset_of_mart(mart: Mart) -> dg.AssetSpec:
    """The asset of a mart: everything about it from the list of models."""
    columns = [dg.TableColumn(one.name, one.type, description=one.description) for one in mart.columns]
    unique = dg.TableConstraints(other=[f"unique ({', '.join(mart.key)})"])
    return dg.AssetSpec(
        mart.name,
        deps=list(mart.needs),
        description=mart.description,
        group_name="rollups",
        owners=[OWNER],
        kinds={"dbt", "duckdb", "parquet"},
        metadata={"dagster/column_schema": dg.TableSchema(columns, unique), "key": ", ".join(mart.key)},
        skippable=True,
    )


CHECKS = [
    dg.AssetCheckSpec(test.name, asset=mart.name, description=test.description)
    for mart in MARTS.values()
    for test in mart.tests
]


@dg.multi_asset(
    specs=[asset_of_mart(mart) for mart in MARTS.values()],
    check_specs=CHECKS,
    name="build_rollups",
    can_subset=True,
    backfill_policy=ONE_RUN,
    description=(
        "Brings the rollups up to date: days are made again where trades have changed, everything is tested, and published at "
        "once when no test fails."
    ),
)
def build_rollups(
    context: dg.AssetExecutionContext, platform: PlatformResource
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """The marts that were built, and what their tests found."""
    import os

    from stratum_pipelines.rollups.build import build
    from stratum_pipelines.rollups.settings import read_rollup_settings

    opened = platform.open()
    chosen = {key.to_user_string() for key in context.selected_asset_keys}
    select = [] if chosen == set(MARTS) else [name for name in MARTS if name in chosen]
    said = context.log.info
    built = build(opened.settings, opened.lake, read_rollup_settings(os.environ), select=select, said=said)
    if built.is_published:
        yield from _materialised(built)
    asked = {(key.asset_key.to_user_string(), key.name) for key in context.selected_asset_check_keys}
    yield from (_checked(test) for test in built.tests if (test.mart, test.name) in asked)
    if built.faults:
        raise dg.Failure(
            f"Nothing was published, everything is as it was before: {built.faults[0]}",
            metadata={"faults": dg.MetadataValue.md("\n".join(f"- {fault}" for fault in built.faults[:20]))},
        )


def _materialised(built: "Built") -> Iterator[dg.MaterializeResult]:
    by_name = {mart.name: mart for mart in built.marts}
    for name in (name for name in MARTS if name in by_name):
        mart = by_name[name]
        shown: dict[str, Any] = {
            "dagster/row_count": mart.rows,
            "files": mart.n_parts,
            "files_made_again": len(mart.rebuilt),
            "seconds": round(mart.seconds, 3),
        }
        if mart.rebuilt and MARTS[name].part:
            shown["made_again"] = ", ".join(mart.rebuilt[-20:])
        yield dg.MaterializeResult(asset_key=name, metadata=shown)


def _checked(test: "TestRun") -> dg.AssetCheckResult:
    """A test as a check; one that could not be run has failed, and says why."""
    found: dict[str, Any] = {"failed_rows": test.failures} if test.failures is not None else {}
    return dg.AssetCheckResult(
        passed=test.passed,
        asset_key=test.mart,
        check_name=test.name,
        severity=dg.AssetCheckSeverity.WARN if test.warns else dg.AssetCheckSeverity.ERROR,
        description=None if test.passed else test.message,
        metadata=found,
    )


roll_up = dg.define_asset_job(
    "roll_up",
    selection=dg.AssetSelection.assets(build_rollups),
    description="Brings the rollups of trades and signals up to date.",
)


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    name="roll_up_closed_day",
    minimum_interval_seconds=300,
    monitored_jobs=[score_day],
    request_job=roll_up,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Brings the rollups up to date once a day is closed, settled and scored.",
)
def roll_up_closed_day(context: dg.RunStatusSensorContext) -> dg.RunRequest:
    """A run after the scorecards of a day."""
    return dg.RunRequest(run_key=f"rollups-{context.dagster_run.run_id}")


@dg.sensor(
    name="roll_up_trades",
    job=roll_up,
    minimum_interval_seconds=300,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Brings the rollups up to date when trades or balances have been recorded, by an import or by bets.",
)
def roll_up_trades(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.RunRequest | dg.SkipReason:
    """A run when the files of trades are others than at the last one."""
    from stratum_pipelines.rollups.pinning import pin
    from warehouse.tables import BY_NAME

    lake = platform.open().lake
    seen = json.dumps({name: pin(lake, BY_NAME[name]).mark for name in WATCHED})
    if seen == context.cursor:
        return dg.SkipReason("No trade has been recorded since the last build.")
    is_first = not context.cursor and not any(lake.days(BY_NAME[name]) for name in WATCHED)
    context.update_cursor(seen)
    if is_first:
        return dg.SkipReason("No trade has ever been recorded.")
    return dg.RunRequest(run_key=f"rollups-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}")
