"""Trades for tests: what closed when, with which profit."""

import datetime as dt
from collections.abc import Sequence

import polars as pl

START = dt.datetime(2025, 1, 6, 12, tzinfo=dt.UTC)  # a Monday
SCHEMA = {
    "entry_at": pl.Datetime("us", "UTC"),
    "exit_at": pl.Datetime("us", "UTC"),
    "commence_at": pl.Datetime("us", "UTC"),
    "profit": pl.Int64,
    "stake": pl.Int64,
    "status": pl.String,
    "currency": pl.String,
}


def trades(
    profits: Sequence[int],
    *,
    exits: Sequence[dt.datetime] | None = None,
    hours: float = 1.0,
    stake: int = 1000,
    status: str = "closed",
    currency: str = "USD",
) -> pl.LazyFrame:
    """One trade per profit, a day apart unless `exits` says when they close; each is open for `hours`."""
    at = list(exits) if exits is not None else [START + dt.timedelta(days=day) for day in range(len(profits))]
    rows = [
        (exit_at - dt.timedelta(hours=hours), exit_at, exit_at, profit, stake, status, currency)
        for exit_at, profit in zip(at, profits, strict=True)
    ]
    return pl.LazyFrame(rows, schema=SCHEMA, orient="row")
