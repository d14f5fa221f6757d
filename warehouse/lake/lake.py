"""The lake itself: what can be asked of it and done to it."""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from filelock import Timeout

from warehouse.errors import FrameRefused, LakeBusy, OperationRefused
from warehouse.lake.accepting import by_day, checked, kept_whole, of_day, partitioned
from warehouse.lake.coded import CodedRows, read_coded
from warehouse.lake.counting import count_rows
from warehouse.lake.files import FOLDER, SUFFIX, Catalog, encode, folder_of, part_name, parts_in, shard_name
from warehouse.lake.locking import Locks
from warehouse.lake.partition import Partition
from warehouse.lake.reading import read_partition, scan
from warehouse.lake.states import state_of
from warehouse.lake.storage import Storage, open_storage
from warehouse.tables.table import Table

MOST_PARTS = 32
LOCK_PATIENCE_S = 120.0


class Lake:
    """Parquet files under one location: a folder on this machine, or a URL of an object store such as `s3://bucket/lake`.

    Any number of processes may read and append. Compacting, replacing and merging take a lock per partition, so they may
    run beside all of that. A change shows whole or not at all, partition by partition. `max_parts` is the number of
    micro-batches a partition may hold before appending merges them.
    """

    def __init__(self, location: str | Path, *, max_parts: int = MOST_PARTS) -> None:
        self.storage: Storage = open_storage(location)
        self.catalog = Catalog(self.storage)
        self.max_parts = max_parts
        self.locks = Locks(self.storage)

    @property
    def location(self) -> str:
        """The folder or URL."""
        return self.storage.location

    def scan(self, table: type[Table], *, first: dt.date | None = None, last: dt.date | None = None) -> pl.LazyFrame:
        """The table's declared columns as a lazy frame; `first` and `last` are dates of its partition, both included.

        Other partitions are left out by their names alone. Files are chosen when the frame is collected.
        """
        return scan(self.catalog, table, first, last)

    def coded(self, table: type[Table], day: dt.date, columns: Sequence[str]) -> CodedRows:
        """Some columns of one partition as NumPy arrays, text as codes: for arithmetic over millions of rows."""
        return read_coded(self.catalog, table, day, columns)

    def days(self, table: type[Table]) -> list[dt.date]:
        """The partitions that hold rows, in order, by names alone."""
        return [day for day in self.catalog.days(table) if self.catalog.visible(folder_of(table, day))]

    def rows_on(self, table: type[Table], day: dt.date) -> int:
        """The rows of one partition, by footers alone."""
        return count_rows(self.catalog, table, day)

    def row_counts(self, table: type[Table]) -> dict[dt.date, int]:
        """The rows of every partition, in order of days, by footers alone."""
        return {day: count_rows(self.catalog, table, day) for day in self.catalog.days(table)}

    def states(self, table: type[Table]) -> dict[dt.date, str]:
        """What every partition holds as a short text, in order of days: it differs when the files do. Take it before you read."""
        found = {day: state_of(self.catalog, table, day) for day in self.catalog.days(table)}
        return {day: state for day, state in found.items() if state}

    def batches(self, table: type[Table], day: dt.date) -> set[str]:
        """The batches a partition holds, those already merged or replaced included."""
        return self.catalog.batches(folder_of(table, day))

    def parts(self, table: type[Table], day: dt.date) -> int:
        """How many micro-batches lie in a partition unmerged: one listing of its folder."""
        return len(parts_in(self.storage.names(folder_of(table, day))))

    def check(self, table: type[Table], frame: pl.DataFrame) -> None:
        """Raise FrameRefused for rows that no write would take."""
        checked(table, frame)

    def append(
        self,
        table: type[Table],
        frame: pl.DataFrame,
        *,
        batch: str,
        recovering: bool = False,
        compact: bool = True,
        lasting: bool = True,
        is_checked: bool = False,
    ) -> int:
        """The number of rows written: one file per day of the frame, named after the batch, on disk when this returns.

        The same batch again replaces its own file, and doubles no row also when it has been compacted: readers pass over
        it. With `recovering` such a batch is looked for first and not written at all. `compact=False` leaves merging to
        the caller, who sees by `parts` when `tidy` is due. `lasting=False` leaves the file's name to go to disk with the
        next one that is waited for: for rows that can be computed again, before the row that says they are complete.
        `is_checked` says that the frame has passed `check`.
        """
        partitioned(table)
        name = part_name(batch)
        if not is_checked:
            checked(table, frame)
        written = 0
        for day, rows in by_day(table, frame):
            folder = folder_of(table, day)
            if recovering and self.catalog.is_merged(folder, batch):
                continue
            self.storage.write(f"{folder}/{name}", encode(table, rows, statistics=False), lasting=lasting)
            written += rows.height
            if compact and self.parts(table, day) > self.max_parts:
                self.tidy(table, day)
        return written

    def tidy(self, table: type[Table], day: dt.date) -> bool:
        """Whether there was anything to merge: an open day's micro-batches become one file, a small rewrite each time."""
        with self._partition(table, day) as partition:
            return partition.merge_parts()

    def compact(self, table: type[Table], day: dt.date) -> bool:
        """Whether there was anything to merge: all files of a day become one sorted file."""
        with self._partition(table, day) as partition:
            return partition.merge_all()

    def replace(self, table: type[Table], day: dt.date, frame: pl.DataFrame, *, batches: Collection[str] = ()) -> None:
        """Make `frame` the whole content of a day, after validating all of it; an empty frame empties the day.

        Batches the day held count as contained in it, and so do `batches`: appended again, they change nothing.
        """
        partitioned(table)
        checked(table, frame)
        of_day(table, day, frame)
        with self._partition(table, day) as partition:
            partition.replace(frame, batches)

    def replace_rows(self, table: type[Table], frame: pl.DataFrame, *, column: str, values: Collection[str]) -> None:
        """Put `frame` in the place of all rows whose `column` is one of `values`, in whatever partition they are.

        Atomic per partition. Only partitions that lose or gain rows are written.
        """
        partitioned(table)
        if column not in table.columns:
            raise OperationRefused(
                f"Table {table.name} has no column {column!r}: use one of {', '.join(table.columns)}."
            )
        checked(table, frame)
        mine = pl.col(column).is_in(sorted(set(values)))
        strays = frame.filter(~mine)
        if strays.height:
            raise FrameRefused(
                f"Table {table.name}: {strays.height} rows have another {column} than those to replace, "
                f"the first one {strays[column][0]!r}. Name it among the values too. Nothing was written."
            )
        added = dict(by_day(table, frame))
        for day in sorted({*self.catalog.days(table), *added}):
            loses = self.scan(table, first=day, last=day).filter(mine).select(pl.len())
            if day not in added and not loses.collect().item():
                continue
            with self._partition(table, day) as partition:
                kept = read_partition(self.catalog, table, day).filter(~mine)
                rows = pl.concat([kept, added.get(day, table.empty())])
                checked(table, rows)
                partition.replace(rows)

    def merge(self, table: type[Table], frame: pl.DataFrame) -> None:
        """Update or add rows by key, in a table kept whole. Atomic per shard; shards that stay equal are not written."""
        kept_whole(table)
        checked(table, frame)
        if frame.is_empty():
            return
        shards = frame.partition_by(table.shard_by, as_dict=True) if table.shard_by else {(): frame}
        for name, rows in sorted((shard_name(values), rows) for values, rows in shards.items()):
            with self._locked(table, name.removesuffix(SUFFIX)):
                Partition(self.catalog, table, table.name).merge_shard(name, rows)

    def drop_days(self, table: type[Table], before: dt.date) -> list[dt.date]:
        """The days removed: all earlier than `before`. Their files free their space an hour later, at the next call."""
        partitioned(table)
        dropped = []
        for day in self.catalog.days(table):
            if day < before:
                with self._partition(table, day) as partition:
                    if partition.drop():
                        dropped.append(day)
        return dropped

    def leftovers(self) -> list[str]:
        """Paths of files that can go, in all tables: superseded ones and those of killed writers, an hour old or more."""
        return [path for folder in self._folders() for path in self.storage.leftovers(folder)]

    def sweep(self) -> int:
        """How many such files were deleted. Changing a partition sweeps it and the one before; this reaches the others."""
        return sum(self.storage.sweep(folder) for folder in self._folders())

    def _folders(self) -> Iterator[str]:
        for table in self.storage.names(""):
            yield table
            yield from (f"{table}/{name}" for name in self.storage.names(table) if name.startswith(FOLDER))

    @contextmanager
    def _partition(self, table: type[Table], day: dt.date) -> Iterator[Partition]:
        partitioned(table)
        with self._locked(table, day.isoformat()):
            yield Partition(self.catalog, table, folder_of(table, day))
        # What closing a day superseded is too young to be deleted then, and nobody changes that day again.
        before = max((other for other in self.catalog.days(table) if other < day), default=None)
        if before is not None:
            self.storage.sweep(folder_of(table, before))

    @contextmanager
    def _locked(self, table: type[Table], piece: str) -> Iterator[None]:
        """Hold the lock of a partition or shard; other processes of this machine wait for it."""
        lock = self.locks.named(f"{table.name}.{piece}")
        try:
            lock.acquire(timeout=LOCK_PATIENCE_S)
        except Timeout as error:
            raise LakeBusy(
                f"Table {table.name}, {piece}: locked by another process for over {LOCK_PATIENCE_S:g} s. "
                f"Look for a compaction or backfill that hangs; the lock is {lock.lock_file}."
            ) from error
        try:
            yield
        finally:
            lock.release()
