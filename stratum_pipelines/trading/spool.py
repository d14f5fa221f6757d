"""Rows of an import on their way into the lake: kept on the disk by the batch, handed out by days."""

import datetime as dt
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import polars as pl

from warehouse.tables import TIME, Table

ROWS_AT_ONCE = 20_000
# So many rows are compared with the lake and recorded at once.
MOST_ROWS = 100_000
NUMBER = "_number"


class Spool:
    """The rows of one table, in order of the file; memory holds one batch of them."""

    def __init__(self, table: type[Table], folder: Path) -> None:
        self.table = table
        self.folder = folder / table.name
        self.folder.mkdir()
        self.waiting: list[Mapping[str, Any]] = []
        self.n = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """Keep one row, its times in UTC microseconds."""
        self.waiting.append(row)
        self.n += 1
        if len(self.waiting) >= ROWS_AT_ONCE:
            self._flush()

    def scan(self) -> pl.LazyFrame:
        """All rows so far, numbered in their order."""
        self._flush()
        files = sorted(self.folder.glob("*.parquet"))
        if not files:
            return self.table.empty().with_columns(pl.lit(0, pl.Int64).alias(NUMBER)).lazy()
        return pl.scan_parquet(files)

    def spans(self) -> Iterator[tuple[dt.date, dt.date]]:
        """Spans of days that hold all rows, in order, each few enough rows to be worked on at once."""
        day = pl.col(self.table.partition_by).dt.date().alias("day")
        counted = self.scan().group_by(day).len().sort("day").collect(engine="streaming")
        span: list[dt.date] = []
        n = 0
        for date, count in counted.iter_rows():
            if span and n + count > MOST_ROWS:
                yield span[0], span[-1]
                span, n = [], 0
            span.append(date)
            n += count
        if span:
            yield span[0], span[-1]

    def between(self, first: dt.date, last: dt.date) -> pl.LazyFrame:
        """The rows of these days, both included."""
        return self.scan().filter(pl.col(self.table.partition_by).dt.date().is_between(first, last))

    def _flush(self) -> None:
        if not self.waiting:
            return
        columns = {
            name: pl.Series(
                name, [row.get(name) for row in self.waiting], pl.Int64 if column.dtype == TIME else column.dtype
            )
            for name, column in self.table.columns.items()
        }
        frame = self.table.conform(pl.DataFrame(columns))
        start = self.n - len(self.waiting)
        numbered = frame.with_columns(pl.int_range(start, start + pl.len(), dtype=pl.Int64).alias(NUMBER))
        numbered.write_parquet(self.folder / f"{start:012}.parquet", compression="lz4")
        self.waiting = []


class Spools:
    """A spool per table, in a folder that goes when the work is done."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="stratum-import-")
        self.by_table: dict[str, Spool] = {}

    def of(self, table: type[Table]) -> Spool:
        """The spool of a table."""
        if table.name not in self.by_table:
            self.by_table[table.name] = Spool(table, Path(self.folder.name))
        return self.by_table[table.name]

    def __enter__(self) -> "Spools":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.folder.cleanup()
