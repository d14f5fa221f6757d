"""What the names and footers of the lake's files mean, and which files of a partition count.

A partition is a folder `date=YYYY-MM-DD` with two kinds of files:

- `part-<batch>.parquet`: one appended micro-batch. Its name is the batch, so the same batch again replaces itself.
- `day-<from>-<to>.parquet`: parts merged, or the whole day replaced. `to` counts up with each such file of the partition;
  `from` says since which number it replaces earlier ones. Its footer lists the batches it holds, and a part whose batch
  is listed counts no more. It ends in `-empty` when it holds no rows.

So publishing one file is the whole change: before it readers see the old files, after it the new one, never both and
never neither. Files that count no more are then renamed to end in `.superseded`, which no `*.parquet` matches, and are
deleted an hour later. Files named with a leading dot and ending in `.tmp` are half-written and belong to nobody.

A table kept whole has one file per shard, named after the values of its `shard_by` columns, replaced in place.
"""

import datetime as dt
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import quote

import polars as pl

from warehouse.errors import FileDamaged, OperationRefused
from warehouse.lake.storage import OLD, Storage
from warehouse.settings import hide_secrets
from warehouse.tables.raw import RawOdds
from warehouse.tables.table import Table

SUFFIX = ".parquet"
FOLDER = "date="
_BATCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,149}")
_MERGED = re.compile(r"day-(\d{6,})-(\d{6,})(-empty)?\.parquet")


@dataclass(frozen=True)
class Merged:
    """A merged file by its name: it replaces the merged files numbered `first` to `last`, itself included."""

    name: str
    first: int
    last: int
    is_empty: bool


def part_name(batch: str) -> str:
    """The file name of a batch. A batch that cannot be one is refused."""
    if not _BATCH.fullmatch(batch):
        raise OperationRefused(
            f"Batch {batch!r} cannot name a file: use 1 to 150 letters, digits, dots, dashes and underscores."
        )
    return f"part-{batch}{SUFFIX}"


def batch_of(part: str) -> str:
    """The batch a part is named after."""
    return part.removeprefix("part-").removesuffix(SUFFIX)


def merged_name(first: int, last: int, *, is_empty: bool) -> str:
    """The file name of a merged file."""
    return f"day-{first:06d}-{last:06d}{'-empty' if is_empty else ''}{SUFFIX}"


def folder_of(table: type[Table], day: dt.date) -> str:
    """The folder of one partition."""
    return f"{table.name}/{FOLDER}{day.isoformat()}"


def shard_name(values: Collection[object]) -> str:
    """The file name of a shard: its values, escaped; "all" for a table in one piece."""
    return "~".join(quote(str(value), safe="") or "%" for value in values) + SUFFIX if values else f"all{SUFFIX}"


def merged_in(names: Collection[str]) -> list[Merged]:
    """The merged files among names, by number, superseded ones left out."""
    found = (_MERGED.fullmatch(name) for name in names)
    merged = [Merged(m.string, int(m[1]), int(m[2]), m[3] is not None) for m in found if m]
    return sorted(merged, key=lambda file: file.last)


def newest_number(names: Collection[str]) -> int:
    """The highest number a merged file of the partition has had, superseded ones included; 0 for none."""
    return max((file.last for file in merged_in([name.removesuffix(OLD) for name in names])), default=0)


def parts_in(names: Collection[str]) -> list[str]:
    """The micro-batches among names, whether or not a merged file holds them too."""
    return [name for name in names if name.startswith("part-") and name.endswith(SUFFIX)]


def metadata_of(table: type[Table], batches: Collection[str] = ()) -> dict[str, str]:
    """The key-value metadata of a file."""
    stamped = {"stratum.table": table.name, "stratum.version": str(table.version)}
    return {**stamped, "stratum.batches": json.dumps(sorted(batches), separators=(",", ":"))} if batches else stamped


