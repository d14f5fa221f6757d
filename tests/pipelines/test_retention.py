"""Retention: old days of tables, old runs and old events go; what Dagster shows as made stays made."""

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa

from stratum_pipelines.backfill import backfill
from stratum_pipelines.days import stale_days
from stratum_pipelines.defs.pruning import prune_log, shrink
from stratum_pipelines.defs.settings import read_dagster_settings
from stratum_pipelines.platform import Platform
from stratum_pipelines.raw import store_answers
from tests.pipelines.conftest import day_of_answers
from warehouse.database import Outbox
from warehouse.database.cycle_kpis import CycleFigures, Worked
from warehouse.database.outbox import Draft, add_to_outbox
from warehouse.errors import SettingInvalid
from warehouse.tables import OddsSnapshots, Polls, RawOdds

LATER = time.time() + 3600


@pytest.fixture
def stored(home: Path) -> Iterator[dg.DagsterInstance]:
    """Dagster's storage as dagster.yaml sets it up: one SQLite file for all events."""
    folder = home / "dagster"
    repository = Path(__file__).resolve().parents[2]
    (folder / "dagster.yaml").write_text((repository / "dagster.yaml").read_text("utf-8"), "utf-8")
    with dg.DagsterInstance.get() as instance:
        yield instance


def event(name: str, day: str | None, n: int = 0) -> dg.AssetMaterialization:
    return dg.AssetMaterialization(name, partition=day, metadata={"n": n}, tags={"dagster/data_version": str(n)})


def events_stored(instance: dg.DagsterInstance) -> int:
    with instance.event_log_storage.index_connection() as connection:
        return connection.execute(sa.text("select count(*) from event_logs")).scalar_one()


def tags_stored(instance: dg.DagsterInstance) -> int:
    with instance.event_log_storage.index_connection() as connection:
        return connection.execute(sa.text("select count(*) from asset_event_tags")).scalar_one()


def test_of_old_events_only_the_newest_of_each_table_and_day_stays(stored: dg.DagsterInstance) -> None:
    for n in range(5):
        for day in ("2025-10-12", "2025-10-13"):
            stored.report_runless_asset_event(event("polls", day, n))
        stored.report_runless_asset_event(event("events", None, n))
    pruned = prune_log(stored, LATER)
    assert pruned.events == 12 and events_stored(stored) == 3 and tags_stored(stored) == 3
    assert stored.get_materialized_partitions(dg.AssetKey("polls")) == {"2025-10-12", "2025-10-13"}
    newest = stored.get_latest_materialization_event(dg.AssetKey("events"))
    assert newest is not None and newest.asset_materialization.metadata["n"].value == 4
    assert prune_log(stored, LATER).events == 0


def test_young_events_stay(stored: dg.DagsterInstance) -> None:
    for n in range(3):
        stored.report_runless_asset_event(event("polls", "2025-10-12", n))
    assert prune_log(stored, time.time() - 3600).events == 0
    assert events_stored(stored) == 3


def test_of_checks_outside_of_runs_the_newest_stays(stored: dg.DagsterInstance) -> None:
    stored.report_runless_asset_event(event("polls", "2025-10-12"))
    for passed in (True, True, False):
        stored.report_runless_asset_event(
            dg.AssetCheckEvaluation(asset_key=dg.AssetKey("polls"), check_name="schema", passed=passed)
        )
    prune_log(stored, LATER)
    key = dg.AssetCheckKey(dg.AssetKey("polls"), "schema")
    (left,) = stored.event_log_storage.get_asset_check_execution_history(key, limit=10)
    assert left.status.value == "FAILED"
    assert events_stored(stored) == 2


@dg.asset(partitions_def=dg.StaticPartitionsDefinition(["one", "two"]))
def made() -> None:
    """Something that runs make."""


def run_for(instance: dg.DagsterInstance, partition: str) -> str:
    return dg.materialize([made], instance=instance, partition_key=partition).run_id


def test_a_run_is_deleted_once_a_newer_one_has_made_its_partition(stored: dg.DagsterInstance) -> None:
    runs = [run_for(stored, partition) for partition in ("one", "one", "two", "one")]
    pruned = prune_log(stored, LATER)
    assert pruned.runs == 2 and pruned.runs_kept == 2
    assert {run.run_id for run in stored.get_runs()} == {runs[2], runs[3]}
    assert stored.get_materialized_partitions(dg.AssetKey("made")) == {"one", "two"}
    # Of a run that stays, its steps and log lines go; that it ended well, and what it made, can still be seen.
    types = [r.event_log_entry.dagster_event_type for r in stored.get_records_for_run(runs[2]).records]
    assert dg.DagsterEventType.ASSET_MATERIALIZATION in types and dg.DagsterEventType.RUN_SUCCESS in types
    assert dg.DagsterEventType.STEP_START not in types and pruned.run_events > 5
    assert prune_log(stored, LATER).run_events == 0


def test_a_run_that_made_nothing_goes_with_age(stored: dg.DagsterInstance) -> None:
    @dg.op
    def nothing() -> None: ...

    @dg.job
    def idle() -> None:
        nothing()

    idle.execute_in_process(instance=stored)
    assert prune_log(stored, time.time() - 3600).runs == 0
    assert prune_log(stored, LATER).runs == 1
    assert stored.get_runs_count() == 0 and events_stored(stored) == 0


