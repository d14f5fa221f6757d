"""Rows of a query for a person, a spreadsheet or a program."""

import base64
import json
from collections.abc import Iterator
from typing import Any, TextIO

import polars as pl
from rich import box
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from stratum_pipelines.commands.output import counted

MOST_ROWS = 50
MOST_RECORDS = 10
MOST_LETTERS = 60
ROWS_AT_ONCE = 20_000
LONGEST_WHOLE = 2**63


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame in types every reader knows: bytes as base64, sums as whole numbers where they are whole."""
    return frame.with_columns(_plain(column) for column in frame.get_columns())


def _plain(column: pl.Series) -> pl.Series:
    dtype = column.dtype
    if dtype == pl.Binary:
        return column.bin.encode("base64")
    if isinstance(dtype, pl.Decimal):
        highest: Any = column.abs().max()
        is_whole = dtype.scale == 0 and (highest is None or highest < LONGEST_WHOLE)
        return column.cast(pl.Int64 if is_whole else pl.Float64)
    if dtype.is_nested() and "Binary" in str(dtype):
        return pl.Series(column.name, [_as_json(value) for value in column.to_list()], dtype=pl.String)
    return column


def _as_json(value: object) -> str | None:
    return None if value is None else json.dumps(value, default=_known, ensure_ascii=False)


def _known(value: object) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def write_csv(frame: pl.DataFrame, file: TextIO) -> None:
    """All rows as CSV: times as ISO 8601 with their zone, lists of text joined by spaces, other nested values as JSON."""
    file.write(_flat(frame.clear()).write_csv())
    for start in range(0, frame.height, ROWS_AT_ONCE):
        file.write(_flat(frame.slice(start, ROWS_AT_ONCE)).write_csv(include_header=False))


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    return plain(frame).with_columns(_flat_column(column) for column in plain(frame).get_columns())


def _flat_column(column: pl.Series) -> pl.Series:
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone:
        return column.dt.to_string("iso:strict")
    if column.dtype == pl.List(pl.String):
        return column.list.join(" ")
    if column.dtype.is_nested():
        return pl.Series(column.name, [_as_json(value) for value in column.to_list()], dtype=pl.String)
    return column


def write_json(frame: pl.DataFrame, file: TextIO) -> None:
    """All rows as one JSON array, an object per line; times as ISO 8601, NaN as null."""
    file.write("[")
    for start in range(0, frame.height, ROWS_AT_ONCE):
        lines = plain(frame.slice(start, ROWS_AT_ONCE)).write_ndjson().rstrip("\n")
        file.write((",\n" if start else "\n") + lines.replace("\n", ",\n"))
    file.write("\n]\n" if frame.height else "]\n")


def print_rows(frame: pl.DataFrame, console: Console) -> None:
    """The first rows as a table, or one below the other where a table would be wider than the console."""
    shown = frame.head(MOST_ROWS)
    cells = {column.name: [_cell(value) for value in column.to_list()] for column in shown.get_columns()}
    widths = [max(map(len, (name, *values))) for name, values in cells.items()]
    if not cells:
        console.print("[dim]The query gave nothing.[/dim]")
        return
    if sum(widths) + 3 * len(widths) <= console.width:
        _print_table(shown, cells, console)
        n = shown.height
    else:
        n = _print_records(cells, shown.height, console)
    rest = "" if n == frame.height else f", the first {n} shown; all of them with --format csv or json"
    console.print(f"[dim]{counted(frame.height, 'row')}{rest}[/dim]")


def _print_table(shown: pl.DataFrame, cells: dict[str, list[str]], console: Console) -> None:
    grid = Grid(box=box.SIMPLE_HEAD, header_style="bold", show_edge=False, pad_edge=False)
    for name, dtype in shown.schema.items():
        grid.add_column(Text(name), justify="right" if dtype.is_numeric() else "left", no_wrap=True)
    for row in zip(*cells.values(), strict=True):
        grid.add_row(*(Text(value, style="dim" if value == "null" else "") for value in row))
    console.print(grid)


def _print_records(cells: dict[str, list[str]], height: int, console: Console) -> int:
    """A line per column; returns how many rows were printed."""
    broad = max(map(len, cells))
    n = min(height, MOST_RECORDS)
    if not height:
        console.print(Text("columns: " + ", ".join(cells)))
    for i in range(n):
        console.print(Text(f"row {i + 1}", style="bold"))
        for line in _lines(cells, i, broad):
            console.print(line, soft_wrap=True)
    return n


def _lines(cells: dict[str, list[str]], row: int, broad: int) -> Iterator[Text]:
    for name, values in cells.items():
        yield Text.assemble((f"  {name:<{broad}}  ", "cyan"), values[row])


def _cell(value: Any) -> str:
    """A value as a person reads it, cut where it is long."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return counted(len(value), "byte")
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1e6 else f"{value:,.2f}"
    if isinstance(value, list):
        text = ", ".join(_cell(item) for item in value)
    else:
        text = str(value).removesuffix("+00:00")
    text = " ".join(text.split())
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1] + "…"
