"""Reading a table: lazily, the newest files at the moment of collecting, a bounded amount at a time."""

import datetime as dt
from collections.abc import Iterator, Sequence

import polars as pl
from polars.io.plugins import register_io_source

from warehouse.lake.files import Catalog, damaged, folder_of
from warehouse.tables.table import Table

# Compressed bytes read at once: a few million rows, a few hundred megabytes in memory when every column is asked for.
GROUP_BYTES = 16 * 2**20
# Some damage Polars does not see before it stumbles; what it raises then is no Exception.
UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException)


def scan(catalog: Catalog, table: type[Table], first: dt.date | None, last: dt.date | None) -> pl.LazyFrame:
    """The table's declared columns between two dates, both included, partitions in order.

    Files are chosen when the frame is collected, so a frame made earlier never misses a file that was replaced since.
    Filters and columns asked for reach the Parquet reader.
    """

    def source(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        left = n_rows
        yielded = False
        for folders in _groups(catalog, table, first, last):
            frame = _collect(catalog, table, folders, with_columns, predicate, left)
            if frame.height or not yielded:
                yielded = True
                yield frame
            if left is not None:
                left -= frame.height
                if left <= 0:
                    return
        if not yielded:
            yield table.empty().select(with_columns if with_columns is not None else pl.all())

    return register_io_source(source, schema=table.schema(), is_pure=True)


def read_partition(catalog: Catalog, table: type[Table], day: dt.date) -> pl.DataFrame:
    """All rows of one partition."""
    return _collect(catalog, table, [folder_of(table, day)], None, None, None)


def read_files(catalog: Catalog, table: type[Table], paths: Sequence[str]) -> pl.DataFrame:
    """All rows of these very files. FileNotFoundError when one is gone."""
    try:
        return _files(catalog, table, paths).collect()
    except UNREADABLE:
        find_damage(catalog, paths)
        raise


def _groups(catalog: Catalog, table: type[Table], first: dt.date | None, last: dt.date | None) -> Iterator[list[str]]:
    """Folders to read together: as many as stay below a bound of bytes. A table kept whole is one folder."""
    if not table.partition_by:
        yield [table.name]
        return
    group: list[str] = []
    size = 0
    for day in catalog.days(table):
        if (first and day < first) or (last and day > last):
            continue
        folder = folder_of(table, day)
        weight = _weight(catalog, folder)
        if group and size + weight > GROUP_BYTES:
            yield group
            group, size = [], 0
        group.append(folder)
        size += weight
    if group:
        yield group


def _weight(catalog: Catalog, folder: str) -> int:
    while True:
        try:
            return sum(catalog.storage.stamp(f"{folder}/{name}")[0] for name in catalog.visible(folder))
        except FileNotFoundError:
            continue  # compacted meanwhile


def _collect(
    catalog: Catalog,
    table: type[Table],
    folders: Sequence[str],
    with_columns: list[str] | None,
    predicate: pl.Expr | None,
    n_rows: int | None,
) -> pl.DataFrame:
    """The rows of some folders that count now. A file that vanishes while it is opened was replaced: look again."""
    while True:
        if table.partition_by:
            paths = [f"{folder}/{name}" for folder in folders for name in catalog.visible(folder)]
        else:
            paths = [f"{folder}/{name}" for folder in folders for name in catalog.shards(table)]
        try:
            rows = _files(catalog, table, paths)
            if predicate is not None:
                rows = rows.filter(predicate)
            if with_columns is not None:
                rows = rows.select(with_columns)
            if n_rows is not None:
                rows = rows.head(n_rows)
            return rows.collect()
        except FileNotFoundError:
            continue
        except UNREADABLE:
            find_damage(catalog, paths)
            raise


def _files(catalog: Catalog, table: type[Table], paths: Sequence[str]) -> pl.LazyFrame:
    """The rows of these files, declared columns only; what an older file lacks is null."""
    if not paths:
        return table.empty().lazy()
    if table.partition_by:
        sources = [catalog.storage.source(path) for path in paths]
    else:
        # A shard is replaced under its own name. Its bytes are taken at once, so that footer and columns belong together.
        sources = [catalog.storage.read(path) for path in paths]
    return pl.scan_parquet(
        sources,
        schema=table.schema(),
        missing_columns="insert",
        extra_columns="ignore",
        hive_partitioning=False,
        glob=False,
    )


def find_damage(catalog: Catalog, paths: Sequence[str]) -> None:
    """Raise FileDamaged for the first file that is there and cannot be read, where there is one."""
    for path in paths:
        try:
            pl.read_parquet(catalog.storage.source(path), hive_partitioning=False)
        except FileNotFoundError:
            continue
        except UNREADABLE as error:
            is_known = isinstance(error, pl.exceptions.PolarsError)
            raise damaged(catalog.storage, path, error if is_known else "its bytes make no sense") from error
