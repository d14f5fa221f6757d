"""Trades row by row: a page of them, the newest entry first, read from the lake a few days at a time."""

import datetime as dt
from collections.abc import Iterator, Sequence

import polars as pl

from stratum_api.analytics.asked import Asked
from stratum_api.analytics.picking import alike, ended, known
from warehouse.lake import Lake
from warehouse.tables import Trades

# The first days looked through for a page; twice as many each time there were not enough trades in them.
DAYS_FIRST = 4
DAYS_MOST = 64

Place = tuple[dt.datetime, str]


def page_of(
    lake: Lake, asked: Asked, status: str, columns: Sequence[str], after: Place | None, most: int
) -> list[tuple[object, ...]]:
    """Up to so many trades entered before a place, by entry and id, the last ones first: the columns of each."""
    last = asked.until if after is None else min(asked.until, after[0])
    found: list[tuple[object, ...]] = []
    for first, end in _stretches(lake, last.date()):
        rows = lake.scan(Trades, first=first, last=end).filter(over(asked, status))
        if after is not None:
            at, trade_id = pl.col("entry_at"), pl.col("trade_id")
            rows = rows.filter((at < after[0]) | ((at == after[0]) & (trade_id < after[1])))
        newest = rows.sort("entry_at", "trade_id", descending=True).select(columns).head(most - len(found))
        found += newest.collect().rows()
        if len(found) >= most:
            break
    return found


def over(asked: Asked, status: str) -> list[pl.Expr]:
    """What trades meet that are asked for and stand as they do: closed, void or cancelled."""
    return [*known(asked), *alike(asked), *ended(asked), pl.col("status") == status]


def _stretches(lake: Lake, last: dt.date) -> Iterator[tuple[dt.date, dt.date]]:
    """Days that hold trades, from the last backwards: the first and the last of each stretch."""
    days = [day for day in lake.states(Trades) if day <= last]
    n = DAYS_FIRST
    while days:
        some, days = days[-n:], days[:-n]
        yield some[0], some[-1]
        n = min(2 * n, DAYS_MOST)
