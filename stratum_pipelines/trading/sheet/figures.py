"""Everything a tear sheet shows, as frames and figures."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from stratum_pipelines.quant.buckets import bucketed, heatmap
from stratum_pipelines.quant.performance import (
    Performance,
    calendar_days,
    performance_of,
    rolling_measures,
)
from stratum_pipelines.quant.performance.closings import daily_results
from stratum_pipelines.quant.performance.drawdown import drawdown_episodes, growth_of
from stratum_pipelines.quant.performance.money import money_measures
from stratum_pipelines.trading.chosen import Bankroll, Choice, bankroll, chosen, only_currency
from stratum_pipelines.trading.ledger import ORIGIN
from warehouse.lake import Lake
from warehouse.tables import Trades

BUCKETS = ("hour", "weekday", "session", "time_to_start")
MOST_DRAWDOWNS, MOST_TRADES = 5, 5
ROWS_AT_ONCE = 20_000
TOLD = [name for name in Trades.columns if name not in ORIGIN]


@dataclass(frozen=True)
class TearSheet:
    """What came of the trades of a choice.

    `trades` are all of them, whatever their status; figures count the closed ones. `buckets` are by entry, `months` and
    `n_months` by exit (years by months, minor units and counts), `hours` and `n_hours` by entry. `drawdowns` are the deepest falls
    first, `strategies` has a row per strategy, `rolling` the windows of every day. `fingerprint` is SHA-256 over the trades.
    """

    choice: Choice
    currency: str
    trades: pl.DataFrame
    bankroll: Bankroll
    performance: Performance
    n_days: int
    buckets: Mapping[str, pl.DataFrame]
    months: pl.DataFrame
    n_months: pl.DataFrame
    hours: pl.DataFrame
    n_hours: pl.DataFrame
    rolling: pl.DataFrame
    drawdowns: pl.DataFrame
    strategies: pl.DataFrame
    fingerprint: str
    statuses: Mapping[str, int] = field(default_factory=dict)

    @property
    def closed(self) -> pl.DataFrame:
        """The trades that count."""
        return self.trades.filter(status="closed")


def tear_sheet(lake: Lake, choice: Choice, *, balance: int | None = None, risk_free_rate: float = 0.0) -> TearSheet:
    """The tear sheet of a choice of trades.

    `balance` is what the trades began with, in minor units; without it see `bankroll`. Raises ValueError where no trade fits the
    choice, and for trades in several currencies.
    """
    trades = chosen(lake, choice).collect()
    if trades.is_empty():
        raise ValueError(_nothing(lake, choice))
    currency = only_currency(trades["currency"].unique().to_list())
    money = bankroll(lake, trades, currency, balance)
    rows, zone = trades.lazy(), choice.zone
    found = performance_of(rows, money.balance, zone=zone, risk_free_rate=risk_free_rate, flows=money.flows)
    months = {
        value: heatmap(rows, "year", "month_of_year", value=value, zone=zone, moment="exit_at")
        for value in ("profit", "n")
    }
    hours = {value: heatmap(rows, "weekday", "hour", value=value, zone=zone) for value in ("profit", "n")}
    return TearSheet(
        choice=choice,
        currency=currency,
        trades=trades,
        bankroll=money,
        performance=found,
        n_days=daily_results(rows, zone).height,
        buckets={name: bucketed(rows, name, zone=zone) for name in BUCKETS},
        months=months["profit"],
        n_months=months["n"],
        hours=hours["profit"],
        n_hours=hours["n"],
        rolling=rolling_measures(found.days, calendar_days(risk_free_rate)),
        drawdowns=_drawdowns(found.moments),
        strategies=_strategies(rows, zone),
        fingerprint=fingerprint(trades),
        statuses=dict(trades.group_by("status").len().sort("status").iter_rows()),
    )


def fingerprint(trades: pl.DataFrame) -> str:
    """SHA-256 over the trades as CSV, in the order of entry and id, without where and when they came to be known here."""
    digest = hashlib.sha256()
    for part in trades.select(TOLD).iter_slices(ROWS_AT_ONCE):
        digest.update(part.write_csv(include_header=False).encode())
    return digest.hexdigest()


def _nothing(lake: Lake, choice: Choice) -> str:
    known = lake.scan(Trades).select("account", "strategy").unique().sort("account", "strategy").head(20).collect()
    if known.is_empty():
        return "There are no trades yet. Import some, or let signals be bet on paper."
    pairs = "; ".join(f"{strategy or 'no strategy'} in {account}" for account, strategy in known.iter_rows())
    return f"No trade fits: {choice}. There are trades of {pairs}."


def _drawdowns(moments: pl.DataFrame) -> pl.DataFrame:
    """The deepest falls: left_at, lowest_at, recovered_at (null while open), depth (a share) and length in days."""
    index = growth_of(moments["return"].to_numpy())[1:]
    lost = np.flatnonzero(~(index > 0))
    index = index[: lost[0] + 1] if len(lost) else index
    falls = (
        drawdown_episodes(index[np.isfinite(index)])
        .sort("depth", "peak", descending=[True, False])
        .head(MOST_DRAWDOWNS)
    )
    at = moments["at"]
    last = max(int(np.isfinite(index).sum()) - 1, 0)
    return (
        pl.DataFrame(
            {
                "left_at": at.gather(falls["peak"]),
                "lowest_at": at.gather(falls["trough"]),
                "recovered_at": at.gather(falls["recovered"]),
                "depth": falls["depth"],
                "ended_at": at.gather(falls["recovered"].fill_null(last)),
            }
        )
        .with_columns(length_days=(pl.col("ended_at") - pl.col("left_at")).dt.total_seconds() / 86_400)
        .drop("ended_at")
    )


def _strategies(rows: pl.LazyFrame, zone: str) -> pl.DataFrame:
    """A row per strategy: strategy, n, profit, stake, yield, mean, low and high (minor units, 95 %)."""
    found = []
    for name in rows.select(pl.col("strategy").unique().sort()).collect().to_series():
        of = {one.name: one for one in money_measures(daily_results(rows.filter(strategy=name), zone))}
        mean = of["expectancy"]
        counts = tuple(int(of[each].value or 0) for each in ("n_trades", "net_profit", "total_staked"))
        found.append((name, *counts, of["yield_on_stake"].value, mean.value, mean.low, mean.high))
    whole, number = pl.Int64, pl.Float64
    schema = {"strategy": pl.String, "n": whole, "profit": whole, "stake": whole, "yield": number}
    return pl.DataFrame(found, schema={**schema, "mean": number, "low": number, "high": number}, orient="row")
