"""How much of a limit is taken in a minute, counted in one place for all workers.

One statement takes up to so many requests of a minute and says how many it got, so no two workers get the same one. The counts
live for two minutes and are worth nothing after: an unlogged table on PostgreSQL, a small file beside SQLite's own, neither of
them part of the schema or of a backup. A file of its own, because a write to the large one may wait for the pipelines.
"""

import asyncio
import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import asyncpg

from stratum_api.rows.postgres import LOST, open_pool, said_plainly, unreachable
from warehouse.errors import DatabaseBusy, DatabaseUnreachable
from warehouse.settings import hide_secrets, name_driver

KEPT_MINUTES = 2
BUSY_MS = 5_000

COLUMNS = "subject text not null, minute bigint not null, taken bigint not null, granted bigint not null"
# The conflict's part runs under the row's lock, so `granted` is what this statement got.
TAKE = """
insert into rate_windows as w (subject, minute, taken, granted)
values ($1, $2, {least}($3, $4), {least}($3, $4))
on conflict (subject, minute) do update set
  granted = {greatest}({least}($3, $4 - w.taken), 0), taken = {greatest}({least}(w.taken + $3, $4), w.taken)
returning granted, taken
"""
FORGET = "delete from rate_windows where minute < $1"


@dataclass(frozen=True, slots=True)
class Granted:
    """How many requests were granted of those asked for, and how many of the minute's are taken after that."""

    granted: int
    taken: int


class Windows(Protocol):
    """Counts what is taken of each minute."""

    async def open(self) -> None:
        """Make the place to count in, where it is not there."""

    async def close(self) -> None:
        """Let go of it."""

    async def take(self, subject: str, minute: int, wanted: int, limit: int) -> Granted:
        """Take up to `wanted` of what is left of `limit` in a minute (counted since 1970)."""

    async def forget(self, minute: int) -> None:
        """Drop what is older than a minute."""


def open_windows(database_url: str, home: Path) -> Windows:
    """The counts that go with a database."""
    url = name_driver(database_url)
    return SqliteWindows(home / "api" / "limits.db") if url.startswith("sqlite") else PostgresWindows(url)


class SqliteWindows:
    """Counts in a file; a statement takes some tens of microseconds and runs in the event loop."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._connection: sqlite3.Connection | None = None
        self._take = TAKE.format(least="min", greatest="max").replace("$", "?")

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
            connection.execute(
                f"create table if not exists rate_windows ({COLUMNS}, primary key (subject, minute)) without rowid"
            )
        except sqlite3.Error as error:
            raise DatabaseUnreachable(f"The file of limits {self.file} cannot be opened ({error}).") from None
        self._connection = connection

    async def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def take(self, subject: str, minute: int, wanted: int, limit: int) -> Granted:
        """Take up to `wanted` of what is left."""
        ((granted, taken),) = self._execute(self._take, subject, minute, wanted, limit)
        return Granted(granted, taken)

    async def forget(self, minute: int) -> None:
        """Drop what is older."""
        self._execute(FORGET.replace("$", "?"), minute)

    def _execute(self, sql: str, *values: object) -> list[tuple[int, int]]:
        if self._connection is None:
            raise DatabaseUnreachable(f"The file of limits {self.file} is not open.")
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise DatabaseBusy(f"The file of limits {self.file} could not be written ({error}).") from None


class PostgresWindows:
    """Counts in an unlogged table, over two connections of its own, so that no reader stands in front of it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._pool: asyncpg.Pool | None = None
        self._take = TAKE.format(least="least", greatest="greatest")
        for place in ("$2", "$3", "$4"):
            self._take = self._take.replace(place, f"{place}::bigint")

    async def open(self) -> None:
        """Connect, and make the table where it is not there."""
        async with said_plainly(self.url):
            self._pool = await open_pool(self.url, 2, synchronous_commit="off")
            async with self._pool.acquire() as connection, connection.transaction():
                # Two workers that start at once both find it missing; the second one waits and finds it there.
                await connection.execute("select pg_advisory_xact_lock(7283004)")
                if await connection.fetchval("select to_regclass('rate_windows')") is None:
                    await connection.execute(
                        f"create unlogged table rate_windows ({COLUMNS}, primary key (subject, minute)) with (fillfactor = 50)"
                    )

    async def close(self) -> None:
        """Close both connections."""
        if self._pool is not None:
            self._pool.terminate()
            self._pool = None

    async def take(self, subject: str, minute: int, wanted: int, limit: int) -> Granted:
        """Take up to `wanted` of what is left."""
        granted, taken = await self._one(self._take, subject, minute, wanted, limit)
        return Granted(granted, taken)

    async def forget(self, minute: int) -> None:
        """Drop what is older."""
        await self._one(FORGET, minute)

    async def _one(self, sql: str, *values: object) -> tuple[int, int]:
        if self._pool is None:
            raise DatabaseUnreachable(f"The database {hide_secrets(self.url)} is not open.")
        try:
            async with self._pool.acquire(timeout=BUSY_MS / 1000) as connection:
                return await connection.fetchrow(sql, *values, timeout=BUSY_MS / 1000)
        except LOST as error:
            raise unreachable(self.url, error) from None
