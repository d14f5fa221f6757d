"""Rewriting one partition or shard. The caller holds its lock; readers and appending writers do not.

Everything here publishes exactly one file and only then takes the files it replaces out of sight.
"""

from collections.abc import Collection

import polars as pl

from warehouse.errors import FrameRefused
from warehouse.lake.files import (
    SUFFIX,
    Catalog,
    batch_of,
    encode,
    merged_in,
    merged_name,
    newest_number,
    parts_in,
)
from warehouse.lake.reading import read_files
from warehouse.tables.table import Table

# Merging takes in the newest merged files while they are at most this many times what is gathered already: a row is
# rewritten a few times a day instead of at every merge, and the files of an open day stay a few dozen.
GROWTH = 2


class Partition:
    """One folder of one table, to be rewritten under its lock."""

    def __init__(self, catalog: Catalog, table: type[Table], folder: str) -> None:
        self.catalog = catalog
        self.storage = catalog.storage
        self.table = table
        self.folder = folder

    def merge_parts(self) -> bool:
        """Whether there were micro-batches to merge: they become one file, with the newest merged files of their size."""
        visible = self.catalog.visible(self.folder)
        names = self.storage.names(self.folder)
        chosen = parts_in(visible)
        if not chosen:
            self.clear()
            return False
        first = newest_number(names) + 1
        gathered = sum(self._size(name) for name in chosen)
        for file in reversed([m for m in merged_in(names) if m.name in visible]):
            size = self._size(file.name)
            if size > GROWTH * gathered:
                break
            chosen, first, gathered = [*chosen, file.name], file.first, gathered + size
        self._publish(self._rows(chosen), self._batches(chosen), first)
        return True

    def merge_all(self) -> bool:
        """Whether there was anything to merge: all files of the day become one."""
        visible = self.catalog.visible(self.folder)
        if not visible or (len(visible) == 1 and not parts_in(visible)):
            self.clear()
            return False
        # A day emptied by a replacement has a file without rows that remembers its batches: they stay remembered.
        remembered = [file.name for file in merged_in(self.storage.names(self.folder))]
        self._publish(self._rows(visible), self._batches([*visible, *remembered]), 1)
        return True

    def replace(self, frame: pl.DataFrame, batches: Collection[str] = ()) -> None:
        """Make the frame the whole content."""
        held = self.catalog.batches(self.folder).union(batches)
        files = [name for name in self.storage.names(self.folder) if name.endswith(SUFFIX)]
        if not files and frame.is_empty() and not held:
            return
        if len(files) == 1 and merged_in(files):
            data = encode(self.table, self._sorted(frame), held)
            if data == self.storage.read(f"{self.folder}/{files[0]}"):
                self.clear()
                return  # nothing changed: no file is written
        self._publish(frame, held, 1)

    def clear(self) -> None:
        """Take every file that counts no more out of sight, and delete leftovers that are old enough."""
        visible = set(self.catalog.visible(self.folder))
        merged = merged_in(self.storage.names(self.folder))
        held = self._batches([file.name for file in merged])
        for file in merged:
            if any(other.first <= file.last < other.last for other in merged):
                self.storage.supersede(self.folder, file.name)
        for name in parts_in(self.storage.names(self.folder)):
            if name not in visible and batch_of(name) in held:
                self.storage.supersede(self.folder, name)
        self.storage.sweep(self.folder)

    def drop(self) -> bool:
        """Whether there was anything to drop: all files go out of sight, and the folder goes once they are deleted."""
        names = [name for name in self.storage.names(self.folder) if name.endswith(SUFFIX)]
        for name in names:
            self.storage.supersede(self.folder, name)
        self.storage.sweep(self.folder)
        self.storage.remove_folder(self.folder)
        return bool(names)

    def merge_shard(self, name: str, rows: pl.DataFrame) -> None:
        """Update or add rows by key in one file of a table kept whole."""
        key = list(self.table.key)
        was = self._read(name) if name in self.storage.names(self.folder) else self.table.empty()
        now = self._sorted(pl.concat([was, rows]).unique(key, keep="last", maintain_order=True))
        if now.height > was.height and not set(self.table.shard_by) <= set(key):
            self._refuse_twins(name, rows.join(was, on=key, how="anti").select(key))
        if not now.equals(was):
            self.storage.write(f"{self.folder}/{name}", encode(self.table, now))
            self.storage.sweep(self.folder)

    def _refuse_twins(self, name: str, new: pl.DataFrame) -> None:
        """Refuse a new row whose key another shard holds: it would count twice."""
        for other in self.catalog.shards(self.table):
            twins = new.clear() if other == name else self._read(other).join(new, on=list(self.table.key), how="semi")
            if twins.height:
                values = dict(zip(self.table.key, twins.select(self.table.key).row(0), strict=True))
                raise FrameRefused(
                    f"Table {self.table.name}: the row {values} is in {other} and cannot also go into {name}. "
                    f"What picks the file ({', '.join(self.table.shard_by)}) never changes for a row."
                )

    def _publish(self, rows: pl.DataFrame, held: Collection[str], first: int) -> None:
        number = newest_number(self.storage.names(self.folder)) + 1
        name = merged_name(first, number, is_empty=rows.is_empty())
        self.storage.write(f"{self.folder}/{name}", encode(self.table, self._sorted(rows), held))
        self.clear()

    def _sorted(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows.sort(self.table.sort_by(), maintain_order=True)

    def _batches(self, names: Collection[str]) -> set[str]:
        found: set[str] = set()
        for name in names:
            found |= {batch_of(name)} if parts_in([name]) else self.catalog.held_in(f"{self.folder}/{name}")
        return found

    def _rows(self, names: Collection[str]) -> pl.DataFrame:
        return read_files(self.catalog, self.table, [f"{self.folder}/{name}" for name in names])

    def _read(self, name: str) -> pl.DataFrame:
        return self._rows([name])

    def _size(self, name: str) -> int:
        return self.storage.stamp(f"{self.folder}/{name}")[0]
