"""Valid rows of any table, made from its declaration alone."""

import datetime as dt

import polars as pl

from warehouse.tables import TIME, Column, Table

DAY = dt.date(2025, 9, 7)
NEXT = dt.date(2025, 9, 8)


def sample(table: type[Table], n: int = 3, *, day: dt.date = DAY, start: int = 0) -> pl.DataFrame:
    """`n` rows with different keys, numbered from `start`; the times of row i are i seconds into the day."""
    numbers = range(start, start + n)
    return pl.DataFrame(
        {name: [value(column, i, day) for i in numbers] for name, column in table.columns.items()},
        schema=table.schema(),
    )


def value(column: Column, i: int, day: dt.date) -> object:
    """The value of row i."""
    if column.one_of:
        return column.one_of[0]
    if column.dtype == TIME:
        return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC) + dt.timedelta(seconds=i % 86_400)
    if column.dtype == pl.Float64:
        if column.at_most is not None:
            return column.at_most / 2
        return 1.5 + i
    if column.dtype in (pl.Int32, pl.Int64):
        return 100 + i
    values = {pl.String: f"{column.name} {i}", pl.Boolean: True, pl.Binary: b"bytes %d" % i}
    # The columns that pick a shard stay the same, or a table would have a file per row.
    if column.name in ("sport_key", "provider"):
        return "one"
    return values.get(column.dtype, [f"a {i}", "b"])


def count(frame: pl.LazyFrame) -> int:
    """How many rows a lazy frame has."""
    return frame.select(pl.len()).collect().item()
