"""Older local stores: SQLite files with tables of trades, equity and validation logs. They are read and never written."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from stratum_pipelines.providers.reading import Refusal
from stratum_pipelines.trading.entries.reasons import BROKEN_DATABASE, UNKNOWN_FILE, Unfit
from stratum_pipelines.trading.entries.rows import Entry
from stratum_pipelines.trading.importers.column_map import ColumnMap
from stratum_pipelines.trading.importers.fields import TABLE_OF
from stratum_pipelines.trading.importers.importer import Contents, Importer
from stratum_pipelines.trading.importers.naming import Naming, by_map, by_usual_names
from stratum_pipelines.trading.importers.source_file import SourceFile

# Tables of older stores by the kind of rows they hold.
KINDS = {
    "trades": "positions",
    "equity": "equity_points",
    "equity_points": "equity_points",
    "validation_logs": "validation_logs",
    "validations": "validation_logs",
}
# What a store that is still in use keeps beside its file.
BESIDE = ("-wal", "-journal")
ROWS_AT_ONCE = 10_000


def recognises(file: SourceFile) -> bool:
    """Whether it is an SQLite database."""
    return file.is_database


def read(file: SourceFile, column_map: ColumnMap | None = None) -> Contents:
    """What the tables of a store say. Raises Unfit when it is none, or has none of the tables."""
    if not file.is_database or file.is_packed:
        raise Unfit(UNKNOWN_FILE, "It is no SQLite database that lies there unpacked.", file.path.name)
    contents = Contents(iter(()), decimal_comma=False)
    contents.entries = _entries(file.path, column_map, contents.remarks)
    return contents


def _entries(path: Path, column_map: ColumnMap | None, remarks: list[str]) -> Iterator[Entry | Refusal]:
    with tempfile.TemporaryDirectory(prefix="stratum-import-") as folder:
        try:
            with closing(_opened(path, Path(folder))) as store:
                store.text_factory = lambda data: data.decode("utf-8", "replace")
                yield from _tables(store, column_map, remarks)
        except sqlite3.Error as error:
            yield Refusal("trades", BROKEN_DATABASE, f"SQLite says: {error}.", path.name, "")


def _opened(path: Path, folder: Path) -> sqlite3.Connection:
    """The store, to be read: where it is still in use, a copy of it and of what it has not yet put into its file."""
    if any(path.with_name(path.name + end).exists() for end in BESIDE):
        for end in ("", *BESIDE):
            if (source := path.with_name(path.name + end)).exists():
                shutil.copy(source, folder / f"store{end}")
        return sqlite3.connect(folder / "store")
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)


def _tables(store: sqlite3.Connection, column_map: ColumnMap | None, remarks: list[str]) -> Iterator[Entry | Refusal]:
    names = [name for (name,) in store.execute("select name from sqlite_master where type = 'table' order by name")]
    there = [name for name in names if name.lower() in KINDS]
    if not there:
        raise Unfit(UNKNOWN_FILE, f"It has none of the tables {', '.join(KINDS)}.", ", ".join(names))
    for name in there:
        kind = KINDS[name.lower()]
        rows = store.execute(f'select rowid, * from "{name}"')  # noqa: S608 - a name of KINDS
        columns = [column for column, *_ in rows.description][1:]
        try:
            is_mapped = column_map is not None and column_map.table == TABLE_OF[kind]
            naming = by_map(column_map, columns) if is_mapped and column_map else by_usual_names(columns, kind)
        except Unfit as error:
            yield Refusal(TABLE_OF[kind], error.reason, f"Table {name}: {error.detail}", error.value, name)
            continue
        if not is_mapped:
            remarks.append(f"Table {name}. {naming.said()}")
        yield from naming.refusals(name)
        while batch := rows.fetchmany(ROWS_AT_ONCE):
            yield from (_entry(naming, name, columns, row) for row in batch)


def _entry(naming: Naming, name: str, columns: list[str], row: tuple[object, ...]) -> Entry:
    values = zip(columns, map(_text, row[1:]), strict=True)
    return Entry(naming.table, naming.of(values), f"{name} {row[0]}")


def _text(value: object) -> str:
    """The value as SQLite itself prints it: a binary fraction carries 15 digits, and no more is believed of it."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.15g}"
    return value.hex() if isinstance(value, bytes) else str(value)


IMPORTER = Importer(
    "sqlite_store", "SQLite store with tables trades, equity, validation_logs", recognises, read, asked=10
)
