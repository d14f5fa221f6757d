"""Rows of a PostgreSQL database, by asyncpg."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import sqlalchemy as sa

from stratum_api.rows.reading import Row
from warehouse.errors import DatabaseUnreachable
from warehouse.settings import hide_secrets

# What libpq reads from an address and asyncpg would take for a setting of the server.
LIBPQ_ALONE = {
    "connect_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "gssencmode",
}
LOST = (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.CannotConnectNowError, TimeoutError)
WAIT_S = 5.0


class PostgresRows:
    """Reads a PostgreSQL database with up to so many connections; `url` is postgresql+psycopg://…."""

    source = "postgres"
    is_sqlite = False

    def __init__(self, url: str, connections: int) -> None:
        self.url = url
        self.connections = connections
        self._pool: asyncpg.Pool | None = None

    async def open(self) -> None:
        """Make the first connection."""
        async with said_plainly(self.url):
            self._pool = await open_pool(self.url, self.connections)

    async def close(self) -> None:
        """Close all of them; whoever still reads is waited for briefly."""
        if self._pool is not None:
            try:
                await asyncio.wait_for(self._pool.close(), WAIT_S)
            except TimeoutError:
                self._pool.terminate()
            self._pool = None

    async def fetch(self, sql: str, *values: Any) -> list[Row]:
        """All rows."""
        if self._pool is None:
            raise DatabaseUnreachable(f"The database {hide_secrets(self.url)} is not open.")
        try:
            async with self._pool.acquire(timeout=WAIT_S) as connection:
                return await connection.fetch(sql, *values)
        except LOST as error:
            raise unreachable(self.url, error) from None

    async def fetch_long(self, sql: str, *values: Any) -> list[Row]:
        """All rows; the driver never blocks the event loop, so it is the same."""
        return await self.fetch(sql, *values)


def address(url: str) -> str:
    """The URL as asyncpg reads it."""
    read = sa.make_url(url).set(drivername="postgresql")
    return read.difference_update_query(LIBPQ_ALONE).render_as_string(hide_password=False)


async def open_pool(url: str, connections: int, **settings: str) -> asyncpg.Pool:
    """A pool that skips the reset between users of a connection: nothing here leaves a setting or a lock behind."""
    return await asyncpg.create_pool(
        address(url),
        min_size=1,
        max_size=connections,
        timeout=WAIT_S,
        command_timeout=60,
        server_settings={"application_name": "stratum api", "timezone": "UTC", **settings},
        reset=_leave,
    )


async def _leave(_connection: Any) -> None:
    return


@asynccontextmanager
async def said_plainly(url: str) -> AsyncIterator[None]:
    """Raises DatabaseUnreachable in the place of what the driver says when the server cannot be reached."""
    try:
        yield
    except LOST as error:
        raise unreachable(url, error) from None
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError) as error:
        raise unreachable(url, error) from None


def unreachable(url: str, error: BaseException) -> DatabaseUnreachable:
    """The error that says so, without the password."""
    reason = hide_secrets(str(error).partition("\n")[0]) or type(error).__name__
    return DatabaseUnreachable(f"The database {hide_secrets(url)} cannot be reached ({reason}).")


__all__ = ["LOST", "PostgresRows", "address", "open_pool", "said_plainly", "unreachable"]
