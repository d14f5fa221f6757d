"""What an operator watches per cycle: credits, rows, signals and alerts, a row for every answer worked through.

They are operational: what is true of a moment, as the count of a key is, is not in the tables that are computed again.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl
import sqlalchemy as sa

from warehouse.database.engine import Database
from warehouse.database.inserting import Insert
from warehouse.database.operations import cycle_kpis, delivery_attempts
from warehouse.tables import TIME

_KPIS = Insert(cycle_kpis, "replace")


@dataclass(frozen=True)
class Worked:
    """What a cycle knows of itself: its answer, the credits that says, and the rows it wrote."""

    response_id: str
    provider: str
    sport_key: str
    received_at: dt.datetime
    requests_used: int | None
    requests_remaining: int | None
    requests_last: int | None
    snapshots_inserted: int
    consensus_points_written: int
    signals_created_by_type: Mapping[str, int]


@dataclass(frozen=True)
class CycleKpis(Worked):
    """The figures of one cycle.

    `requests_used` and `requests_remaining` are the provider's count of credits, `requests_last` what the very request was
    charged, `requests_used_delta` what was used since the cycle before, by whomever; null where the provider does not say or
    no cycle went before. `alerts_sent` and `alerts_failed` count the attempts to deliver messages of the outbox since the
    cycle before that was recorded; where nobody delivers both are 0.
    """

    recorded_at: dt.datetime
    requests_used_delta: int | None
    alerts_sent: int
    alerts_failed: int

    def line(self) -> str:
        """All figures as `name=value`, for a log."""
        figures = {name: value for name, value in asdict(self).items() if not name.endswith("_at")}
        figures["signals_created_by_type"] = json.dumps(figures["signals_created_by_type"], separators=(",", ":"))
        return " ".join(f"{name}={'-' if value is None else value}" for name, value in figures.items())


class CycleFigures:
    """Records the figures of cycles, and reads the newest."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def record(self, worked: Worked, now: dt.datetime) -> CycleKpis:
        """Record a cycle; what happened since the one before is looked up in the same transaction.

        A cycle that is completed after a crash is recorded once: the same answer again replaces its row.
        """
        others = cycle_kpis.c.response_id != worked.response_id
        with self.database.begin() as connection:
            last = sa.select(cycle_kpis.c.recorded_at).where(others).order_by(cycle_kpis.c.recorded_at.desc()).limit(1)
            since: dt.datetime | None = connection.execute(last).scalar_one_or_none()
            before = connection.execute(
                sa.select(cycle_kpis.c.requests_used)
                .where(others, cycle_kpis.c.provider == worked.provider, cycle_kpis.c.requests_used.is_not(None))
                .where(cycle_kpis.c.received_at < worked.received_at)
                .order_by(cycle_kpis.c.received_at.desc())
                .limit(1)
            ).scalar_one_or_none()
            sent, failed = _alerts(connection, since, now)
            kpis = CycleKpis(
                **vars(worked),
                recorded_at=now,
                requests_used_delta=_delta(before, worked.requests_used),
                alerts_sent=sent,
                alerts_failed=failed,
            )
            _KPIS.rows(connection, _frame(kpis))
        return kpis

    def newest(self, n: int = 20) -> list[CycleKpis]:
        """The cycles recorded last, the newest first."""
        query = (
            sa.select(cycle_kpis).order_by(cycle_kpis.c.recorded_at.desc(), cycle_kpis.c.received_at.desc()).limit(n)
        )
        with self.database.read() as connection:
            return [_kpis(row) for row in connection.execute(query).mappings()]

    def prune(self, before: dt.datetime) -> int:
        """Delete cycles recorded, and attempts made, before a moment; gives how many of both."""
        with self.database.begin() as connection:
            cycles = connection.execute(sa.delete(cycle_kpis).where(cycle_kpis.c.recorded_at < before)).rowcount
            tried = sa.delete(delivery_attempts).where(delivery_attempts.c.attempted_at < before)
            return cycles + connection.execute(tried).rowcount


def _alerts(connection: sa.Connection, since: dt.datetime | None, now: dt.datetime) -> tuple[int, int]:
    """Attempts after `since` and up to `now` that delivered, and that did not."""
    query = sa.select(delivery_attempts.c.is_delivered, sa.func.count()).where(delivery_attempts.c.attempted_at <= now)
    if since is not None:
        query = query.where(delivery_attempts.c.attempted_at > since)
    counted = {row[0]: row[1] for row in connection.execute(query.group_by(delivery_attempts.c.is_delivered))}
    return counted.get(True, 0), counted.get(False, 0)


def _delta(before: int | None, used: int | None) -> int | None:
    """Credits used between two counts; where the count went down it began anew in between."""
    if before is None or used is None:
        return None
    return used - before if used >= before else used


def _frame(kpis: CycleKpis) -> pl.DataFrame:
    values: dict[str, Any] = {**vars(kpis), "signals_created_by_type": _as_json(kpis.signals_created_by_type)}
    moments = ("received_at", "recorded_at")
    return pl.DataFrame(
        {name: pl.Series([value], dtype=TIME if name in moments else None) for name, value in values.items()}
    )


def _as_json(counts: Mapping[str, int]) -> str:
    return json.dumps(dict(counts), sort_keys=True, separators=(",", ":"))


def _kpis(row: sa.RowMapping) -> CycleKpis:
    return CycleKpis(**{**row, "signals_created_by_type": json.loads(row["signals_created_by_type"])})
