"""Marks: small values that must outlive a process, such as how far something has been read."""

import datetime as dt
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

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

    def swap(self, key: str, old: str | None, new: str | None, now: dt.datetime) -> bool:
        """Whether the mark was `old`, and is now `new`; None stands for no mark. One statement decides."""
        mine = (marks.c.key == key) & (marks.c.value == old)
        change: sa.UpdateBase
        if old is None and new is None:
            return self.read(key) is None
        if old is None:
            dialect: Any = sqlite if self.database.is_sqlite else postgresql
            change = dialect.insert(marks).values(key=key, value=new, updated_at=now).on_conflict_do_nothing()
        elif new is None:
            change = sa.delete(marks).where(mine)
        else:
            change = sa.update(marks).where(mine).values(value=new, updated_at=now)
        with self.database.begin() as connection:
            return connection.execute(change.returning(marks.c.key)).scalar_one_or_none() is not None
