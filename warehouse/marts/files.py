"""The published files of the marts as DuckDB's file system, `marts://<mart>/*`, and the views over them. It cannot write."""

import datetime as dt
from io import BytesIO
from typing import Any

import polars as pl
from fsspec import AbstractFileSystem

from warehouse.marts.declared import read_marts
from warehouse.marts.published import Shelf
from warehouse.shared_file import SharedFile

_TYPES: dict[str, Any] = {
    "varchar": pl.String,
    "bigint": pl.Int64,
    "integer": pl.Int32,
    "double": pl.Float64,
    "boolean": pl.Boolean,
    "date": pl.Date,
    "timestamp with time zone": pl.Datetime("us", "UTC"),
}
# A first file without rows in every view, so that a mart that was never built can be read too.
_DECLARATION = "declaration.parquet"


def mart_statements() -> list[str]:
    """The statements that make a described view of every mart."""
    statements = []
    for mart in read_marts().values():
        columns = ", ".join(f'"{column.name}"' for column in mart.columns)
        path = f"'{MartFiles.protocol}://{mart.name}/*'"
        rows = f"select {columns} from read_parquet({path}, hive_partitioning = false)"  # noqa: S608 - declared names only
        statements.append(f'create view "{mart.name}" as {rows}')
        statements.append(f'comment on view "{mart.name}" is {_text(mart.description)}')
        for column in mart.columns:
            statements.append(f'comment on column "{mart.name}"."{column.name}" is {_text(column.description)}')
    return statements


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def schema_of(mart: str) -> dict[str, Any]:
    """The types of a mart's columns, as Polars names them."""
    return {column.name: _TYPES[column.type] for column in read_marts()[mart].columns}


class MartFiles(AbstractFileSystem):
    """The files of the marts that count, at each query."""

    protocol = "marts"
    cachable = False

    def __init__(self, shelf: Shelf) -> None:
        super().__init__()
        self.shelf = shelf
        # Making a view looks at its files. Until all are made there are only declarations to see.
        self.is_open = False

    def glob(self, path: str, maxdepth: int | None = None, **kwargs: Any) -> list[str]:
        """A mart's files that count now, a declaration without rows first. The only pattern is `marts://<mart>/*`."""
        name, _, rest = self._inside(path).partition("/")
        if rest != "*":
            return [path] if self.exists(path) else []
        files = self.shelf.files(name) if self.is_open else []
        found = [file.relative_to(self.shelf.folder).as_posix() for file in files]
        return [f"{self.protocol}://{file}" for file in [f"{name}/{_DECLARATION}", *found]]

    def ls(self, path: str, detail: bool = True, **kwargs: Any) -> list[Any]:
        """Nothing: DuckDB finds files by pattern."""
        return []

    def info(self, path: str, **kwargs: Any) -> dict[str, Any]:
        """Size, kind and time of a file."""
        name = self._inside(path)
        if name.endswith(f"/{_DECLARATION}"):
            return {"name": name, "size": len(_declaration(name)), "type": "file", "changed": 0}
        found = (self.shelf.folder / name).stat()
        return {"name": name, "size": found.st_size, "type": "file", "changed": found.st_mtime_ns}

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
        """When the file was written."""
        return dt.datetime.fromtimestamp(self.info(path)["changed"] / 1e9, dt.UTC)

    def open(self, path: str, mode: str = "rb", **kwargs: Any) -> Any:
        """The file for reading."""
        if mode not in ("r", "rb"):
            raise PermissionError("Rollups cannot be written through DuckDB: they are built by stratum rollups build.")
        name = self._inside(path)
        if name.endswith(f"/{_DECLARATION}"):
            return SharedFile(BytesIO(_declaration(name)))
        return SharedFile((self.shelf.folder / name).open("rb"))

    def _inside(self, path: str) -> str:
        """The path below the marts; FileNotFoundError for one that leads out of them."""
        name = path.removeprefix(f"{self.protocol}://").lstrip("/")
        mart, _, rest = name.partition("/")
        if mart not in read_marts() or ".." in rest.split("/"):
            raise FileNotFoundError(
                f"There is no {name!r} among the rollups: a path is the name of one and a file in it."
            )
        return name


def _declaration(path: str) -> bytes:
    out = BytesIO()
    pl.DataFrame(schema=schema_of(path.partition("/")[0])).write_parquet(out)
    return out.getvalue()
