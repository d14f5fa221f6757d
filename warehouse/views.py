"""An in-memory DuckDB with one view per table, reading the lake as it is at each query and nothing else.

DuckDB sees the lake through a read-only file system of its own, `lake://`, which asks the catalog which files count: a
view never shows a row twice while a day is compacted, follows a lake that grows, and works the same on a folder and on
an object store. Everything else is shut: no other file can be read, none written, no extension fetched, no setting
changed back.

`select *` from a view gives the declared columns in order. A view prunes by the row-group statistics of every file;
for a range of days the macro of the same name prunes by partition names and opens nothing else:

    select count(*) from consensus_on('2025-09-07', '2025-09-08')
"""

import datetime as dt
import fnmatch
import os
import threading
from io import BytesIO
from typing import IO, Any

import duckdb
import polars as pl
from fsspec import AbstractFileSystem

from warehouse.lake import Lake
from warehouse.lake.files import encode, folder_of
from warehouse.lake.storage import OLD
from warehouse.tables import BY_NAME, TABLES, TIME, Table

SCHEME = "lake"
MOST_THREADS = 4
# A first file without rows in every view, so that a table without files can be read too.
_DECLARATION = "date=0001-01-01/declaration.parquet"
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


def connect(lake: Lake) -> duckdb.DuckDBPyConnection:
    """A connection to an in-memory DuckDB with a view per table, described, and a macro `<table>_on(first, last)` per partitioned one."""
    con = duckdb.connect(config={"threads": min(MOST_THREADS, os.cpu_count() or 1)})
    files = LakeFiles(lake)
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
    files.is_open = True
    con.execute(f"set allowed_directories = ['{SCHEME}://']")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")
    return con


def query(lake: Lake, sql: str) -> pl.DataFrame:
    """The rows of one query over the tables."""
    con = connect(lake)
    try:
        found = con.sql(sql)
        return found.pl() if found is not None else pl.DataFrame()
    finally:
        con.close()


def _statements(table: type[Table]) -> list[str]:
    columns = ", ".join(_name(column) for column in table.columns)
    hive = "hive_partitioning = true, hive_types = {'date': DATE}" if table.partition_by else "hive_partitioning = false"
    # Columns are found by name in each file as it is opened; what an older file lacks is null.
    schema = ", ".join(
        f"{_text(name)}: {{name: {_text(name)}, type: {_text(_TYPES[column.dtype])}, default_value: null}}"
        for name, column in table.columns.items()
    )
    files = f"read_parquet('{SCHEME}://{table.name}/**/*.parquet', schema = map {{{schema}}}, {hive})"
    view = _name(table.name)
    statements = [
        f"create view {view} as select {columns} from {files}",
        f"comment on view {view} is {_text(table.description())}",
    ]
    for name, column in table.columns.items():
        unit = f" [{column.unit}]" if column.unit else ""
        statements.append(f"comment on column {view}.{_name(name)} is {_text(column.description + unit)}")
    if table.partition_by:
        within = "date between cast(first_day as date) and cast(last_day as date)"
        statements.append(
            f"create macro {_name(table.name + '_on')}(first_day, last_day) as table select {columns} from {files} where {within}"
        )
    return statements


def _name(name: str) -> str:
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

    def glob(self, path: str, maxdepth: int | None = None, **kwargs: Any) -> list[str]:
        """Paths of a table's files that count now, the declaration first."""
        pattern = _inside(path)
        table = BY_NAME.get(pattern.partition("/")[0])
        if table is None:
            return []
        catalog = self.lake.catalog
        found: list[str] = []
        if not self.is_open:
            pass
        elif table.partition_by:
            folders = [folder_of(table, day) for day in catalog.days(table)]
            found = [f"{folder}/{name}" for folder in folders for name in catalog.visible(folder)]
        else:
            found = [f"{table.name}/{name}" for name in catalog.shards(table)]
        declared = f"{table.name}/{_DECLARATION if table.partition_by else _DECLARATION.rpartition('/')[2]}"
        if not pattern.endswith("/**/*.parquet"):
            found = [name for name in found if fnmatch.fnmatchcase(name, pattern)]
        return [f"{SCHEME}://{name}" for name in [declared, *found]]

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
        try:
            return SharedFile(self.lake.storage.open(name))
        except FileNotFoundError:
            return SharedFile(self.lake.storage.open(name + OLD))

    def _stamp(self, name: str) -> tuple[int, int]:
        try:
            return self.lake.storage.stamp(name)
        except FileNotFoundError:
            return self.lake.storage.stamp(name + OLD)


class SharedFile:
    """A file that several threads read at once, as DuckDB does: each thread has its own place in it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._place = threading.local()
        self._size = file.seek(0, os.SEEK_END)
        self.closed = False

    def tell(self) -> int:
        """This thread's place."""
        return getattr(self._place, "at", 0)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move this thread's place."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self._size}[whence]
        self._place.at = start + offset
        return self._place.at

    def read(self, size: int = -1) -> bytes:
        """Bytes from this thread's place on."""
        at = self.tell()
        with self._lock:
            self._file.seek(at)
            data = self._file.read(size)
        self._place.at = at + len(data)
        return data

    def close(self) -> None:
        """Close the file."""
        self.closed = True
        self._file.close()

    def __del__(self) -> None:
        # DuckDB lets go of a file without closing it.
        self.close()


def _inside(path: str) -> str:
    """The path below the lake, without tricks that lead out of it."""
    name = path.removeprefix(f"{SCHEME}://").lstrip("/")
    table, _, rest = name.partition("/")
    if table not in BY_NAME or ".." in rest.split("/"):
        raise FileNotFoundError(f"The lake has no {name!r}: a path is the name of a table and a file in it.")
    return name


def _is_declaration(name: str) -> bool:
    return name.endswith("/declaration.parquet")


def _declaration(name: str) -> bytes:
    table = BY_NAME[name.partition("/")[0]]
    return encode(table, table.empty())
