"""Rows as CSV (RFC 4180) that a spreadsheet can open without being made to calculate."""

from collections.abc import Collection

import polars as pl

# What a spreadsheet takes for the beginning of a formula, wide forms included; it passes over space before it. A tab or
# the end of a line may do the same. OWASP, "CSV Injection".
FORMULA = r"^\s*[=+\-@＝＋－＠]|^[\t\r\n]"
LIST_SEPARATOR = "|"


class CsvEncoder:
    """A header, then a line per row, ended by CR LF. Times are ISO 8601 in UTC, lists are joined by `|`, null and what is no number are empty.

    Text that a spreadsheet would calculate gets an apostrophe before it; numbers stay numbers.
    """

    def __init__(self, schema: pl.Schema, *, json_columns: Collection[str] = ()) -> None:
        del json_columns  # text stays text
        self.schema = schema
        self.cells = [_cell(name, dtype) for name, dtype in schema.items()]

    def begin(self) -> bytes:
        """The header."""
        return _lines(pl.DataFrame(schema=dict.fromkeys(self.schema, pl.String)), with_header=True)

    def rows(self, frame: pl.DataFrame) -> bytes:
        """Some lines."""
        return _lines(frame.select(self.cells), with_header=False)

    def end(self) -> bytes:
        """Nothing."""
        return b""


def _cell(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        return column.dt.strftime("%Y-%m-%dT%H:%M:%S.%6fZ")
    if dtype.is_float():
        return column.fill_nan(None)
    if isinstance(dtype, pl.List):
        column = column.list.join(LIST_SEPARATOR)
    elif dtype != pl.String:
        return column
    return pl.when(column.str.contains(FORMULA)).then(pl.lit("'") + column).otherwise(column).alias(name)


def _lines(frame: pl.DataFrame, *, with_header: bool) -> bytes:
    return frame.write_csv(include_header=with_header, line_terminator="\r\n").encode()
