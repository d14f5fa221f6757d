"""Backups: a copy of the database that fits either engine, and a manifest of the lake.

A backup is a folder:

- `database/<table>.parquet`: the rows of every table, seen at one moment.
- `manifest.json`: when it was made, the revision of the schema, and size and SHA-256 of every file, those of the lake
  included.

The lake's own files are not copied: they change rarely and are many, so copy them with the tool of their store (rsync, a
bucket's versions). Restoring compares what lies there with the manifest.
"""

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import polars as pl
import pyarrow.parquet as pq
import sqlalchemy as sa

from warehouse.database import METADATA, Database
from warehouse.database.inserting import Insert
from warehouse.database.types import TextList, UtcTime
from warehouse.errors import BackupUnusable, TargetNotEmpty
from warehouse.lake import Lake
from warehouse.lake.storage import Storage
from warehouse.tables import TIME

FORMAT = 1
MANIFEST = "manifest.json"
ROWS_AT_ONCE = 20_000
NAMED_AT_MOST = 5


@dataclass(frozen=True)
class FileEntry:
    """A file as it was when the backup was made; `path` is relative to the backup or to the lake."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup holds: rows per database table, its files, and the files the lake had."""

    made_at: dt.datetime
    revision: str
    rows: dict[str, int]
    database: list[FileEntry]
    lake: list[FileEntry]


@dataclass(frozen=True)
class LakeComparison:
    """The lake compared with a manifest: paths of files that are gone or differ, and how many are new since."""

    missing: list[str]
    changed: list[str]
    n_new: int

    @property
    def is_same(self) -> bool:
        """Whether every file of the manifest is there unchanged."""
        return not self.missing and not self.changed


