"""Which days were computed from what, so that those gone out of date can be named."""

import datetime as dt
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl
import sqlalchemy as sa

from warehouse.database.engine import Database
from warehouse.database.inserting import Insert
from warehouse.database.operations import computed_days
from warehouse.tables import TIME

SCHEMA: dict[str, Any] = {
    "sport_key": pl.String,
    "date": pl.Date,
    "input_digest": pl.String,
    "carry_in_digest": pl.String,
    "carry_out_digest": pl.String,
    "rules_digest": pl.String,
    "computed_at": TIME,
}

_DAYS = Insert(computed_days, "replace")


@dataclass(frozen=True)
class ComputedDay:
    """A day of a sport as it was last computed: digests of its answers, of the state carried in and out, of the rules."""

    sport_key: str
    date: dt.date
    input_digest: str
    carry_in_digest: str
    carry_out_digest: str
    rules_digest: str
    computed_at: dt.datetime


class ComputedDays:
    """Reads and writes the record of computed days."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def read(
        self, sport_key: str | None = None, *, first: dt.date | None = None, last: dt.date | None = None
    ) -> list[ComputedDay]:
        """The computed days, of one sport and range if named, by sport and date."""
        query = sa.select(computed_days).order_by(computed_days.c.sport_key, computed_days.c.date)
        if sport_key is not None:
            query = query.where(computed_days.c.sport_key == sport_key)
        if first is not None:
            query = query.where(computed_days.c.date >= first)
        if last is not None:
            query = query.where(computed_days.c.date <= last)
        with self.database.read() as connection:
            return [ComputedDay(**row) for row in connection.execute(query).mappings()]

    def write(self, days: Collection[ComputedDay]) -> None:
        """Record these days, in place of what was recorded about them."""
        rows = {(day.sport_key, day.date): asdict(day) for day in days}
        frame = pl.DataFrame(list(rows.values()), schema=SCHEMA)
        with self.database.begin() as connection:
            _DAYS.rows(connection, frame)

    def forget(self, sport_key: str, dates: Collection[dt.date]) -> int:
        """Remove days from the record; gives how many were there."""
        named = (computed_days.c.sport_key == sport_key) & computed_days.c.date.in_(sorted(dates))
        with self.database.begin() as connection:
            return connection.execute(sa.delete(computed_days).where(named)).rowcount
