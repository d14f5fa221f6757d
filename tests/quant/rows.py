"""Rows of a table by the few fields a test is about."""

from typing import Any

import polars as pl

from warehouse.tables import TIME, Table


def table(kind: type[Table], rows: list[dict[str, Any]]) -> pl.DataFrame:
    """The rows in the declared types; what they say nothing about is null. Times are UTC microseconds."""
    wanted = kind.schema()
    plain = {name: pl.Int64 if dtype == TIME else dtype for name, dtype in wanted.items()}
    return pl.DataFrame([{name: row.get(name) for name in plain} for row in rows], schema=plain).cast(dict(wanted))
