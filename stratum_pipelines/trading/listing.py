"""Trades as they are asked for: some of them, the newest first."""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from stratum_pipelines.reference.currencies import load_currencies
from warehouse.lake import Lake
from warehouse.tables import Trades


@dataclass(frozen=True)
class Asked:
    """Which trades are asked for: those that are equal in every text that is not "", entered from `first` to `last`."""

    account: str = ""
    strategy: str = ""
    symbol: str = ""
    status: str = ""
    source: str = ""
    first: dt.date | None = None
    last: dt.date | None = None


def trades_of(lake: Lake, asked: Asked, limit: int | None = None) -> pl.DataFrame:
    """The trades, all columns, the newest entry first; at most `limit` of them."""
    rows = lake.scan(Trades, first=asked.first, last=asked.last)
    for name in ("account", "strategy", "symbol", "status", "source"):
        if wanted := getattr(asked, name):
            rows = rows.filter(pl.col(name) == (wanted.upper() if name == "symbol" and wanted.isalpha() else wanted))
    rows = rows.sort("entry_at", "trade_id", descending=[True, False])
    return (rows if limit is None else rows.head(limit)).collect(engine="streaming")


def for_a_person(trades: pl.DataFrame) -> pl.DataFrame:
    """The columns that are read most, money in its currency: 12.30 and not 1230."""
    decimals = {code: str(places) for code, places in load_currencies().items()}
    places = pl.col("currency").replace_strict(decimals, default="2").cast(pl.Int64)

    def written(name: str) -> pl.Expr:
        """Whole units, a point and the rest, by text: nothing is rounded."""
        size = pl.col(name).abs()
        unit = pl.lit(10, pl.Int64).pow(places)
        rest = (size % unit).cast(pl.String).str.zfill(places)
        sign = pl.when(pl.col(name) < 0).then(pl.lit("-")).otherwise(pl.lit(""))
        whole = pl.concat_str(sign, (size // unit).cast(pl.String))
        return pl.when(places > 0).then(pl.concat_str(whole, pl.lit("."), rest)).otherwise(whole)

    return trades.select(
        pl.col("entry_at").dt.strftime("%Y-%m-%d %H:%M").alias("entered"),
        "symbol",
        "direction",
        pl.coalesce(pl.col("volume").cast(pl.String), written("stake")).alias("size"),
        pl.col("entry_price").alias("entry"),
        pl.col("exit_price").alias("exit"),
        written("profit").alias("profit"),
        "currency",
        "status",
        pl.col("exit_reason").alias("ended"),
    )
