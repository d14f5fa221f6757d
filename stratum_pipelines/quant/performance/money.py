"""Figures of the money won and lost, trade by trade, from days: how often, how much, and how sure that is."""

import numpy as np
import polars as pl

from stratum_pipelines.quant.intervals import clustered_bounds, student_quantile
from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.performance.measure import Measure, known, unknown
from stratum_pipelines.quant.performance.undefined import Undefined


def money_measures(days: pl.DataFrame) -> list[Measure]:
    """The figures of `daily_results`: counts, profit, win rate, profit factor, expectancy, payoff, Kelly fraction.

    Trades of one day share its market, so days are taken as independent and not trades. Example: 60 won, 40 lost, winners
    earn 100 each and losers cost 100: win rate 0.6, profit factor 1.5, expectancy 20, payoff 1, Kelly fraction 0.2.
    """
    total = {name: int(days[name].sum() or 0) for name in days.columns if name != "date"}
    n, won, lost = total["n"], total["n_won"], total["n_lost"]
    gained, gone = float(total["gross_profit"]), float(total["gross_loss"])
    lacks = Undefined.EMPTY if not n else Undefined.DEFINED
    no_loss, no_win = lacks or Undefined.NO_LOSSES, lacks or Undefined.NO_WINS
    payoff = gained / won / (gone / lost) if won and lost else 0.0
    rate = won / (won + lost) if won + lost else 0.0
    return [
        known("n_trades", float(n), n),
        known("net_profit", float(total["profit"]), n),
        known("total_staked", float(total["stake"]), n),
        known("yield_on_stake", total["profit"] / total["stake"], n)
        if total["stake"] > 0
        else unknown("yield_on_stake", lacks or Undefined.NO_STAKE, n),
        _win_rate(days, won, lost),
        known("profit_factor", gained / gone, n) if lost else unknown("profit_factor", no_loss, n),
        _expectancy(days, total["profit"], n),
        known("payoff_ratio", payoff, n)
        if won and lost
        else unknown("payoff_ratio", no_loss if not lost else no_win, n),
        known("kelly_fraction", rate - (1 - rate) / payoff, n)
        if won and lost
        else unknown("kelly_fraction", no_loss if not lost else no_win, n),
    ]


def _win_rate(days: pl.DataFrame, won: int, lost: int) -> Measure:
    if not won + lost:
        return unknown("win_rate", Undefined.EMPTY, 0)
    n, rate = won + lost, won / (won + lost)
    wins = days["n_won"].to_numpy().astype(np.float64)
    decided = wins + days["n_lost"].to_numpy()
    n_days = int((decided > 0).sum())
    error = _error(wins - rate * decided, n_days) / n
    low, high = clustered_bounds(rate, error, n, n_days)
    return Measure("win_rate", rate, Undefined.DEFINED, n, "", *_ends(float(low), float(high)))


def _expectancy(days: pl.DataFrame, profit: int, n: int) -> Measure:
    if not n:
        return unknown("expectancy", Undefined.EMPTY, 0)
    mean = profit / n
    error = _error(days["profit"].to_numpy() - mean * days["n"].to_numpy(), days.height) / n
    reach = float(student_quantile(max(days.height - 1, 1))) * error
    return Measure("expectancy", mean, Undefined.DEFINED, n, "", *_ends(mean - reach, mean + reach))


def _error(parts: Floats, n_days: int) -> float:
    """The standard error of a sum whose parts, one a day, have the mean 0; NaN for a single day."""
    return float(np.sqrt(n_days / (n_days - 1) * np.sum(parts**2))) if n_days > 1 else np.nan


def _ends(low: float, high: float) -> tuple[float | None, float | None]:
    return (low, high) if np.isfinite(low) and np.isfinite(high) else (None, None)
