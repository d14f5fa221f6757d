"""An in-memory DuckDB with one view per table, reading the lake as it is at each query and nothing else.

DuckDB sees the lake through a read-only file system of its own, `lake://`, which asks the catalog which files count: a
view never shows a row twice while a day is compacted, follows a lake that grows, and works the same on a folder and on
an object store. Everything else is shut: no other file can be read, none written, no extension fetched, no setting
changed back.

`select *` from a view gives the declared columns in order, without a `date` for the folder. A view prunes by the
statistics in every file's footer; the macro of the same name takes a range of days and opens no file of another day:

    select count(*) from consensus_on('2025-09-07', '2025-09-08')
"""

import datetime as dt
import fnmatch
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import duckdb
import polars as pl
from fsspec import AbstractFileSystem

from warehouse.lake import Lake
from warehouse.lake.files import encode, folder_of
from warehouse.lake.reading import find_damage
from warehouse.lake.storage import OLD
from warehouse.marts import Shelf
from warehouse.marts.files import MartFiles, mart_statements
from warehouse.shared_file import SharedFile
from warehouse.tables import BY_NAME, TABLES, TIME, Table

SCHEME = "lake"
MOST_THREADS = 4
# A first file without rows in every view, so that a table without files can be read too.
_DECLARATION = "declaration.parquet"
_NAMED = re.compile(rf"{SCHEME}://([^\s'\"]+\.parquet)")
_RANGE = re.compile(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)/\*")
_TYPES: dict[Any, str] = {
    pl.String: "VARCHAR",
    pl.Float64: "DOUBLE",
    pl.Int32: "INTEGER",
    pl.Int64: "BIGINT",
    pl.Boolean: "BOOLEAN",
    pl.Binary: "BLOB",
    TIME: "TIMESTAMP WITH TIME ZONE",
    pl.List(pl.String): "VARCHAR[]",
}


def connect(lake: Lake, shelf: Shelf | None = None) -> duckdb.DuckDBPyConnection:
    """A connection to an in-memory DuckDB with a view per table, described, and a macro `<table>_on(first, last)` per partitioned one.

    With a `shelf` there is a view per mart besides, over the files that are published at each query.
    """
    return _connect(LakeFiles(lake), shelf)


def _connect(files: "LakeFiles", shelf: Shelf | None) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(config={"threads": min(MOST_THREADS, os.cpu_count() or 1)})
    con.register_filesystem(files)
    con.execute("set timezone = 'UTC'")
    # The lake's files are read from memory of the system anyway, and a shard keeps its name when its content changes.
    con.execute("set enable_external_file_cache = false")
    con.execute("set temp_directory = ''")
    con.execute("set autoinstall_known_extensions = false")
    con.execute("set allow_community_extensions = false")
    for table in TABLES:
        for statement in _statements(table):
            con.execute(statement)
    marts = MartFiles(shelf) if shelf else None
    if marts:
        con.register_filesystem(marts)
        for statement in mart_statements():
            con.execute(statement)
        marts.is_open = True
    files.is_open = True
    readable = [SCHEME, MartFiles.protocol] if marts else [SCHEME]
    con.execute(f"set allowed_directories = [{', '.join(_text(f'{scheme}://') for scheme in readable)}]")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")
    return con


