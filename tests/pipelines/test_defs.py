"""What Dagster is told: every table is an asset that says what it is, and any range of days is one run."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import dagster as dg

from stratum_pipelines.backfill import backfill
from stratum_pipelines.defs.lineage import COLUMN_LINEAGE
from stratum_pipelines.platform import Platform
from stratum_pipelines.providers import find_providers
from stratum_pipelines.raw import store_answers
from stratum_pipelines.signals import find_signals
from tests.pipelines.conftest import day_of_answers
from warehouse.marts import read_marts
from warehouse.tables import BY_NAME, TABLES

MEASURED = ("duration_ms", "computed_at", "recorded_at")


def is_table(key: dg.AssetKey) -> bool:
    """Whether an asset is a table; feeds and rules hold no rows, and rollups are dbt's."""
    return key.path[0] not in ("feed", "rule", *read_marts())


def graph(definitions: dg.Definitions) -> dict[str, Any]:
    """The asset graph as plain data, sorted: what a reviewer wants to see change."""
    layers = definitions.resolve_asset_graph()
    found = {}
    for key in sorted(layers.get_all_asset_keys()):
        node = layers.get(key)
        found[key.to_user_string()] = {
            "group": node.group_name,
            "needs": sorted(parent.to_user_string() for parent in node.parent_keys),
            "partitioned": node.is_partitioned,
            "made_by": node.assets_def.op.name if node.is_materializable else "",
            "kinds": sorted(node.kinds),
            "owners": sorted(node.owners),
            "checks": sorted(
                f"{check.name}{' (blocks)' if layers.get(check).blocking else ''}" for check in node.check_keys
            ),
            "columns": ", ".join(c.name for c in node.metadata["dagster/column_schema"].columns)
            if "dagster/column_schema" in node.metadata
            else "",
        }
    repository = definitions.get_repository_def()
    return {
        "assets": found,
        "jobs": sorted(job.name for job in repository.get_all_jobs() if not job.name.startswith("__")),
        "schedules": {s.name: s.cron_schedule for s in sorted(repository.schedule_defs, key=lambda s: s.name)},
        "sensors": {
            s.name: {"every_s": s.minimum_interval_seconds, "on": s.default_status is dg.DefaultSensorStatus.RUNNING}
            for s in sorted(repository.sensor_defs, key=lambda s: s.name)
        },
    }


def test_the_asset_graph_is_the_one_reviewed(definitions: dg.Definitions, golden: Callable[[str, str], None]) -> None:
    golden("asset_graph.json", json.dumps(graph(definitions), indent=2, ensure_ascii=False) + "\n")


def test_every_table_that_something_makes_is_an_asset_of_the_same_name(definitions: dg.Definitions) -> None:
    assets = {key.to_user_string() for key in definitions.resolve_asset_graph().get_all_asset_keys()}
    found = {f"feed/{name}" for name in find_providers()} | {f"rule/{name}" for name in find_signals()}
    assert assets == {table.name for table in TABLES} | found | set(read_marts())


def test_assets_say_what_their_tables_declare(definitions: dg.Definitions) -> None:
    layers = definitions.resolve_asset_graph()
    for key in filter(is_table, layers.get_all_asset_keys()):
        node, table = layers.get(key), BY_NAME[key.to_user_string()]
        assert node.group_name == table.layer
        assert node.description == table.description()
        assert node.owners and node.kinds
        assert node.is_partitioned == bool(table.partition_by)
        schema = node.metadata["dagster/column_schema"]
        assert [c.name for c in schema.columns] == list(table.columns)
        assert all(c.description for c in schema.columns)


def test_column_lineage_names_columns_that_exist_and_tables_upstream(definitions: dg.Definitions) -> None:
    layers = definitions.resolve_asset_graph()
    for name, columns in COLUMN_LINEAGE.items():
        upstream = {key.to_user_string() for key in layers.get_ancestor_asset_keys(dg.AssetKey(name))}
        for column, sources in columns.items():
            assert column in BY_NAME[name].columns
            for source in sources:
                table, source_column = source.split(".")
                assert source_column in BY_NAME[table].columns, f"{name}.{column} <- {source}"
                assert table in upstream, f"{name}.{column} <- {source}: {table} is not upstream"


