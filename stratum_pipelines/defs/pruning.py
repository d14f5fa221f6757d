"""Dagster's own log kept small: old runs and old events go, the newest of every table and day stay.

Dagster prunes ticks by itself and nothing else. What it shows as materialised is the newest event of a table and
partition, so deleting that one would make the partition look as if it had never been made.
"""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg

if TYPE_CHECKING:
    import sqlalchemy as sa

MATERIALISED = "ASSET_MATERIALIZATION"
# Events about a run as a whole: begun, ended, failed.
OF_A_RUN = "PIPELINE_%"
# Events that belong to no run, such as those of sensors, carry this in place of a run's id.
NO_RUN = ""
AT_ONCE = 500


@dataclass
class Pruned:
    """What was deleted, and the runs that are old but kept, for what they made is the newest of its kind.

    `run_events` are events that were deleted from those: their steps and log lines.
    """

    runs: int = 0
    runs_kept: int = 0
    run_events: int = 0
    events: int = 0
    evaluations: int = 0


def prune_log(instance: dg.DagsterInstance, before: float) -> Pruned:
    """Delete runs that ended, and events outside of runs, from before a moment (seconds since 1970, UTC).

    Kept whatever their age: the run or event of the newest materialisation of every table and partition, the newest
    evaluation of every check, and runs that have not ended.
    """
    pruned = Pruned()
    _prune_runs(instance, before, pruned)
    _prune_events(instance, before, pruned)
    return pruned


def _tables() -> "tuple[sa.Table, sa.Table, sa.Table]":
    from dagster._core.storage.event_log.schema import (
        AssetCheckExecutionsTable,
        AssetEventTagsTable,
        SqlEventLogStorageTable,
    )

    return SqlEventLogStorageTable, AssetEventTagsTable, AssetCheckExecutionsTable


def _newest(events: "sa.Table") -> Any:
    """Ids of the newest materialisation of every table and partition."""
    import sqlalchemy as sa

    made = events.c.dagster_event_type == MATERIALISED
    return sa.select(sa.func.max(events.c.id)).where(made).group_by(events.c.asset_key, events.c.partition)


def _newest_checks(checks: "sa.Table") -> Any:
    """Ids of the newest evaluation of every check and partition."""
    import sqlalchemy as sa

    return sa.select(sa.func.max(checks.c.id)).group_by(checks.c.asset_key, checks.c.check_name, checks.c.partition)


def _prune_runs(instance: dg.DagsterInstance, before: float, pruned: Pruned) -> None:
    import sqlalchemy as sa

    ended = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    old = dg.RunsFilter(statuses=ended, updated_before=dt.datetime.fromtimestamp(before, dt.UTC))
    events, _, checks = _tables()
    with instance.event_log_storage.index_connection() as connection:  # type: ignore[attr-defined]
        query = sa.select(events.c.run_id).where(events.c.id.in_(_newest(events))).distinct()
        kept = set(connection.execute(query).scalars())
        query = sa.select(checks.c.run_id).where(checks.c.id.in_(_newest_checks(checks))).distinct()
        kept |= set(connection.execute(query).scalars())
    for run_id in instance.get_run_ids(old):
        if run_id in kept:
            pruned.runs_kept += 1
            pruned.run_events += _slim(instance, run_id)
            continue
        instance.delete_run(run_id)
        pruned.runs += 1


def _slim(instance: dg.DagsterInstance, run_id: str) -> int:
    """Delete what a run logged on its way; what it made last, and that it ran and ended, stays. Returns the number."""
    import sqlalchemy as sa

    events, tags, checks = _tables()
    evaluated = sa.select(checks.c.evaluation_event_storage_id).where(
        checks.c.id.in_(_newest_checks(checks)), checks.c.evaluation_event_storage_id.is_not(None)
    )
    passing = sa.select(events.c.id).where(
        events.c.run_id == run_id,
        sa.or_(events.c.dagster_event_type.is_(None), events.c.dagster_event_type.not_like(OF_A_RUN)),
        events.c.id.not_in(_newest(events)),
        events.c.id.not_in(evaluated),
    )
    storage: Any = instance.event_log_storage
    with storage.index_connection() as connection:
        ids = list(connection.execute(passing).scalars())
        for start in range(0, len(ids), AT_ONCE):
            chunk = ids[start : start + AT_ONCE]
            connection.execute(tags.delete().where(tags.c.event_id.in_(chunk)))
            connection.execute(events.delete().where(events.c.id.in_(chunk)))
    return len(ids)


def _prune_events(instance: dg.DagsterInstance, before: float, pruned: Pruned) -> None:
    import sqlalchemy as sa

    events, tags, checks = _tables()
    moment = dt.datetime.fromtimestamp(before, dt.UTC).replace(tzinfo=None)
    old = (events.c.run_id == NO_RUN) & (events.c.timestamp < moment)
    kept_checks = sa.select(checks.c.evaluation_event_storage_id).where(
        checks.c.id.in_(_newest_checks(checks)), checks.c.evaluation_event_storage_id.is_not(None)
    )
    query = sa.select(events.c.id).where(old, events.c.id.not_in(_newest(events)), events.c.id.not_in(kept_checks))
    storage: Any = instance.event_log_storage
    with storage.index_connection() as connection:
        ids = list(connection.execute(query).scalars())
    # Small transactions: sensors write to the same file meanwhile.
    for start in range(0, len(ids), AT_ONCE):
        chunk = ids[start : start + AT_ONCE]
        with storage.index_connection() as connection:
            connection.execute(tags.delete().where(tags.c.event_id.in_(chunk)))
            connection.execute(events.delete().where(events.c.id.in_(chunk)))
    pruned.events = len(ids)
    # Deleting a run leaves its check evaluations behind; the newest of each check stay with their run.
    with storage.index_connection() as connection:
        gone = checks.c.evaluation_event_timestamp < moment
        newest = list(connection.execute(_newest_checks(checks)).scalars())
        pruned.evaluations = connection.execute(checks.delete().where(gone, checks.c.id.not_in(newest))).rowcount


def shrink(instance: dg.DagsterInstance) -> None:
    """Give the room of what was deleted back to the disk, where the log is a SQLite file; elsewhere do nothing."""
    import sqlalchemy as sa

    storage: Any = instance.event_log_storage
    with storage.index_connection() as connection:
        url = connection.engine.url
    if url.get_backend_name() != "sqlite":
        return
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", connect_args={"timeout": 60})
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("vacuum")
            connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
    finally:
        engine.dispose()