@contextmanager
def connected(lake: Lake, shelf: Shelf | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Such a connection, closed at the end. A query that meets a damaged file raises FileDamaged, which says what to do."""
    files = LakeFiles(lake)
    con = _connect(files, shelf)
    try:
        yield con
    except duckdb.Error as error:
        # DuckDB names the file it stumbled over, or says no more than that bytes make no sense: then each one it opened may
        # be the one. Errors of other types are about the query.
        named = [path for path in _NAMED.findall(str(error)) if _is_inside(path)]
        is_about_bytes = type(error) in (duckdb.Error, duckdb.IOException)
        find_damage(lake.catalog, named or (sorted(files.opened) if is_about_bytes else []))
        raise
    finally:
        con.close()


def query(lake: Lake, sql: str, shelf: Shelf | None = None) -> pl.DataFrame:
    """The rows of one query over the tables, and over the marts where a `shelf` is given."""
    with connected(lake, shelf) as con:
        found: Any = con.sql(sql)  # declared as never None; a statement without rows gives None all the same
        return found.pl() if found is not None else pl.DataFrame()


def _statements(table: type[Table]) -> list[str]:
    def rows(path: str) -> str:
        return _rows_of(table, path)

    view = name_in_sql(table.name)
    statements = [
        f"create view {view} as {rows(_text(f'{SCHEME}://{table.name}/*'))}",
        f"comment on view {view} is {_text(table.description())}",
    ]
    for name, column in table.columns.items():
        unit = f" [{column.unit}]" if column.unit else ""
        statements.append(f"comment on column {view}.{name_in_sql(name)} is {_text(column.description + unit)}")
    if table.partition_by:
        days = "cast(first_day as date) || '..' || cast(last_day as date)"
        path = f"'{SCHEME}://{table.name}/' || {days} || '/*'"
        statements.append(f"create macro {name_in_sql(table.name + '_on')}(first_day, last_day) as table {rows(path)}")
    return statements


def rows_of_files(table: type[Table], files: Sequence[str]) -> str:
    """The query for the rows of these very files of the lake, by their paths below it; without any, for no rows."""
    paths = ", ".join(_text(f"{SCHEME}://{file}") for file in files or [f"{table.name}/{_DECLARATION}"])
    return _rows_of(table, f"[{paths}]")


def _rows_of(table: type[Table], path: str) -> str:
    columns = ", ".join(name_in_sql(column) for column in table.columns)
    # Columns are found by name in each file as it is opened; what an older file lacks is null.
    schema = ", ".join(
        f"{_text(name)}: {{name: {_text(name)}, type: {_text(_TYPES[column.dtype])}, default_value: null}}"
        for name, column in table.columns.items()
    )
    return f"select {columns} from read_parquet({path}, schema = map {{{schema}}})"  # noqa: S608 - declared names only


def name_in_sql(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class LakeFiles(AbstractFileSystem):
    """The files of a lake that count, as DuckDB's file system: `lake://<table>/…`. It cannot write."""

    protocol = SCHEME
    cachable = False

    def __init__(self, lake: Lake) -> None:
        super().__init__()
        self.lake = lake
        # Making a view looks at its files. Until all are made there are only declarations to see.
        self.is_open = False
        self.opened: set[str] = set()

    def glob(self, path: str, maxdepth: int | None = None, **kwargs: Any) -> list[str]:
        """A table's files that count now, a declaration without rows first.

        Patterns: `lake://<table>/*` for all, `lake://<table>/<first day>..<last day>/*` for a range of days, and any
        pattern of files below a table.
        """
        pattern = _inside(path)
        if not any(sign in pattern for sign in "*?["):
            return [path] if self.exists(path) else []
        name, _, rest = pattern.partition("/")
        table = BY_NAME[name]
        days = _RANGE.fullmatch(rest)
        found = self._files(table, days[1], days[2]) if days else self._files(table, "", "9")
        if rest != "*" and not days:
            found = [file for file in found if fnmatch.fnmatchcase(file, pattern)]
        return [f"{SCHEME}://{file}" for file in [f"{name}/{_DECLARATION}", *found]]

    def _files(self, table: type[Table], first: str, last: str) -> list[str]:
        catalog = self.lake.catalog
        if not self.is_open:
            return []
        if not table.partition_by:
            return [f"{table.name}/{name}" for name in catalog.shards(table)]
        folders = [folder_of(table, day) for day in catalog.days(table) if first <= day.isoformat() <= last]
        return [f"{folder}/{name}" for folder in folders for name in catalog.visible(folder)]

    def ls(self, path: str, detail: bool = True, **kwargs: Any) -> list[Any]:
        """Nothing: DuckDB finds files by pattern."""
        return []

    def info(self, path: str, **kwargs: Any) -> dict[str, Any]:
        """Size, kind and time of a file."""
        name = _inside(path)
        size, changed = (len(_declaration(name)), 0) if _is_declaration(name) else self._stamp(name)
        return {"name": name, "size": size, "type": "file", "changed": changed}

    def exists(self, path: str, **kwargs: Any) -> bool:
        """Whether the file is there."""
        try:
            self.info(path)
        except FileNotFoundError:
            return False
        return True

    def isfile(self, path: str) -> bool:
        """Whether the file is there."""
        return self.exists(path)

    def modified(self, path: str) -> dt.datetime:
        """When the file was changed."""
        return dt.datetime.fromtimestamp(self.info(path)["changed"] / 1e9, dt.UTC)

    def open(self, path: str, mode: str = "rb", **kwargs: Any) -> Any:
        """The file for reading; one that was replaced since it was listed is still there for an hour."""
        if mode not in ("r", "rb"):
            raise PermissionError("The lake cannot be written through DuckDB: its only writer is warehouse.lake.")
        name = _inside(path)
        if _is_declaration(name):
            return SharedFile(BytesIO(_declaration(name)))
        self.opened.add(name)
        try:
            return SharedFile(self.lake.storage.open(name))
        except FileNotFoundError:
            return SharedFile(self.lake.storage.open(name + OLD))

    def _stamp(self, name: str) -> tuple[int, int]:
        try:
            return self.lake.storage.stamp(name)
        except FileNotFoundError:
            return self.lake.storage.stamp(name + OLD)


def _is_inside(name: str) -> bool:
    """Whether a path names a file of a table, without tricks that lead out of the lake."""
    table, _, rest = name.partition("/")
    return table in BY_NAME and ".." not in rest.split("/")


def _inside(path: str) -> str:
    """The path below the lake; FileNotFoundError for one that leads out of it."""
    name = path.removeprefix(f"{SCHEME}://").lstrip("/")
    if not _is_inside(name):
        raise FileNotFoundError(f"The lake has no {name!r}: a path is the name of a table and a file in it.")
    return name


def _is_declaration(name: str) -> bool:
    return name.endswith(f"/{_DECLARATION}")


def _declaration(name: str) -> bytes:
    table = BY_NAME[name.partition("/")[0]]
    return encode(table, table.empty())