def test_a_backfill_over_any_range_is_one_run(definitions: dg.Definitions) -> None:
    for key in definitions.resolve_asset_graph().materializable_asset_keys:
        policy = definitions.resolve_asset_graph().get(key).backfill_policy
        assert policy is not None and policy.max_partitions_per_run is None, key


def test_today_is_a_partition_and_so_is_the_first_day_of_the_archives() -> None:
    from stratum_pipelines.defs.partitions import DAYS, today

    keys = DAYS.get_partition_keys()
    assert keys[0] == "2025-09-01" and keys[-1] == today().isoformat()


def test_loading_the_definitions_loads_nothing_heavy() -> None:
    code = (
        "import sys, stratum_pipelines.definitions as d; d.defs.get_repository_def();"
        "print([m for m in ('matplotlib','pandera','duckdb','pyarrow','sqlalchemy','httpx','alembic','pandas')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def stored(platform: Platform) -> dict[str, list[dict[str, object]]]:
    """Every row of every table, without what is measured and differs between any two runs."""
    return {
        table.name: platform.lake.scan(table).drop(*MEASURED, strict=False).sort(table.key).collect().to_dicts()
        for table in TABLES
    }


def test_a_backfill_through_dagster_gives_the_rows_that_the_command_gives(
    platform: Platform, materialise: Callable[..., dg.ExecuteInProcessResult]
) -> None:
    store_answers(platform.lake, [a for day in range(3) for a in day_of_answers(day)])
    backfill(platform, platform.lake.days(BY_NAME["raw_odds"]))
    by_command = stored(platform)
    assert by_command["signals"] and by_command["clv_records"] and by_command["scorecards"]
    for table in TABLES:
        if table.partition_by and table.name != "raw_odds":
            for day in platform.lake.days(table):
                platform.lake.replace(table, day, table.empty())
    assert not stored(platform)["signals"]

    result = materialise("2025-10-12", "2025-10-14")

    assert result.success
    assert stored(platform) == by_command


def test_every_day_of_a_range_is_materialised_with_its_own_count(
    platform: Platform, materialise: Callable[..., dg.ExecuteInProcessResult], instance: dg.DagsterInstance
) -> None:
    store_answers(platform.lake, [a for day in range(2) for a in day_of_answers(day, n=11 + day)])
    assert materialise("2025-10-12", "2025-10-13").success
    for name, counts in {"raw_odds": [11, 12], "polls": [11, 12]}.items():
        records = instance.fetch_materializations(dg.AssetKey(name), limit=10).records
        shown = {
            r.partition_key: r.asset_materialization.metadata["dagster/partition_row_count"].value for r in records
        }
        assert shown == dict(zip(("2025-10-12", "2025-10-13"), counts, strict=True))
    plotted = instance.fetch_materializations(dg.AssetKey("clv_records"), limit=1).records[0].asset_materialization
    assert plotted.metadata["plot"].value.startswith("![Closing-line value of")


def test_some_tables_of_a_day_can_be_computed_by_themselves(
    platform: Platform, materialise: Callable[..., dg.ExecuteInProcessResult]
) -> None:
    store_answers(platform.lake, day_of_answers())
    result = materialise("2025-10-12", "2025-10-12", "consensus")
    assert result.success
    assert {e.asset_key.to_user_string() for e in result.get_asset_materialization_events()} == {"consensus"}
    assert platform.lake.days(BY_NAME["consensus"]) and not platform.lake.days(BY_NAME["signals"])


def test_an_archive_is_imported_by_a_job(
    platform: Platform, definitions: dg.Definitions, instance: dg.DagsterInstance
) -> None:
    job = definitions.get_repository_def().get_job("import_archive")
    config = {"ops": {"bring_in_archive": {"config": {"folder": "/nowhere/at/all"}}}}
    result = job.execute_in_process(instance=instance, run_config=config, raise_on_error=False)
    assert not result.success
    failure = result.failure_data_for_node("bring_in_archive")
    assert failure is not None and "no folder /nowhere/at/all" in failure.error.message
