"""Trades and notes of accounts for the tests of analytics, written into a lake as a ledger would: a day at a time."""

import datetime as dt
import hashlib
from typing import Any

import polars as pl

from tests.warehouse.frames import sample
from warehouse.lake import Lake
from warehouse.tables import EquityPoints, Trades

NOON = dt.datetime(2025, 1, 6, 12, tzinfo=dt.UTC)  # a Monday
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def trade(number: int, exit_at: dt.datetime, profit: int | None, **changed: Any) -> dict[str, Any]:
    """A closed paper bet of 10.00 USD that began an hour before it ended, and was recorded as it ended."""
    plain = sample(Trades, 1).row(0, named=True)
    told = {
        "trade_id": hashlib.sha256(f"{number}".encode()).hexdigest()[:32], "account": "paper", "strategy": "steam",
        "symbol": "football", "trade_type": "bet", "direction": "back", "stake": 1000, "volume": None, "entry_at": exit_at - HOUR,
        "exit_at": exit_at, "commence_at": exit_at, "profit": profit, "currency": "USD", "status": "closed", "source": "paper",
        "signal_id": "", "recorded_at": exit_at, "exit_reason": "win", "fees": 0,
    }  # fmt: skip
    return {**plain, **told, **changed}


def put(lake: Lake, *trades: dict[str, Any]) -> None:
    """Add trades to the days they were entered on."""
    rows = pl.DataFrame(list(trades), schema=Trades.schema())
    for (day,), part in rows.group_by(pl.col("entry_at").dt.date(), maintain_order=True):
        kept = lake.scan(Trades, first=day, last=day).collect().join(part, on="trade_id", how="anti")
        lake.replace(Trades, day, pl.concat([kept, part]).sort("trade_id"))


def note(lake: Lake, number: int, noted_at: dt.datetime, kind: str, **changed: Any) -> None:
    """Add a note of the account of paper bets."""
    plain = sample(EquityPoints, 1).row(0, named=True)
    told = {
        "equity_point_id": f"{number:032x}", "account": "paper", "noted_at": noted_at, "kind": kind, "amount": 0, "balance": None,
        "equity": None, "currency": "USD", "source": "paper", "recorded_at": noted_at,
    }  # fmt: skip
    rows = pl.DataFrame([{**plain, **told, **changed}], schema=EquityPoints.schema())
    lake.append(EquityPoints, rows, batch=f"n{number}")


def worked_week(lake: Lake) -> None:
    """The example of docs/methodology/performance.md: 1,000.00, and five days that bring 100, -110, 55, 110 and -115.50."""
    for number, profit in enumerate((10_000, -11_000, 5_500, 11_000, -11_550)):
        put(lake, trade(number, NOON + number * DAY, profit))
    note(lake, 0, NOON - 2 * HOUR, "deposit", amount=100_000, balance=100_000)
