"""Rows as one JSON document: `{"items": [...]}`."""

from collections.abc import Collection

import msgspec
import polars as pl


class JsonEncoder:
    """An object per row. Times are in UTC, numbers that are none are null; a document that broke off is no JSON."""

    def __init__(self, schema: pl.Schema, *, json_columns: Collection[str] = ()) -> None:
        self.objects = [name for name in schema if name in json_columns]
        self.comma = b""

    def begin(self) -> bytes:
        """The document up to its first row."""
        return b'{"items":['

    def rows(self, frame: pl.DataFrame) -> bytes:
        """Some rows, with a comma before them unless they are the first."""
        if frame.is_empty():
            return b""
        made = frame.to_dicts()
        for name in self.objects:
            for row in made:
                if row[name] is not None:
                    row[name] = msgspec.Raw(row[name].encode())
        comma, self.comma = self.comma, b","
        return comma + msgspec.json.encode(made)[1:-1]

    def end(self) -> bytes:
        """The end of the document."""
        return b"]}"
