"""Rows of an SQLite file, by Python's own driver.

Short statements run in the event loop: they take some tens of microseconds, less than handing them to a thread, and in WAL
mode a reader never waits for a writer.
"""

import asyncio
import re
import sqlite3
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from stratum_api.rows.reading import Row
from warehouse.database.trouble import SQLITE
from warehouse.errors import DatabaseError, DatabaseUnreachable

_PLACE = re.compile(r"\$(\d+)")
BUSY_S = 5.0


@lru_cache(maxsize=512)
def _numbered(sql: str) -> str:
    return _PLACE.sub(r"?\1", sql)


class SqliteRows:
    """Reads an SQLite file; `url` is sqlite:///FILE."""

    source = "sqlite"
    is_sqlite = True

    def __init__(self, url: str) -> None:
        self.file = Path(sa.make_url(url).database or "")
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Open the file, which has to be there."""
        self._connection = self._connect()

    async def close(self) -> None:
        """Close it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def fetch(self, sql: str, *values: Any) -> list[Row]:
        """All rows, read in the event loop."""
        if self._connection is None:
            raise DatabaseUnreachable(f"The database {self.file} is not open.")
        return self._read(self._connection, sql, values)

    async def fetch_long(self, sql: str, *values: Any) -> list[Row]:
        """All rows, read in a thread on a connection of its own."""
        return await asyncio.to_thread(self._read_apart, sql, values)

    def _read_apart(self, sql: str, values: tuple[Any, ...]) -> list[Row]:
        connection = self._connect()
        try:
            return self._read(connection, sql, values)
        finally:
            connection.close()

    def _connect(self) -> sqlite3.Connection:
        try:
            # Opened for reading only: whatever a handler sends, it changes nothing.
            connection = sqlite3.connect(
                f"{self.file.absolute().as_uri()}?mode=ro",
                uri=True,
                timeout=BUSY_S,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=256,
            )
            connection.execute("select 1 from sqlite_master limit 1").fetchall()
        except sqlite3.Error as error:
            raise DatabaseUnreachable(f"The database {self.file} cannot be opened ({error}).") from None
        return connection

    def _read(self, connection: sqlite3.Connection, sql: str, values: tuple[Any, ...]) -> list[Row]:
        try:
            return connection.execute(_numbered(sql), values).fetchall()
        except sqlite3.Error as error:
            kind: type[DatabaseError] | None = SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
            if kind is None:
                raise
            raise kind(f"The database {self.file} could not be read ({error}).") from None