def backup(lake: Lake, database: Database, folder: Path | str, *, now: dt.datetime) -> Manifest:
    """Write a backup into a folder that does not exist yet; gives its manifest.

    The database is read first: the lake, read after it, then has every answer the rows came from. An interrupted backup
    leaves a folder ending in `.partial`, never one that looks complete.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupUnusable(f"{folder} is there already and not empty. Name a new folder for the backup.")
    revision = database.revision()
    if revision is None:
        raise BackupUnusable(f"{database} has no tables yet: there is nothing to back up.")
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    (partial / "database").mkdir(parents=True)
    rows = {}
    with database.read() as connection:
        for table in METADATA.sorted_tables:
            rows[table.name] = _dump(connection, table, partial / "database" / f"{table.name}.parquet")
    files = [_entry(file, f"database/{file.name}") for file in sorted((partial / "database").iterdir())]
    manifest = Manifest(now, revision, rows, files, list_lake(lake))
    (partial / MANIFEST).write_text(_manifest_as_text(manifest), encoding="utf-8")
    if folder.exists():
        folder.rmdir()
    partial.rename(folder)
    return manifest


def read_manifest(folder: Path | str) -> Manifest:
    """The manifest of a backup, after checking every database file against it."""
    folder = Path(folder)
    try:
        stored = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if stored["format"] != FORMAT:
            raise BackupUnusable(f"{folder} has format {stored['format']}; this program reads format {FORMAT}.")
        manifest = Manifest(
            made_at=dt.datetime.fromisoformat(stored["made_at"]),
            revision=stored["revision"],
            rows=stored["rows"],
            database=[FileEntry(**entry) for entry in stored["database"]],
            lake=[FileEntry(**entry) for entry in stored["lake"]],
        )
    except FileNotFoundError:
        raise BackupUnusable(f"{folder} is no backup: it has no {MANIFEST}.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise BackupUnusable(f"{folder / MANIFEST} cannot be read: {error}.") from error
    for entry in manifest.database:
        file = folder / entry.path
        if not file.is_file() or _entry(file, entry.path) != entry:
            raise BackupUnusable(f"{file} is missing or not what was backed up. Use another backup.")
    return manifest


def restore(folder: Path | str, lake: Lake, database: Database, *, check_lake: bool = True) -> Manifest:
    """Load a backup into an empty database, migrating it first; gives the manifest.

    Nothing is loaded when a file of the backup is damaged, when the database holds rows, or when the lake is not the one
    of the manifest (`check_lake` false leaves that out: raw answers newer than the database are then computed again at
    the next start, older ones are missing).
    """
    manifest = read_manifest(folder)
    if manifest.revision not in database.known_revisions():
        raise BackupUnusable(
            f"{folder} has revision {manifest.revision}, which this program does not know: it is newer."
        )
    if check_lake:
        _refuse_other_lake(compare_lake(manifest, lake))
    database.migrate()
    with database.begin() as connection:
        for table in METADATA.sorted_tables:
            if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
                raise TargetNotEmpty(
                    f"{database} holds rows in {table.name} already. Restore into a new database, or move that one away."
                )
        known = {table.name: table for table in METADATA.sorted_tables}
        for name in [table.name for table in METADATA.sorted_tables if table.name in manifest.rows]:
            _load(connection, known[name], Path(folder) / "database" / f"{name}.parquet")
    return manifest


def compare_lake(manifest: Manifest, lake: Lake) -> LakeComparison:
    """How the lake differs from a manifest; reads every file of it."""
    found = {entry.path: entry for entry in list_lake(lake)}
    expected = {entry.path: entry for entry in manifest.lake}
    return LakeComparison(
        missing=sorted(expected.keys() - found.keys()),
        changed=sorted(path for path in expected.keys() & found.keys() if expected[path] != found[path]),
        n_new=len(found.keys() - expected.keys()),
    )


def list_lake(lake: Lake) -> list[FileEntry]:
    """Every Parquet file of a lake with size and digest, by path."""
    storage = lake.storage
    entries = []
    for table in storage.names(""):
        folders = [table, *(f"{table}/{name}" for name in storage.names(table) if name.startswith("date="))]
        for folder in folders:
            entries += _list_folder(storage, folder)
    return sorted(entries, key=lambda entry: entry.path)


def _list_folder(storage: Storage, folder: str) -> list[FileEntry]:
    while True:
        entries = []
        try:
            for name in storage.names(folder):
                if name.endswith(".parquet") and not name.startswith("."):
                    with storage.open(f"{folder}/{name}") as file:
                        entries.append(_digest(file, f"{folder}/{name}"))
        except FileNotFoundError:  # merged into another file meanwhile, which a new listing shows
            continue
        return entries


def _refuse_other_lake(comparison: LakeComparison) -> None:
    if comparison.is_same:
        return
    wrong = comparison.missing + comparison.changed
    named = ", ".join(wrong[:NAMED_AT_MOST]) + (", …" if len(wrong) > NAMED_AT_MOST else "")
    raise BackupUnusable(
        f"The lake is not the one of this backup: {len(comparison.missing)} files are missing and "
        f"{len(comparison.changed)} differ ({named}). Bring the lake's files back first, or restore without checking it."
    )


def _entry(file: Path, path: str) -> FileEntry:
    with file.open("rb") as opened:
        return _digest(opened, path)


def _digest(file: IO[bytes], path: str) -> FileEntry:
    digest, size = hashlib.sha256(), 0
    while piece := file.read(1024 * 1024):
        digest.update(piece)
        size += len(piece)
    return FileEntry(path, size, digest.hexdigest())


def _manifest_as_text(manifest: Manifest) -> str:
    content = {"format": FORMAT, **asdict(manifest), "made_at": manifest.made_at.astimezone(dt.UTC).isoformat()}
    return json.dumps(content, indent=1) + "\n"


def _schema(table: sa.Table) -> dict[str, Any]:
    return {column.name: _polars_type(column) for column in table.columns}


def _polars_type(column: sa.Column[Any]) -> Any:
    kinds: list[tuple[type, Any]] = [
        (UtcTime, TIME),
        (TextList, pl.List(pl.String)),
        (sa.Boolean, pl.Boolean),
        (sa.Integer, pl.Int64),
        (sa.Float, pl.Float64),
        (sa.String, pl.String),
        (sa.LargeBinary, pl.Binary),
        (sa.Date, pl.Date),
    ]
    for kind, dtype in kinds:
        if isinstance(column.type, kind):
            return dtype
    raise TypeError(f"Column {column.table.name}.{column.name} of type {column.type!r} has no form in a backup yet.")


def _dump(connection: sa.Connection, table: sa.Table, file: Path) -> int:
    """Write the rows of a table by key; gives how many."""
    schema = _schema(table)
    query = sa.select(table).order_by(*table.primary_key).execution_options(yield_per=ROWS_AT_ONCE)
    n = 0
    with pq.ParquetWriter(file, pl.DataFrame(schema=schema).to_arrow().schema, compression="zstd") as writer:
        for rows in connection.execute(query).partitions():
            part = pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")
            writer.write_table(part.to_arrow())
            n += part.height
    return n


def _load(connection: sa.Connection, table: sa.Table, file: Path) -> None:
    insert = Insert(table)
    for part in _parts(file):
        unknown = [name for name in part.columns if name not in table.columns]
        if unknown:
            raise BackupUnusable(f"{file} has columns that {table.name} no longer has: {', '.join(unknown)}.")
        insert.rows(connection, part.cast({name: _polars_type(table.c[name]) for name in part.columns}))
    counter = table.autoincrement_column
    if counter is not None and connection.dialect.name == "postgresql":
        # Rows came with their numbers; the counter has to go on after the last of them. SQLite's does so by itself.
        last = sa.select(sa.func.max(counter)).scalar_subquery()
        name = sa.func.pg_get_serial_sequence(table.name, counter.name)
        connection.execute(sa.select(sa.func.setval(name, sa.func.coalesce(last, 1), last.is_not(None))))


def _parts(file: Path) -> Iterator[pl.DataFrame]:
    with pq.ParquetFile(file) as opened:
        for batch in opened.iter_batches(ROWS_AT_ONCE):
            part = pl.from_arrow(batch)
            assert isinstance(part, pl.DataFrame)
            yield part
