"""Where workers count together: small tables that live for minutes and are worth nothing after.

Unlogged tables on PostgreSQL, a small file beside SQLite's own, neither of them part of the schema or of a backup. A file of its
own, because a write to the large one may wait for the pipelines. Statements are written once for both, with $1, $2 … for values.
"""

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import Any, Protocol

import asyncpg

from stratum_api.rows import Row
from stratum_api.rows.postgres import LOST, open_pool, said_plainly, unreachable
from warehouse.errors import DatabaseBusy, DatabaseUnreachable
from warehouse.settings import hide_secrets, name_driver

BUSY_MS = 5_000
CONNECTIONS = 2


class Counts(Protocol):
    """One table that all workers of a database share."""

    is_sqlite: bool

    async def open(self) -> None:
        """Make the table, where it is not there."""

    async def close(self) -> None:
        """Let go of it."""

    async def execute(self, sql: str, *values: Any) -> list[Row]:
        """The rows of one statement, which may change the table. Raises DatabaseError."""


def open_counts(database_url: str, home: Path, table: str, columns: str) -> Counts:
    """The table of that name that goes with a database; `columns` holds its primary key as well."""
    url = name_driver(database_url)
    if url.startswith("sqlite"):
        return SqliteCounts(home / "api" / "limits.db", table, columns)
    return PostgresCounts(url, table, columns)


class SqliteCounts:
    """A table in a file; a statement takes some tens of microseconds and runs in the event loop."""

    is_sqlite = True

    def __init__(self, file: Path, table: str, columns: str) -> None:
        self.file, self.table, self.columns = file, table, columns
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Open the file, and make it where it is not there."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        try:
            connection = sqlite3.connect(self.file, isolation_level=None, check_same_thread=False)
            connection.execute(f"pragma busy_timeout = {BUSY_MS}")
            for _ in range(50):
                # The change to WAL does not wait for another process that makes it just now.
                with contextlib.suppress(sqlite3.OperationalError):
                    connection.execute("pragma journal_mode = wal")
                    break
                await asyncio.sleep(0.02)
            connection.execute(
                "pragma synchronous = off"
            )  # what a power cut takes is two minutes old when power is back
            connection.execute(f"create table if not exists {self.table} ({self.columns}) without rowid")
        except sqlite3.Error as error:
            raise DatabaseUnreachable(f"The file of limits {self.file} cannot be opened ({error}).") from None
        self._connection = connection

    async def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def execute(self, sql: str, *values: Any) -> list[Row]:
        """The rows of one statement."""
        if self._connection is None:
            raise DatabaseUnreachable(f"The file of limits {self.file} is not open.")
        try:
            return self._connection.execute(sql.replace("$", "?"), values).fetchall()
        except sqlite3.Error as error:
            raise DatabaseBusy(f"The file of limits {self.file} could not be written ({error}).") from None


class PostgresCounts:
    """An unlogged table, over two connections of its own, so that no reader stands in front of it."""

    is_sqlite = False

    def __init__(self, url: str, table: str, columns: str) -> None:
        self.url, self.table, self.columns = url, table, columns
        self._pool: asyncpg.Pool | None = None

    async def open(self) -> None:
        """Connect, and make the table where it is not there."""
        async with said_plainly(self.url):
            # Compiling a statement would take the server longer than answering it.
            self._pool = await open_pool(self.url, CONNECTIONS, synchronous_commit="off", jit="off")
            async with self._pool.acquire() as connection, connection.transaction():
                # Two workers that start at once both find it missing; the second one waits and finds it there.
                await connection.execute("select pg_advisory_xact_lock(7283004)")
                if await connection.fetchval("select to_regclass($1)", self.table) is None:
                    await connection.execute(
                        f"create unlogged table {self.table} ({self.columns}) with (fillfactor = 50)"
                    )

    async def close(self) -> None:
        """Close both connections."""
        if self._pool is not None:
            self._pool.terminate()
            self._pool = None

    async def execute(self, sql: str, *values: Any) -> list[Row]:
        """The rows of one statement."""
        if self._pool is None:
            raise DatabaseUnreachable(f"The database {hide_secrets(self.url)} is not open.")
        try:
            async with self._pool.acquire(timeout=BUSY_MS / 1000) as connection:
                return await connection.fetch(sql, *values, timeout=BUSY_MS / 1000)
        except LOST as error:
            raise unreachable(self.url, error) from None
