"""Trades taken away: a choice of them in one file, written as they are read."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import polars as pl

from stratum_pipelines.trading.chosen import Choice, chosen, days_within
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
    first, last = days_within(choice)
    for day in lake.days(Trades):
        if (first is None or day >= first) and (last is None or day <= last):
            # Only that day is read: a scan of the whole table looks into every file of it.
            rows = chosen(lake, choice, on=day).collect()
            yield from (part for part in rows.iter_slices(ROWS_AT_ONCE) if part.height)
