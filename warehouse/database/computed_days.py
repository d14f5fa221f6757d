"""Which days were computed from what, so that those gone out of date can be named."""

import datetime as dt
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
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
    "row_counts": pl.String,
}

ONE_DAY = dt.timedelta(days=1)
_DAYS = Insert(computed_days, "replace")


@dataclass(frozen=True)
class ComputedDay:
    """A day of a sport as it was last computed: digests of its answers, of the state carried in and out, of the rules.

    `row_counts` holds the rows that the day's partitions had then, of all sports together; a table that is not named may
    have any number.
    """

    sport_key: str
    date: dt.date
    input_digest: str
    carry_in_digest: str
    carry_out_digest: str
    rules_digest: str
    computed_at: dt.datetime
    row_counts: Mapping[str, int] = field(default_factory=dict, hash=False)


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
        with self.database.read() as connection:
            return _days(connection, _between(query, first, last))

    def dates(self, *, first: dt.date | None = None, last: dt.date | None = None) -> list[dt.date]:
        """The dates on which a day of any sport was computed, in order."""
        query = _between(sa.select(computed_days.c.date).distinct().order_by(computed_days.c.date), first, last)
        with self.database.read() as connection:
            return list(connection.execute(query).scalars())

    def write(self, days: Collection[ComputedDay]) -> None:
        """Record these days, in place of what was recorded about them."""
        with self.database.begin() as connection:
            _write(connection, days)

    def forget(self, sport_key: str | None, dates: Collection[dt.date]) -> int:
        """Remove days from the record, of all sports when none is named; gives how many were there."""
        query = sa.delete(computed_days).where(computed_days.c.date.in_(sorted(dates)))
        if sport_key is not None:
            query = query.where(computed_days.c.sport_key == sport_key)
        with self.database.begin() as connection:
            return connection.execute(query).rowcount

    def count_anew(self, date: dt.date, row_counts: Mapping[str, int]) -> None:
        """Put these row counts in the place of those recorded for a day, where it is recorded."""
        with self.database.begin() as connection:
            days = [
                day for day in _locked(connection, date, date) if {**day.row_counts, **row_counts} != day.row_counts
            ]
            _write(connection, [replace(day, row_counts={**day.row_counts, **row_counts}) for day in days])

    def stop_counting(self, table: str, before: dt.date) -> None:
        """Let a table have any number of rows on all days before this one: they are no longer kept."""
        with self.database.begin() as connection:
            days = [day for day in _locked(connection, None, before - ONE_DAY) if table in day.row_counts]
            _write(connection, [replace(day, row_counts=_without(day.row_counts, table)) for day in days])


def _between(query: sa.Select[Any], first: dt.date | None, last: dt.date | None) -> sa.Select[Any]:
    if first is not None:
        query = query.where(computed_days.c.date >= first)
    return query if last is None else query.where(computed_days.c.date <= last)


def _locked(connection: sa.Connection, first: dt.date | None, last: dt.date | None) -> list[ComputedDay]:
    """The computed days of a range, which nobody changes before this transaction ends."""
    return _days(connection, _between(sa.select(computed_days).with_for_update(), first, last))


def _days(connection: sa.Connection, query: sa.Select[Any]) -> list[ComputedDay]:
    rows = connection.execute(query).mappings()
    return [ComputedDay(**{**row, "row_counts": json.loads(row["row_counts"])}) for row in rows]


def _write(connection: sa.Connection, days: Collection[ComputedDay]) -> None:
    rows = {(day.sport_key, day.date): asdict(day) | {"row_counts": _as_json(day.row_counts)} for day in days}
    _DAYS.rows(connection, pl.DataFrame(list(rows.values()), schema=SCHEMA))


def _as_json(row_counts: Mapping[str, int]) -> str:
    return json.dumps(dict(sorted(row_counts.items())), separators=(",", ":"))


def _without(row_counts: Mapping[str, int], table: str) -> dict[str, int]:
    return {name: count for name, count in row_counts.items() if name != table}
