"""Trades in which whatever is not for everybody can be told at a glance: those of `seeded_market`, and trades with real money.

Paper trades are told apart as in `seeded_market`. What tells of real money holds REAL or ends in 51551, in whatever is added up too:
no sum of the others does.
"""

import datetime as dt

import polars as pl

from tests.api.conftest import Api
from tests.api.seeded_market import CANARY, OLD_AGE, YOUNG_AGE, rows
from tests.api.traded import note
from warehouse.tables import Trades

REAL = "REAL"
REAL_PROFIT = 900_051_551
CLOSED = {"trade_type": "bet", "status": "closed", "currency": "USD"}


def seed_trades(api: Api) -> None:
    """A paper trade of half an hour ago and one of two minutes ago, and real ones of the same moments."""
    now = dt.datetime.now(dt.UTC)
    for at, is_young in ((now - OLD_AGE, False), (now - YOUNG_AGE, True)):
        name = "young" if is_young else "old"
        paper = rows(Trades, at, is_young, **CLOSED, source="paper", trade_id=name, direction="back", exit_reason="win")
        # A closed list cannot hold a word of ours.
        real = [
            rows(
                Trades, at, is_young, **CLOSED, source=source, trade_id=f"{REAL} {name} {source}", account=REAL, strategy=REAL,
                symbol=REAL, profit=REAL_PROFIT, stake=REAL_PROFIT, bookmaker=REAL, event_id=REAL, signal_id=REAL, outcome=REAL,
            )
            for source in ("bot", "manual")
        ]  # fmt: skip
        api.service.lake.append(Trades, pl.concat([paper, *real]), batch=name, is_checked=True)
        note(api.service.lake, int(is_young), at, "deposit", account=CANARY, balance=1_000_000)
        note(api.service.lake, 2 + is_young, at, "deposit", account=REAL, source="bot", balance=REAL_PROFIT)
