"""The rollups in Dagster: a build is one step, a dbt test is a check, and a test that fails is a check that fails."""

import json
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from stratum_pipelines.defs.rollups import roll_up_trades
from stratum_pipelines.platform import Platform, open_platform
from tests.warehouse.frames import DAY, NEXT, sample
from warehouse.marts import read_marts
from warehouse.settings import read_settings
from warehouse.tables import Trades


@pytest.fixture
def platform(home: Path) -> Platform:
    """A platform whose lake holds three closed trades."""
    opened = open_platform(read_settings({"STRATUM_HOME": str(home)}))
    opened.lake.replace(Trades, DAY, closed(3))
    return opened


def closed(n: int) -> pl.DataFrame:
    """Trades that were closed an hour after their entry."""
    rows = sample(Trades, n).with_columns(
        pl.lit("closed").alias("status"), exit_at=pl.col("entry_at") + pl.duration(hours=1)
    )
    return rows.with_columns(source=pl.lit("manual"), trade_type=pl.lit("bet"))


def test_a_run_makes_every_rollup_and_a_failing_test_is_a_failing_check(
    platform: Platform, definitions: dg.Definitions
) -> None:
    job = definitions.resolve_job_def("roll_up")
    with dg.DagsterInstance.ephemeral() as instance:
        done = job.execute_in_process(instance=instance)
        made = [event.asset_key.to_user_string() for event in done.asset_materializations_for_node("build_rollups")]
        assert made == list(read_marts())
        assert {check.passed for check in done.get_asset_check_evaluations()} == {True}
        # The same trade on two days, as an import leaves it that was stopped in the middle.
        again = closed(1).with_columns(pl.col("entry_at", "exit_at") + pl.duration(days=1))
        platform.lake.replace(Trades, NEXT, again)
        done = job.execute_in_process(instance=instance, raise_on_error=False)
    assert not done.success and not done.asset_materializations_for_node("build_rollups")
    failed = {c.check_name: c for c in done.get_asset_check_evaluations() if not c.passed}
    assert failed["unique_in_all_trade_id"].metadata["failed_rows"].value == 1


def test_trades_that_are_recorded_ask_for_a_build_once(platform: Platform) -> None:
    from stratum_pipelines.defs.resources import PlatformResource

    def tick(cursor: str | None) -> tuple[object, str | None]:
        context = dg.build_sensor_context(cursor=cursor, resources={"platform": PlatformResource()})
        return roll_up_trades(context), context.cursor

    asked, cursor = tick(None)
    assert isinstance(asked, dg.RunRequest) and set(json.loads(cursor or "")) == {"trades", "equity_points"}
    rested, cursor = tick(cursor)
    assert isinstance(rested, dg.SkipReason)
    platform.lake.replace(Trades, NEXT, closed(1).with_columns(pl.col("entry_at", "exit_at") + pl.duration(days=1)))
    assert isinstance(tick(cursor)[0], dg.RunRequest)
