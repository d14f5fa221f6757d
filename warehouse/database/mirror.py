"""Database tables made from the table classes, so that a column list is written once."""

from collections.abc import Sequence
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from warehouse.database.types import TextList, UtcTime
from warehouse.tables import TIME, Table

# Constraints get names of ours: a migration can then drop them on either engine.
METADATA = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

SQL_TYPES: dict[Any, TypeEngine[Any]] = {
    pl.String: sa.Text(),
    pl.Float64: sa.Double(),
    pl.Int32: sa.Integer(),
    pl.Int64: sa.BigInteger(),
    pl.Boolean: sa.Boolean(),
    pl.Binary: sa.LargeBinary(),
    TIME: UtcTime(),
    pl.List(pl.String): TextList(),
}


def mirror(
    table: type[Table], *, name: str = "", key: Sequence[str] = (), indexes: Sequence[Sequence[str]] = ()
) -> sa.Table:
    """The database table with the columns of a table class; `name` and `key` are the class's own unless given.

    Bounds are not repeated as constraints: what is written here was checked where the lake wrote it.
    """
    key = key or table.key
    columns = [
        sa.Column(column.name, SQL_TYPES[column.dtype], primary_key=column.name in key, nullable=column.nullable)
        for column in table.columns.values()
    ]
    mirrored = sa.Table(name or table.name, METADATA, *columns)
    for index in indexes:
        sa.Index(None, *(mirrored.c[column] for column in index))
    return mirrored
