"""Trades for the tests of what is told of them: bets on games, a few hours long, in cents of a dollar."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl

from stratum_pipelines.trading.ledger import record
from warehouse.lake import Lake
from warehouse.tables import EquityPoints, Trades

NOON = dt.datetime(2025, 9, 1, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
TEXTS = {
    **dict.fromkeys(("setup_id", "timeframe", "signal_id", "event_id", "import_id", "import_line"), ""),
    "account": "paper",
    "strategy": "MOVE",
    "strategy_version": "2",
    "symbol": "americanfootball_nfl",
    "trade_type": "bet",
    "direction": "back",
    "currency": "USD",
    "source": "paper",
    "status": "closed",
    "market": "spreads",
    "outcome": "Kansas City Chiefs",
    "bookmaker": "pinnacle",
    "exit_reason": "win",
}


def bet(number: int, profit: int | None, *, day: int = 0, **more: Any) -> dict[str, Any]:
    """A bet of 10.00 entered at noon so many days after the first of September 2025, that ended an hour later."""
    entered = NOON + dt.timedelta(days=day)
    is_open = profit is None
    row = {
        **dict.fromkeys(Trades.columns),
        **TEXTS,
        "trade_id": f"{number:032x}",
        "stake": 1_000,
        "entry_price": 1.91,
        "point": -3.5,
        "fees": 0,
        "entry_at": entered,
        "exit_at": None if is_open else entered + HOUR,
        "duration_hours": None if is_open else 1.0,
        "commence_at": entered + HOUR / 2,
        "profit": profit,
        "recorded_at": NOON,
    }
    if is_open:
        row |= {"status": "open", "exit_reason": None}
    return row | more


def deposit(number: int, amount: int, *, day: int = -1, **more: Any) -> dict[str, Any]:
    """Money that came in so many days after the first bet."""
    return {
        "equity_point_id": f"{number:032x}",
        "account": "paper",
        "kind": "deposit",
        "currency": "USD",
        "source": "paper",
        "import_id": "",
        "import_line": "",
        "noted_at": NOON + dt.timedelta(days=day),
        "amount": amount,
        "balance": None,
        "equity": None,
        "recorded_at": NOON,
    } | more


def lake_of(folder: Path, trades: list[dict[str, Any]], points: list[dict[str, Any]] = []) -> Lake:  # noqa: B006  (only read)
    """A lake with these trades and equity points."""
    lake = Lake(folder / "lake")
    for table, rows in ((Trades, trades), (EquityPoints, points)):
        if rows:
            frame = pl.DataFrame(rows, schema={name: column.dtype for name, column in table.columns.items()})
            record(lake, table, frame)
    return lake
