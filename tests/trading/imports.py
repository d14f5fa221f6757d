"""Imports for tests: a file written and brought in, and what stands in the lake afterwards."""

import datetime as dt
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from stratum_pipelines.trading.importing import ImportedFile, Wanted, import_file
from warehouse.lake import Lake
from warehouse.tables import Quarantine, Table, Trades

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
HEADER = "ticket,symbol,direction,volume,entry_price,exit_price,entry_at,exit_at,gross_profit,swap"
# 50 pips of EURUSD on 0.1 lots: 50.00 before fees, 0.35 credited as swap.
LINE = "1,EURUSD,buy,0.10,1.1000,1.1050,2026-05-04 10:00:00,2026-05-04 12:30:00,50.00,0.35"


class Desk:
    """A lake, a folder for files, and the account they are of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lake = Lake(folder / "lake")

    def file(self, name: str, content: str | bytes) -> Path:
        """A file with this content."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def bring(self, content: str | bytes | Path, name: str = "trades.csv", **wanted: Any) -> ImportedFile:
        """What became of a file with this content, dollars and UTC unless something else is wanted."""
        path = content if isinstance(content, Path) else self.file(name, content)
        options: dict[str, Any] = {"account": "demo", "currency": "USD", "zone": ZoneInfo("UTC")} | wanted
        as_of = options.pop("as_of", NOW)
        return import_file(self.lake, path, Wanted(**options), as_of=as_of)

    def table(self, table: type[Table] = Trades) -> pl.DataFrame:
        """All rows of a table, by its key."""
        return self.lake.scan(table).collect().sort(list(table.key))

    def trades(self) -> list[dict[str, Any]]:
        """The trades in order of their entries."""
        return self.lake.scan(Trades).collect().sort("entry_at", "trade_id").to_dicts()

    def refused(self) -> list[tuple[str, str]]:
        """Reason and value of everything in quarantine, in order of reasons and values."""
        return sorted(self.table(Quarantine).select("reason", "value").rows())


def csv_of(*lines: str, header: str = HEADER) -> str:
    """A CSV of these lines."""
    return "\n".join((header, *lines)) + "\n"


def changed(**values: str) -> str:
    """The usual line with some other values."""
    cells = dict(zip(HEADER.split(","), LINE.split(","), strict=True)) | values
    return ",".join(cells.values())
