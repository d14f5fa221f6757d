"""What both raw drivers offer, and which of them a database needs."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Protocol

from warehouse.database.types import moment
from warehouse.settings import name_driver

Row = Sequence[Any]


class Rows(Protocol):
    """Reads rows by SQL. Times come as the driver gives them: `as_moment` makes either a datetime, `as_structs` whole rows.

    `source` is the name of the engine, as `as_structs` takes it.
    """

    is_sqlite: bool
    source: str

    async def open(self) -> None:
        """Connect. Raises DatabaseUnreachable."""

    async def close(self) -> None:
        """Close every connection."""

    async def fetch(self, sql: str, *values: Any) -> list[Row]:
        """All rows of a statement that is answered within milliseconds."""

    async def fetch_long(self, sql: str, *values: Any) -> list[Row]:
        """All rows of a statement that may take longer, without holding up other requests."""


def open_rows(database_url: str, connections: int) -> Rows:
    """The reader of a database; `open` has to be called in the event loop that uses it."""
    url = name_driver(database_url)
    if url.startswith("sqlite"):
        from stratum_api.rows.sqlite import SqliteRows

        return SqliteRows(url)
    from stratum_api.rows.postgres import PostgresRows

    return PostgresRows(url, connections)


def as_moment(value: Any) -> dt.datetime | None:
    """A time as either driver gives it, as an aware datetime; None stays None."""
    return moment(value) if isinstance(value, int) else value
