"""The long way to rows: the lake, for what happened longer ago than the database holds hot.

    frame = service.history.scan(Consensus, since, until).filter(pl.col("event_id") == event).sort("as_of").head(limit + 1)
    rows = as_structs(ShownConsensus, (await service.history.collect(frame, selected(ShownConsensus))).rows(), LAKE)

Partitions are left out by the dates of `since` and `until` alone; only the columns named are read. Reading happens in threads of
its own, few at once: others wait their turn, and the event loop goes on answering.
"""

import asyncio
import datetime as dt
from collections.abc import Sequence

import polars as pl

from warehouse.lake import Lake
from warehouse.tables import Table

READERS = 2


class History:
    """Reads the lake for endpoints."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self._turns = asyncio.Semaphore(READERS)

    def scan(self, table: type[Table], since: dt.datetime | None, until: dt.datetime) -> pl.LazyFrame:
        """The rows of a table whose partition column lies between two moments, both included; nothing is read yet."""
        rows = self.lake.scan(table, first=since.date() if since else None, last=until.date())
        clock = pl.col(table.partition_by)
        return rows.filter(clock <= until) if since is None else rows.filter(clock <= until, clock >= since)

    async def collect(self, rows: pl.LazyFrame, columns: Sequence[str]) -> pl.DataFrame:
        """The columns of these rows, in this order. Raises LakeError."""
        async with self._turns:
            return await asyncio.to_thread(rows.select(columns).collect)
