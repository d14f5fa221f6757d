"""Marks: small values that must outlive a process, such as how far something has been read."""

import datetime as dt

import polars as pl
import sqlalchemy as sa

from warehouse.database.engine import Database
from warehouse.database.inserting import Insert
from warehouse.database.operations import marks
from warehouse.tables import TIME

_MARKS = Insert(marks, "replace")


class Marks:
    """Reads and writes marks by key."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def read(self, key: str) -> str | None:
        """The value of a mark, None when it was never set."""
        with self.database.read() as connection:
            return connection.execute(sa.select(marks.c.value).where(marks.c.key == key)).scalar_one_or_none()

    def write(self, key: str, value: str, now: dt.datetime) -> None:
        """Set a mark."""
        frame = pl.DataFrame({"key": [key], "value": [value], "updated_at": pl.Series([now], dtype=TIME)})
        with self.database.begin() as connection:
            _MARKS.rows(connection, frame)
