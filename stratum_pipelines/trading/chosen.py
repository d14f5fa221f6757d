"""Trades that are asked for, and the money they were made with."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl

from warehouse.currencies import minor_digits
from warehouse.lake import Lake
from warehouse.tables import EquityPoints, Trades

# Taken where nobody wrote down what an account held, in whole units of its currency.
ASSUMED = 10_000
TEXTS = ("account", "strategy", "symbol", "source", "currency")


@dataclass(frozen=True)
class Choice:
    """Which trades: those equal in every text that is not "", entered from `first` to `last`, days of `zone`, both included.

    Raises ValueError for an unknown zone and for days in the wrong order.
    """

    account: str = ""
    strategy: str = ""
    symbol: str = ""
    source: str = ""
    currency: str = ""
    first: dt.date | None = None
    last: dt.date | None = None
    zone: str = "UTC"

    def __post_init__(self) -> None:
        """Refuse what chooses nothing."""
        try:
            ZoneInfo(self.zone)
        except (LookupError, ValueError, OSError) as error:
            raise ValueError(f"There is no time zone {self.zone!r}. Give one such as Europe/London.") from error
        if self.first and self.last and self.first > self.last:
            raise ValueError(f"{self.first} comes after {self.last}. Give the earlier day first.")

    def __str__(self) -> str:
        """The choice in words: `strategy MOVE, from 2025-10-09`."""
        said = [f"{name} {getattr(self, name)}" for name in TEXTS if getattr(self, name)]
        said += [f"from {self.first}"] if self.first else []
        said += [f"to {self.last}"] if self.last else []
        return ", ".join(said) or "all trades"


def chosen(lake: Lake, choice: Choice, on: dt.date | None = None) -> pl.LazyFrame:
    """The trades of a choice, whatever their status, in the order of their entry and then their id; `on` one UTC day alone."""
    local = pl.col("entry_at").dt.convert_time_zone(choice.zone).dt.date()
    wanted = [pl.col(name) == getattr(choice, name) for name in TEXTS if getattr(choice, name)]
    wanted += [local >= choice.first] if choice.first else []
    wanted += [local <= choice.last] if choice.last else []
    first, last = (on, on) if on else days_within(choice)
    rows = lake.scan(Trades, first=first, last=last)
    return (rows.filter(*wanted) if wanted else rows).sort("entry_at", "trade_id")


def days_within(choice: Choice) -> tuple[dt.date | None, dt.date | None]:
    """The UTC days between which the trades of a choice lie: a day of a zone lies in two of them."""
    day = dt.timedelta(days=1)
    return choice.first and choice.first - day, choice.last and choice.last + day


@dataclass(frozen=True)
class Bankroll:
    """What the accounts held when the first trade was entered (minor units), and what came in or went out since (at, flow).

    `origin` says where that is from: `given`, `stated` by a balance written down, `paid_in` (deposits less withdrawals) or
    `assumed` because nothing is known.
    """

    balance: int
    origin: str
    flows: pl.DataFrame


def bankroll(lake: Lake, trades: pl.DataFrame, currency: str, balance: int | None = None) -> Bankroll:
    """What these trades were made with: `balance` where it is given, else what `equity_points` say of their accounts.

    To what was written down last comes what moved since and what other trades of the accounts earned until then. Where an account
    has no row, or nothing is left, 10,000 units are assumed: shares, drawdowns and ratios scale with it.
    """
    begun, ended = trades["entry_at"].min(), trades["exit_at"].max() or trades["entry_at"].max()
    accounts = trades["account"].unique().sort().to_list()
    mine = pl.col("account").is_in(accounts) & (pl.col("currency") == currency)
    points = lake.scan(EquityPoints).filter(mine).sort("noted_at", "equity_point_id").collect()
    moved = pl.col("kind").is_in(("deposit", "withdrawal"))
    within = moved & (pl.col("noted_at") > begun) & (pl.col("noted_at") <= ended)
    flows = points.filter(within).select(at="noted_at", flow="amount")
    if balance is not None:
        return Bankroll(balance, "given", flows)
    earned = lake.scan(Trades).filter(mine, status="closed").filter(pl.col("exit_at") <= begun)
    closed = earned.select("account", "exit_at", "profit").collect()
    before = points.filter(pl.col("noted_at") <= begun)
    held = [_held(before.filter(account=name), closed.filter(account=name)) for name in accounts]
    sums = [one for one in held if one is not None]
    total = sum(amount for amount, _ in sums)
    if not accounts or len(sums) < len(accounts) or total <= 0:
        return Bankroll(ASSUMED * 10 ** minor_digits(currency), "assumed", flows)
    return Bankroll(total, "stated" if all(is_stated for _, is_stated in sums) else "paid_in", flows)


def _held(points: pl.DataFrame, closed: pl.DataFrame) -> tuple[int, bool] | None:
    """What an account held after the last of its rows, and whether that was written down; None without any."""
    if points.is_empty():
        return None
    stated = points.with_row_index("place").filter(pl.col("balance").is_not_null()).tail(1)
    balance = 0
    if stated.height:
        place, at, balance = stated.select("place", "noted_at", "balance").row(0)
        points, closed = points.slice(place + 1), closed.filter(pl.col("exit_at") > at)
    flows = int(points.filter(pl.col("kind") != "balance")["amount"].sum())
    return balance + flows + int(closed["profit"].sum()), bool(stated.height)


def only_currency(currencies: Sequence[str]) -> str:
    """The currency all of these are in. Raises ValueError where there are several: their money has no sum."""
    found = sorted(set(currencies))
    if len(found) > 1:
        raise ValueError(
            f"These trades are in {', '.join(found)}. Measure one currency at a time: --currency {found[0]}."
        )
    return found[0]