def test_a_run_that_has_not_ended_stays(stored: dg.DagsterInstance) -> None:
    stored.create_run_for_job(
        dg.define_asset_job("later", [made]).resolve(asset_graph=dg.Definitions([made]).resolve_asset_graph())
    )
    assert prune_log(stored, LATER).runs == 0 and stored.get_runs_count() == 1


def test_what_is_deleted_is_given_back_to_the_disk(stored: dg.DagsterInstance, home: Path) -> None:
    for n in range(200):
        stored.report_runless_asset_event(dg.AssetMaterialization("polls", metadata={"text": "x" * 2000, "n": n}))

    def size() -> int:
        return sum(file.stat().st_size for file in (home / "dagster").glob("event_log.db*"))

    shrink(stored)
    full = size()
    prune_log(stored, LATER)
    shrink(stored)
    assert size() < full / 2


def test_days_of_tables_go_as_the_setting_says(
    platform: Platform, stored: dg.DagsterInstance, definitions: dg.Definitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stratum_pipelines.defs import retention

    store_answers(platform.lake, [a for day in range(3) for a in day_of_answers(day, n=1)])
    monkeypatch.setattr(retention, "today", lambda: dt.date(2025, 10, 15))
    prune = definitions.get_repository_def().get_job("prune")
    assert prune.execute_in_process(instance=stored).success
    assert len(platform.lake.days(RawOdds)) == 3  # kept for ever where nothing is said
    monkeypatch.setenv("STRATUM_RETENTION", "raw_odds=2")
    assert prune.execute_in_process(instance=stored).success
    assert platform.lake.days(RawOdds) == [dt.date(2025, 10, 13), dt.date(2025, 10, 14)]


def test_figures_of_cycles_go_as_the_setting_says(
    platform: Platform, stored: dg.DagsterInstance, definitions: dg.Definitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = CycleFigures(platform.database)
    now = dt.datetime.now(dt.UTC)
    for days in (1, 20):
        at = now - dt.timedelta(days=days)
        figures.record(Worked(f"{days}", "feed", "football", at, None, None, None, 0, 0, {}), at)
    prune = definitions.get_repository_def().get_job("prune")
    assert prune.execute_in_process(instance=stored).success
    assert len(figures.newest()) == 2
    monkeypatch.setenv("STRATUM_CYCLE_KPI_DAYS", "10")
    assert prune.execute_in_process(instance=stored).success
    assert [one.response_id for one in figures.newest()] == ["1"]


def test_messages_of_the_last_day_are_kept_whatever_the_setting_says(
    platform: Platform, stored: dg.DagsterInstance, definitions: dg.Definitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = dt.datetime.now(dt.UTC)
    for hours in (24 * 40, 25, 23, 1):
        with platform.database.begin() as connection:
            add_to_outbox(connection, [Draft("signal.detected", (f"{hours}",), {})], now - dt.timedelta(hours=hours))
    box, prune = Outbox(platform.database), definitions.get_repository_def().get_job("prune")
    assert prune.execute_in_process(instance=stored).success
    assert [message.subject_id for message in box.after()] == ["25", "23", "1"]
    monkeypatch.setenv("STRATUM_OUTBOX_DAYS", "1")
    assert prune.execute_in_process(instance=stored).success
    assert [message.subject_id for message in box.after()] == ["23", "1"]
    with pytest.raises(SettingInvalid, match="STRATUM_OUTBOX_DAYS"):
        read_dagster_settings({"STRATUM_OUTBOX_DAYS": "0"})


def test_days_whose_tables_were_dropped_for_their_age_are_not_out_of_date(
    platform: Platform, stored: dg.DagsterInstance, definitions: dg.Definitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_answers(platform.lake, [a for day in range(2) for a in day_of_answers(day)])
    backfill(platform, platform.lake.days(RawOdds))
    monkeypatch.setattr("stratum_pipelines.defs.retention.today", lambda: dt.date(2025, 10, 14))
    monkeypatch.setenv("STRATUM_RETENTION", "polls=1,odds_snapshots=1")
    assert definitions.get_repository_def().get_job("prune").execute_in_process(instance=stored).success
    assert platform.lake.days(OddsSnapshots) == platform.lake.days(Polls) == [dt.date(2025, 10, 13)]
    assert stale_days(platform).is_empty()


@pytest.mark.parametrize("wrong", ["raw_odds", "raw_odds=0", "raw_odds=-3", "nothing=3", "events=9", "raw_odds=ten"])
def test_a_retention_that_cannot_be_meant_is_refused(wrong: str) -> None:
    with pytest.raises(SettingInvalid, match="STRATUM_RETENTION"):
        read_dagster_settings({"STRATUM_RETENTION": f"polls=30,{wrong}"})


def test_a_first_day_that_is_no_date_is_refused() -> None:
    with pytest.raises(SettingInvalid, match="STRATUM_FIRST_DAY"):
        read_dagster_settings({"STRATUM_FIRST_DAY": "September"})