def encode(table: type[Table], frame: pl.DataFrame, batches: Collection[str] = (), *, statistics: bool = True) -> bytes:
    """The bytes of a file. Equal rows and batches give equal bytes."""
    out = BytesIO()
    frame.write_parquet(out, compression="zstd", statistics=statistics, metadata=metadata_of(table, batches))
    return out.getvalue()


class Catalog:
    """Which files of a partition count. Remembers the footers it has read: a merged file never changes."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self._batches: dict[str, tuple[tuple[int, int], frozenset[str]]] = {}

    def days(self, table: type[Table]) -> list[dt.date]:
        """The partitions that have a folder, in order, by names alone."""
        return [
            dt.date.fromisoformat(name.removeprefix(FOLDER))
            for name in self.storage.names(table.name)
            if name.startswith(FOLDER)
        ]

    def held_in(self, path: str) -> frozenset[str]:
        """The batches a merged file holds, from its footer."""
        stamp = self.storage.stamp(path)
        known = self._batches.get(path)
        if known is None or known[0] != stamp:
            try:
                footer = pl.read_parquet_metadata(self.storage.source(path))
                known = stamp, frozenset(json.loads(footer.get("stratum.batches", "[]")))
            except (pl.exceptions.PolarsError, ValueError) as error:
                raise damaged(self.storage, path, error) from error
            self._batches[path] = known
        return known[1]

    def listed(self, folder: str) -> list[str]:
        """Names in a folder as they stood at one moment.

        Listing is not atomic: a file published meanwhile may be missing while what it replaces is gone already. Two equal
        listings in a row hold every file that was there between them.
        """
        names = self.storage.names(folder)
        while names != (again := self.storage.names(folder)):
            names = again
        return names

    def visible(self, folder: str) -> list[str]:
        """The files of a partition that count, sorted by name; those without rows are left out."""
        while True:
            names = self.listed(folder)
            merged, parts = merged_in(names), parts_in(names)
            standing = [m for m in merged if not any(o.first <= m.last < o.last for o in merged)]
            try:
                if standing and parts:
                    held = [self.held_in(f"{folder}/{m.name}") for m in standing]
                    parts = [name for name in parts if not any(batch_of(name) in batches for batches in held)]
            except FileNotFoundError:
                continue  # replaced between the listing and the look: what stands now is listed again
            return sorted([*(m.name for m in standing if not m.is_empty), *parts])

    def batches(self, folder: str) -> set[str]:
        """The batches a partition holds, as parts or merged."""
        while True:
            names = self.listed(folder)
            found = {batch_of(name) for name in parts_in(names)}
            try:
                return found.union(*(self.held_in(f"{folder}/{m.name}") for m in merged_in(names)))
            except FileNotFoundError:
                continue

    def is_merged(self, folder: str, batch: str) -> bool:
        """Whether a merged file of the partition holds the batch."""
        while True:
            try:
                return any(batch in self.held_in(f"{folder}/{m.name}") for m in merged_in(self.listed(folder)))
            except FileNotFoundError:
                continue

    def shards(self, table: type[Table]) -> list[str]:
        """The files of a table kept whole."""
        return [name for name in self.storage.names(table.name) if name.endswith(SUFFIX)]


def damaged(storage: Storage, path: str, error: Exception | str) -> FileDamaged:
    """The error for a file that is there and cannot be read."""
    reason = str(error).splitlines()[0].rstrip(".")
    table, *folders = path.split("/")[:-1]
    if table == RawOdds.name:
        remedy = "Bring it back from a backup: raw answers cannot be computed from anything."
    elif folders:
        day = folders[0].removeprefix(FOLDER)
        remedy = f"Move it away and recompute its day: stratum backfill --from {day} --to {day}"
    else:
        remedy = "Bring it back from a backup, or move it away and recompute the days it was made from."
    where = hide_secrets(storage.location)
    return FileDamaged(f"The file {path} of the lake at {where} cannot be read: {reason}.", remedy)
