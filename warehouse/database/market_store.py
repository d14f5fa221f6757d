"""Publishes what a cycle or a settled game made, and reads it back."""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import sqlalchemy as sa

from warehouse.database import market
from warehouse.database.engine import Database
from warehouse.database.inserting import Insert
from warehouse.database.outbox import (
    CLV_FINALIZED,
    IDS_AT_ONCE,
    SIGNAL_DETECTED,
    add_to_outbox,
    draft,
    told_before,
)
from warehouse.tables import COUNTED_CONVENTION, ClosingLines, ClvRecords, Consensus, Events, Signals, Table

STORED: dict[type[Table], sa.Table] = {
    Events: market.events,
    Consensus: market.current_consensus,
    Signals: market.signals,
    ClosingLines: market.closing_lines,
    ClvRecords: market.clv_records,
}

_EVENTS = Insert(market.events, "replace", newest_by="last_seen_at")
_CONSENSUS = Insert(market.current_consensus, "replace", newest_by="as_of")
_SIGNALS = Insert(market.signals, "keep", returning="signal_id")
_CLOSING_LINES = Insert(market.closing_lines)
_CLV_RECORDS = Insert(market.clv_records)


@dataclass(frozen=True)
class Published:
    """What a publication added: signals that were new, and messages in the outbox that were new."""

    n_signals_new: int
    n_outbox_new: int


