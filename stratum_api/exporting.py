"""Exports: what of which table, and a stretch of it out of the lake, in the order of its clock, a bounded number of rows at a time."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import polars as pl

from stratum_api.formats import Encoder, Format
from stratum_api.rows import selected
from stratum_api.tiers import Shown, Sight, Veil, veil_of
from warehouse.lake import Lake
from warehouse.tables import Table

# A day is read in as many stretches of time as it takes for each to hold about so many rows.
ROWS_READ = 50_000
# And leaves in pieces of so many.
ROWS_WRITTEN = 5_000
# What is read at once by one worker, over all its exports: between pieces others have their turn.
AT_ONCE = 2


@dataclass(frozen=True)
class Dataset:
    """What can be exported: the rows of a table as endpoints show them, by the struct that says who sees which column.

    `of` is the condition that every row meets, `json_columns` hold JSON as text.
    """

    name: str
    table: type[Table]
    example: Shown
    of: pl.Expr
    json_columns: Sequence[str] = ()

    @property
    def columns(self) -> list[str]:
        """The columns of the table that are shown, in the order of the struct."""
        return [name for name in selected(type(self.example)) if name in self.table.columns]

    @cached_property
    def veil(self) -> Veil:
        """What is laid over its rows."""
        return veil_of(list[type(self.example)])  # type: ignore[misc]

    def encoder(self, form: Format) -> Encoder:
        """The writer of a document of it."""
        return form.encoder(self._seen(self.table.empty().lazy(), ()).collect_schema(), json_columns=self.json_columns)

    def rows(
        self, lake: Lake, since: dt.datetime | None, until: dt.datetime, wanted: Sequence[pl.Expr], sight: Sight
    ) -> Iterator[pl.DataFrame]:
        """The rows between two moments, both included, that are wanted and may be seen: by the partition column, then the key.

        `since` None is the beginning of the table. No frame is empty; what the plan does not show is null.
        """
        hidden = self.veil.hidden[type(self.example)] if sight.plan.is_redacted else ()
        clock = pl.col(self.table.partition_by)
        order = [self.table.partition_by, *(name for name in self.table.key if name != self.table.partition_by)]
        origin = type(self.example).origin
        if origin:
            wanted = [*wanted, pl.col(origin).is_in(list(sight.trade_sources))]
        for begin, end in stretches(lake, self.table, since, until):
            rows = lake.scan(self.table, first=begin.date(), last=begin.date())
            within = rows.filter(clock >= begin, clock < end, self.of, *wanted)
            frame = self._seen(within.sort(order), hidden).collect()
            if frame.height:
                yield frame

    def _seen(self, rows: pl.LazyFrame, hidden: Sequence[str]) -> pl.LazyFrame:
        nulls = [pl.lit(None, self.table.columns[name].dtype).alias(name) for name in hidden if name in self.columns]
        return rows.select(self.columns).with_columns(nulls)


def stretches(
    lake: Lake, table: type[Table], since: dt.datetime | None, until: dt.datetime
) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """Stretches of time within days of the table, from a moment to before another, that hold about so many rows each."""
    behind = until + dt.timedelta(microseconds=1)
    for day in lake.days(table):
        start = dt.datetime.combine(day, dt.time.min, dt.UTC)
        begin, end = max(start, since or start), min(start + dt.timedelta(days=1), behind)
        if begin < end:
            n = -(-lake.rows_on(table, day) // ROWS_READ) or 1
            yield from pairwise([*(begin + (end - begin) * i / n for i in range(n)), end])


class Turns:
    """Lets so many readings of exports run at once, so that the other threads are left for others."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._free = asyncio.Semaphore(at_once)

    async def run(self, work: Any, *arguments: Any) -> Any:
        """What the work gives, done in a thread when its turn has come."""
        async with self._free:
            return await asyncio.to_thread(work, *arguments)


async def written(frames: Iterator[pl.DataFrame], encoder: Encoder, turns: Turns) -> AsyncIterator[bytes]:
    """The document, piece by piece. Nothing is read before what stands in front of it has gone, but for the first rows.

    Those are read before there is a document at all: what cannot be read then can still be told.
    """
    frame = await turns.run(next, frames, None)
    yield encoder.begin()
    while frame is not None:
        for part in frame.iter_slices(ROWS_WRITTEN):
            yield await turns.run(encoder.rows, part)
        frame = await turns.run(next, frames, None)
    yield await turns.run(encoder.end)
