"""What a pip is worth in price, by symbol."""

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from stratum_pipelines.reference.currencies import load_currencies

FILE = Path(__file__).with_name("symbols.toml")
PAIR_LETTERS = 6


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@cache
def pip_size(symbol: str) -> Decimal | None:
    """The price of one pip; None for what has no pips, such as a share or an index.

    >>> [str(pip_size(name)) for name in ("EURUSD", "gbpjpy", "EUR/USD", "EURUSD.m", "XAUUSD", "DAX")]
    ['0.0001', '0.01', '0.0001', '0.0001', '0.1', 'None']
    """
    letters = re.sub(r"[^A-Z0-9]", "", symbol.upper())
    for name, size in _table()["named"].items():
        if letters.startswith(name):
            return Decimal(size)
    pair = letters[:PAIR_LETTERS]
    if pair[:3] in load_currencies() and pair[3:] in load_currencies():
        by_quote = _table()["quoted_in"]
        return Decimal(by_quote.get(pair[3:], by_quote[""]))
    return None