class MarketStore:
    """The hot tables of the market."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def publish(
        self,
        *,
        events: pl.DataFrame,
        consensus: pl.DataFrame,
        signals: pl.DataFrame,
        now: dt.datetime,
        announce: bool = True,
    ) -> Published:
        """Write one cycle in one transaction; what is there already is neither doubled nor announced again.

        The frames have the columns of their tables. An event or a consensus row older than the stored one is left out,
        so that late and repeated answers cannot turn the board back. Every new signal puts its message into the outbox
        in the same transaction, stamped `now`; with `announce` false (old days computed anew) none is written.
        """
        events, signals = _declared(events, Events), _declared(signals, Signals)
        consensus = _in_force(_declared(consensus, Consensus))
        with self.database.begin() as connection:
            _EVENTS.rows(connection, events)
            _CONSENSUS.rows(connection, consensus)
            new_ids = set(_SIGNALS.rows(connection, signals))
            n_outbox_new = 0
            if new_ids and announce:
                new = [row for row in signals.to_dicts() if row["signal_id"] in new_ids]
                n_outbox_new = add_to_outbox(connection, [draft(SIGNAL_DETECTED, row) for row in new], now)
        return Published(len(new_ids), n_outbox_new)

    def replace_day(
        self,
        day: dt.date,
        sport_keys: Collection[str],
        *,
        events: pl.DataFrame,
        consensus: pl.DataFrame,
        signals: pl.DataFrame,
    ) -> None:
        """Put a recomputed day in the place of what is stored for it, in one transaction; nothing is announced.

        Signals of these sports and this UTC day that the recomputation does not have are deleted, the others take its
        values, and so does the consensus in force where it dates from that day.
        """
        start = dt.datetime.combine(day, dt.time.min, dt.UTC)
        end = start + dt.timedelta(days=1)
        sports = sorted(sport_keys)
        with self.database.begin() as connection:
            for table, clock in ((market.signals, "detected_at"), (market.current_consensus, "as_of")):
                mine = table.c.sport_key.in_(sports) & (table.c[clock] >= start) & (table.c[clock] < end)
                connection.execute(sa.delete(table).where(mine))
            _EVENTS.rows(connection, _declared(events, Events))
            _CONSENSUS.rows(connection, _in_force(_declared(consensus, Consensus)))
            _SIGNALS.rows(connection, _declared(signals, Signals))

    def settle(
        self, closing_lines: pl.DataFrame, clv_records: pl.DataFrame, *, event_ids: Collection[str], now: dt.datetime
    ) -> Published:
        """Put these rows in the place of everything stored about these events, in one transaction.

        A CLV record of the counted convention that is current and final, and was not stored as final before, puts a message
        into the outbox, if the outbox has told of its signal or of an earlier version: whoever was told something is told the
        rest. `n_signals_new` counts the final CLV records that were not stored as such before.
        """
        _refuse_others(closing_lines, event_ids, "closing_lines")
        _refuse_others(clv_records, event_ids, "clv_records")
        records = _declared(clv_records, ClvRecords)
        with self.database.begin() as connection:
            known: set[tuple[Any, ...]] = set()
            for some in _some(event_ids):
                stored = market.clv_records
                # Of older rows it is not known; they were announced as they were written.
                was_final = stored.c.event_id.in_(some) & sa.func.coalesce(stored.c.is_final, sa.true())
                known.update(tuple(row) for row in connection.execute(sa.select(*stored.primary_key).where(was_final)))
                for table in (market.clv_records, market.closing_lines):
                    connection.execute(sa.delete(table).where(table.c.event_id.in_(some)))
            _CLOSING_LINES.rows(connection, _declared(closing_lines, ClosingLines))
            _CLV_RECORDS.rows(connection, records)
            final = records.filter("is_final").to_dicts()
            new = [row for row in final if tuple(row[name] for name in ClvRecords.key) not in known]
            worth_telling = [row for row in new if row["is_current"] and row["convention"] == COUNTED_CONVENTION]
            drafts = [draft(CLV_FINALIZED, row) for row in told_before(connection, worth_telling)]
            return Published(len(new), add_to_outbox(connection, drafts, now))

    def games_to_finish(self, by: dt.datetime) -> dict[str, dt.date]:
        """The games with a closing line that was not final when it was written and is by now, with the day of that close."""
        lines = market.closing_lines
        query = sa.select(lines.c.event_id, sa.func.max(lines.c.closed_at, type_=lines.c.closed_at.type)).where(
            lines.c.is_final.is_(False), lines.c.final_at <= by
        )
        with self.database.read() as connection:
            found: Sequence[Any] = connection.execute(query.group_by(lines.c.event_id)).all()
        return {event_id: closed_at.astimezone(dt.UTC).date() for event_id, closed_at in found}

    def rows(self, table: type[Table], *, event_ids: Collection[str] | None = None) -> pl.DataFrame:
        """The stored rows of a table, of some events if named, in the declared columns and ordered by key.

        For Consensus these are the rows in force.
        """
        stored = STORED[table]
        queries = [sa.select(stored)]
        if event_ids is not None:
            queries = [sa.select(stored).where(stored.c.event_id.in_(some)) for some in _some(event_ids)]
        with self.database.read() as connection:
            found = [tuple(row) for query in queries for row in connection.execute(query)]
        return pl.DataFrame(found, schema=table.schema(), orient="row").sort(table.sort_by())

    def prune(self, table: type[Table], before: dt.datetime) -> int:
        """Delete rows of a table that are older than a moment; gives how many.

        Old is said by the table's partition column; a game is old when its start is.
        """
        stored = STORED[table]
        clock = stored.c[table.partition_by or "commence_at"]
        with self.database.begin() as connection:
            return connection.execute(sa.delete(stored).where(clock < before)).rowcount


def _declared(frame: pl.DataFrame, table: type[Table]) -> pl.DataFrame:
    """The frame in the declared columns; as it is when it has them already, which is the usual case."""
    return frame if frame.schema == table.schema() else table.conform(frame)


def _in_force(consensus: pl.DataFrame) -> pl.DataFrame:
    """The newest row of every outcome: PostgreSQL refuses to write a row twice in one statement."""
    if consensus["as_of"].n_unique() <= 1:  # one poll, in which an outcome has one row
        return consensus
    key = [column.name for column in market.current_consensus.primary_key]
    return consensus.sort("as_of", maintain_order=True).unique(key, keep="last", maintain_order=True)


def _refuse_others(frame: pl.DataFrame, event_ids: Collection[str], name: str) -> None:
    others = frame.filter(~pl.col("event_id").is_in(list(event_ids)))["event_id"].unique().sort().to_list()
    if others:
        raise ValueError(
            f"{name} holds rows of {len(others)} events that are not among those to settle, such as {others[0]!r}. "
            "Name them in event_ids, or leave their rows out."
        )


def _some(ids: Collection[str]) -> Iterator[Sequence[str]]:
    """The ids, a bounded number at a time."""
    every = sorted(set(ids))
    for start in range(0, len(every), IDS_AT_ONCE):
        yield every[start : start + IDS_AT_ONCE]
