"""Trades taken away: a choice of them in one file, written as they are read."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import polars as pl

from stratum_pipelines.trading.chosen import Choice, chosen
from warehouse.formats import CsvEncoder, Encoder, JsonEncoder, ParquetEncoder
from warehouse.lake import Lake
from warehouse.tables import Trades

FORMATS: dict[str, type[Encoder]] = {"csv": CsvEncoder, "json": JsonEncoder, "parquet": ParquetEncoder}
ROWS_AT_ONCE = 20_000


def export_trades(lake: Lake, choice: Choice, form: str, file: BinaryIO) -> int:
    """How many trades of the choice were written to the file: all columns, in the order of entry and then id.

    Money stays whole: minor units beside their currency. A day is read at a time, and written in pieces. In CSV, text that a
    spreadsheet would take for a formula has an apostrophe before it.
    """
    encoder = FORMATS[form](Trades.empty().schema)
    file.write(encoder.begin())
    written = 0
    for part in _parts(lake, choice):
        file.write(encoder.rows(part))
        written += part.height
    file.write(encoder.end())
    return written


def export_to(lake: Lake, choice: Choice, form: str, path: Path) -> int:
    """As `export_trades`, into a file that is there whole or, where something goes wrong, as it was before."""
    unfinished = path.with_name(f".{path.name}.part")
    try:
        with unfinished.open("wb") as file:
            written = export_trades(lake, choice, form, file)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return written


def _parts(lake: Lake, choice: Choice) -> Iterator[pl.DataFrame]:
    """The trades in pieces, none empty."""
    margin = dt.timedelta(days=1)
    rows = chosen(lake, choice)
    for day in lake.days(Trades):
        # A day of a zone lies in two days of UTC; which trades are meant, the choice says.
        if (choice.first and day < choice.first - margin) or (choice.last and day > choice.last + margin):
            continue
        begin = dt.datetime.combine(day, dt.time.min, dt.UTC)
        within = pl.col("entry_at").is_between(begin, begin + margin, closed="left")
        yield from (part for part in rows.filter(within).collect().iter_slices(ROWS_AT_ONCE) if part.height)
