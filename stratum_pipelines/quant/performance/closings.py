"""Trades as a series of moments at which money was won or lost, and as days.

`trades` are rows of the table `trades`: used are status, entry_at, exit_at, profit and stake. Only closed ones count: an open
one has no result yet, and a void one never took place. All profits are in minor units of one currency; mixed currencies
have no sum, so they are refused.
"""

import numpy as np
import polars as pl

from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.performance.equity import period_returns

WEEKEND = 5


def closed(trades: pl.LazyFrame) -> pl.LazyFrame:
    """The trades that count. Raises ValueError when they are in more than one currency."""
    mine = trades.filter(pl.col("status") == "closed")
    currencies = mine.select(pl.col("currency").unique().sort()).collect().to_series().to_list()
    if len(currencies) > 1:
        raise ValueError(f"These trades are in {', '.join(currencies)}. Measure one currency at a time.")
    return mine


def closings(trades: pl.LazyFrame, starting_balance: int, flows: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row per moment at which something closed or money came in or went out: at, profit, flow, total and return.

    `total` is the sum of profits so far. `return` is the profit over the balance just before, deposits of the same moment
    included, NaN once that is 0 or less. `flows` has `at` and `flow` (minor units, withdrawals below 0). The first row is
    the moment before anything: the first entry, or the first flow, with nothing earned yet.
    """
    mine = closed(trades)
    moments = mine.group_by(at=pl.col("exit_at")).agg(pl.col("profit").sum(), flow=pl.lit(0, pl.Int64))
    began = [mine.select(at=pl.col("entry_at").min())]
    if flows is not None and flows.height:
        moved = flows.lazy().select("at", profit=pl.lit(0, pl.Int64), flow="flow")
        moments = pl.concat([moments, moved]).group_by("at").agg(pl.col("profit", "flow").sum())
        began.append(flows.lazy().select(pl.col("at").min()))
    start = pl.concat(began).min().select("at", profit=pl.lit(0, pl.Int64), flow=pl.lit(0, pl.Int64))
    rows = pl.concat([start, moments.sort("at")]).filter(pl.col("at").is_not_null()).collect(engine="streaming")
    earned = period_returns(rows["profit"].to_numpy(), starting_balance, rows["flow"].to_numpy())
    return rows.with_columns(pl.col("profit").cum_sum().alias("total"), pl.Series("return", earned))


def daily_results(trades: pl.LazyFrame, zone: str = "UTC") -> pl.DataFrame:
    """One row per day of `zone` on which something closed: date, n, n_won, n_lost, profit, gross_profit, gross_loss, stake."""
    profit = pl.col("profit")
    return (
        closed(trades)
        .group_by(date=pl.col("exit_at").dt.convert_time_zone(zone).dt.date())
        .agg(
            n=pl.len().cast(pl.Int64),
            n_won=(profit > 0).sum().cast(pl.Int64),
            n_lost=(profit < 0).sum().cast(pl.Int64),
            profit=profit.sum(),
            gross_profit=profit.filter(profit > 0).sum(),
            gross_loss=-profit.filter(profit < 0).sum(),
            stake=pl.col("stake").sum(),
        )
        .sort("date")
        .collect(engine="streaming")
    )


def daily_returns(moments: pl.DataFrame, zone: str = "UTC") -> pl.DataFrame:
    """The return of every day of `zone` on which something closed or moved: date and return, compounded over its moments."""
    return (
        moments.lazy()
        .slice(1)
        .group_by(date=pl.col("at").dt.convert_time_zone(zone).dt.date())
        .agg(
            ((1.0 + pl.col("return")).product() - 1.0).alias("return"),
            (pl.col("profit") != 0).any().alias("has_closed"),
        )
        .sort("date")
        .collect()
    )


def on_calendar_days(days: pl.DataFrame) -> pl.DataFrame:
    """Every day from the first to the last; those without a row get a return of 0."""
    if days.is_empty():
        return days.select("date", "return")
    first, last = days["date"].min(), days["date"].max()
    every = pl.select(pl.date_range(pl.lit(first), pl.lit(last), "1d").alias("date"))
    found = every.join(days.select("date", "return"), on="date", how="left", maintain_order="left")
    return found.with_columns(pl.col("return").fill_null(0.0))


def on_trading_days(days: pl.DataFrame) -> pl.DataFrame:
    """Monday to Friday from the first to the last; what closed on a weekend counts for the Monday after it."""
    weekday = pl.col("date").dt.weekday()
    late = pl.when(weekday > WEEKEND).then(8 - weekday).otherwise(0)
    moved = (
        days.with_columns(date=pl.col("date") + pl.duration(days=late))
        .group_by("date")
        .agg(((1.0 + pl.col("return")).product() - 1.0).alias("return"))
        .sort("date")
    )
    return on_calendar_days(moved).filter(weekday <= WEEKEND)


def exposure_of(trades: pl.LazyFrame) -> tuple[float, float]:
    """Microseconds with at least one position open, and from the first entry to the last exit; overlaps count once."""
    held = closed(trades).select("entry_at", "exit_at").sort("entry_at")
    begun, ended = pl.col("entry_at").to_physical(), pl.col("exit_at").to_physical()
    earlier = ended.cum_max().shift(1)
    open_for = (ended - pl.max_horizontal(begun, earlier)).clip(lower_bound=0).sum()
    covered, span = held.select(open_for.alias("open"), (ended.max() - begun.min()).alias("span")).collect().row(0)
    return float(covered or 0), float(span or 0)


def returns_of(days: pl.DataFrame) -> Floats:
    """The returns as one row, (1, N)."""
    return np.atleast_2d(days["return"].to_numpy())
