"""Writes frames into database tables in as few round trips as each engine allows.

SQLite gets one prepared statement for all rows, PostgreSQL one statement that unnests an array per column (half the
time of a statement per row). Both go to the driver directly: per row, SQLAlchemy would cost more than the database.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl
import sqlalchemy as sa

from warehouse.database.types import list_as_json
from warehouse.tables import TIME

# Bounds the memory of one statement on PostgreSQL.
ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class Insert:
    """How frames go into a table.

    When the conflicting columns (by default the primary key) meet a row that is there: `replace` takes the new values
    (only where the new `newest_by` is not before the stored one, when that is named), `keep` leaves the stored row,
    `refuse` fails. `returning` names a column whose values are given back for the rows that were written.
    """

    table: sa.Table
    on_conflict: Literal["replace", "keep", "refuse"] = "refuse"
    conflict: tuple[str, ...] = ()
    newest_by: str = ""
    returning: str = ""
    statements: dict[Any, str] = field(default_factory=dict, compare=False, repr=False)

    def rows(self, connection: sa.Connection, frame: pl.DataFrame) -> list[Any]:
        """Write the rows of a frame, whose columns are columns of the table; gives the values of `returning`."""
        if frame.is_empty():
            return []
        columns = tuple(frame.columns)
        dialect = connection.dialect
        sql = self.statements.get((columns, dialect.name))
        if sql is None:
            sql = self.statements[columns, dialect.name] = self._statement(columns, dialect)
        if dialect.name == "sqlite":
            rows = list(zip(*(_values(column, as_micros=True) for column in frame.iter_columns()), strict=True))
            if self.returning:  # the driver returns rows of single statements only
                return [found[0] for row in rows for found in connection.exec_driver_sql(sql, row)]
            connection.exec_driver_sql(sql, rows)
            return []
        written: list[Any] = []
        for part in frame.iter_slices(ROWS_AT_ONCE):
            result = connection.exec_driver_sql(
                sql, tuple(_values(column, as_micros=False) for column in part.iter_columns())
            )
            if self.returning:
                written += result.scalars()
        return written

    def _statement(self, columns: tuple[str, ...], dialect: sa.Dialect) -> str:
        quote = dialect.identifier_preparer.quote
        table, names = quote(self.table.name), [quote(name) for name in columns]
        if dialect.name == "sqlite":
            source = f"values ({', '.join('?' for _ in names)})"
        else:
            types = [self.table.c[name].type.compile(dialect) for name in columns]
            # %b sends the arrays in PostgreSQL's binary form, which halves the time again.
            arrays = ", ".join(f"%b::{sql_type}[]" for sql_type in types)
            source = f"select * from unnest({arrays})"  # noqa: S608 - type names of our own declarations
        sql = f"insert into {table} ({', '.join(names)}) {source}"
        if self.on_conflict != "refuse":
            sql += self._conflict(columns, table, quote)
        return sql + (f" returning {quote(self.returning)}" if self.returning else "")

    def _conflict(self, columns: tuple[str, ...], table: str, quote: Any) -> str:
        target = self.conflict or tuple(column.name for column in self.table.primary_key)
        sql = f" on conflict ({', '.join(map(quote, target))})"
        if self.on_conflict == "keep":
            return f"{sql} do nothing"
        changes = ", ".join(f"{quote(name)} = excluded.{quote(name)}" for name in columns if name not in target)
        newest = quote(self.newest_by) if self.newest_by else ""
        return f"{sql} do update set {changes}" + (f" where excluded.{newest} >= {table}.{newest}" if newest else "")


def _values(column: pl.Series, *, as_micros: bool) -> list[Any]:
    """The values as the driver takes them: lists as JSON, times as microseconds where the engine has none.

    Series by series: an expression over the frame would cost more than writing it.
    """
    if isinstance(column.dtype, pl.List):
        return [None if one is None else list_as_json(one) for one in column.to_list()]
    if as_micros and column.dtype == TIME:
        return column.cast(pl.Int64).to_list()
    if as_micros and column.dtype == pl.Date:
        return column.dt.to_string("iso").to_list()
    return column.to_list()
