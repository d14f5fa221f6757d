"""What every format is written by: a beginning, pieces of rows, an end."""

from collections.abc import Collection
from typing import Protocol

import polars as pl


class Encoder(Protocol):
    """Writes one document. Each call gives the bytes that are ready then; together they are the document."""

    def __init__(self, schema: pl.Schema, *, json_columns: Collection[str] = ()) -> None:
        """`schema` is that of every piece; `json_columns` hold JSON as text, which formats that know objects write as such."""

    def begin(self) -> bytes:
        """What stands before the first row."""

    def rows(self, frame: pl.DataFrame) -> bytes:
        """Some rows."""

    def end(self) -> bytes:
        """What stands after the last row."""
