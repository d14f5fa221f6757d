"""Random trades and the signals they followed: seeded, valid, fast to make in any number."""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl

from warehouse.tables import Signals, Table, Trades

CURRENCIES = ("USD", "JPY", "BHD")
STRATEGIES = ("steam", "key_cross", "breakout", "")
SYMBOLS = ("americanfootball_nfl", "basketball_nba", "soccer_epl", "EURUSD", "XAUUSD", "USDJPY")
SOURCES = ("bot", "manual", "paper", "backtest")
SIGNAL_TYPES = ("STEAM", "DISLOCATION", "KEY_CROSS")
HOUR_US = 3_600_000_000
PER_SIGNAL = 20


def ids(chance: np.random.Generator, n: int) -> list[str]:
    """That many ids of 32 hex digits."""
    text = chance.bytes(16 * n).hex()
    return [text[32 * i : 32 * i + 32] for i in range(n)]


def signals(chance: np.random.Generator, day: dt.date, n: int) -> pl.DataFrame:
    """Signals detected on a day."""
    moments = np.sort(chance.integers(0, 24 * HOUR_US, n)) + start_of(day)
    kinds = [SIGNAL_TYPES[i] for i in chance.integers(0, len(SIGNAL_TYPES), n)]
    columns = dict.fromkeys(Signals.columns) | {
        "signal_id": ids(chance, n),
        "signal_type": kinds,
        "display_type": kinds,
        "rule_version": ["1"] * n,
        "event_id": ids(chance, n),
        "sport_key": [SYMBOLS[i] for i in chance.integers(0, 3, n)],
        "market": ["spreads"] * n,
        "outcome": ["Home"] * n,
        "direction": ["home"] * n,
        "detected_at": moments,
        "commence_at": moments + 5 * HOUR_US,
        "minutes_to_start": [300.0] * n,
        "time_bucket": ["3-6h"] * n,
        "n_books": [3] * n,
        "n_groups": [3] * n,
        "bookmakers": [["a", "b", "c"]] * n,
        "window_s": [300.0] * n,
        "entry_point": [-3.5] * n,
        "entry_price_decimal": [1.91] * n,
        "entry_bookmaker": ["fanduel"] * n,
        "strength_score": [60] * n,
        "composite_score": [60.0] * n,
        "score_source": ["composite"] * n,
        "priority": ["Medium"] * n,
        "is_structural_core": [False] * n,
        "meta": ["{}"] * n,
        "response_id": ids(chance, n),
    }
    return framed(Signals, columns)


def trades(
    chance: np.random.Generator, day: dt.date, n: int, followed: pl.DataFrame | None = None, held_hours: float = 30.0
) -> pl.DataFrame:
    """Trades entered on a day: about half of them bets; some are open, void or cancelled, some came out even.

    Bets of the first two sources follow one of the signals in `followed`. They are held for `held_hours` at most.
    """
    entered = np.sort(chance.integers(0, 24 * HOUR_US, n)) + start_of(day)
    held = (chance.random(n) ** 3 * held_hours * HOUR_US).astype(np.int64)
    is_bet = chance.random(n) < 0.5
    status = np.where(
        chance.random(n) < 0.97, "closed", np.array(["open", "void", "cancelled"])[chance.integers(0, 3, n)]
    )
    has_ended = status != "open"
    stake = chance.integers(1, 50_000, n)
    # A tenth comes out even, to the minor unit.
    profit = np.where(
        chance.random(n) < 0.1, 0, np.where(chance.random(n) < 0.5, -stake, (stake * 0.93).astype(np.int64))
    )
    source = chance.integers(0, len(SOURCES), n)
    known = followed["signal_id"].to_numpy() if followed is not None and followed.height else None
    follows = is_bet & (source < 2) & (known is not None)
    signal = np.where(follows, known[chance.integers(0, len(known), n)] if known is not None else "", "")
    columns = {
        "trade_id": ids(chance, n),
        "setup_id": signal,
        "account": np.array(["main", "second"])[chance.integers(0, 2, n)],
        "strategy": np.array(STRATEGIES)[chance.integers(0, len(STRATEGIES), n)],
        "strategy_version": ["1"] * n,
        "symbol": np.array(SYMBOLS)[np.where(is_bet, chance.integers(0, 3, n), chance.integers(3, 6, n))],
        "timeframe": np.where(is_bet, "", "H1"),
        "trade_type": np.where(is_bet, "bet", "position"),
        "direction": np.where(is_bet, "back", "buy"),
        "volume": [None if bet else 0.1 for bet in is_bet],
        "stake": [int(amount) if bet else None for bet, amount in zip(is_bet, stake, strict=True)],
        "entry_price": np.round(chance.uniform(1.2, 4.0, n), 2),
        "exit_price": [None] * n,
        "take_profit": [None] * n,
        "stop_loss": [None] * n,
        "entry_at": entered,
        "exit_at": [int(at) if ended else None for at, ended in zip(entered + held, has_ended, strict=True)],
        "duration_hours": [h / HOUR_US if ended else None for h, ended in zip(held, has_ended, strict=True)],
        "profit": [
            int(amount) if one == "closed" else 0 if ended else None
            for amount, one, ended in zip(profit, status, has_ended, strict=True)
        ],
        "currency": np.array(CURRENCIES)[chance.integers(0, len(CURRENCIES), n)],
        "pips": [None] * n,
        "risk_reward_ratio": [None] * n,
        "percent_equity_return": [None] * n,
        "fees": chance.integers(0, 50, n),
        "exit_reason": [
            (("win" if bet else "signal") if ended else None) for bet, ended in zip(is_bet, has_ended, strict=True)
        ],
        "status": status,
        "source": np.array(SOURCES)[source],
        "signal_id": signal,
        "event_id": np.where(is_bet, "game", ""),
        "market": np.where(is_bet, "spreads", ""),
        "outcome": np.where(is_bet, "Home", ""),
        "point": [-3.5 if bet else None for bet in is_bet],
        "bookmaker": np.array(["fanduel", "pinnacle", "broker"])[chance.integers(0, 3, n)],
        "commence_at": [int(at) + 2 * HOUR_US if bet else None for bet, at in zip(is_bet, entered, strict=True)],
        "import_id": [""] * n,
        "import_line": [""] * n,
        "recorded_at": entered + held,
    }
    return framed(Trades, columns)


def framed(table: type[Table], columns: dict[str, Any]) -> pl.DataFrame:
    """The columns in the table's order and types."""
    n = len(columns[table.key[0]])
    series = [
        pl.Series(name, columns[name] if columns[name] is not None else [None] * n, strict=False).cast(kind)
        for name, kind in table.schema().items()
    ]
    return pl.DataFrame(series)


def start_of(day: dt.date) -> int:
    """Midnight UTC, in microseconds."""
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp()) * 1_000_000
