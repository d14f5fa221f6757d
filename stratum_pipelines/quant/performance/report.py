"""All figures of a set of trades."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from stratum_pipelines.quant.performance.basis import Basis, betting_days, calendar_days, trading_days
from stratum_pipelines.quant.performance.closings import (
    closings,
    daily_results,
    daily_returns,
    exposure_of,
    on_calendar_days,
    on_trading_days,
    returns_of,
)
from stratum_pipelines.quant.performance.drawdown import drawdown_episodes, growth_of
from stratum_pipelines.quant.performance.measure import Measure, known, measured, unknown
from stratum_pipelines.quant.performance.money import money_measures
from stratum_pipelines.quant.performance.ratios import RATIOS
from stratum_pipelines.quant.performance.undefined import Undefined

DAY_US = 86_400_000_000
# What does not depend on how a year is counted is shown once, of the closings themselves.
PER_YEAR = ("annual_return", "volatility", "sharpe", "sortino", "calmar", "tail_ratio")


@dataclass(frozen=True)
class Performance:
    """What came of a set of trades.

    `measures` are all figures; those a year stand there once per basis. `moments` are the closings with balance and
    drawdown (at, profit, flow, total, return, balance, drawdown), `days` the calendar days with their returns.
    """

    measures: tuple[Measure, ...]
    moments: pl.DataFrame
    days: pl.DataFrame

    def measure(self, name: str, basis: str = "") -> Measure:
        """The figure of that name, for those a year on that basis. Raises KeyError when there is none."""
        for found in self.measures:
            if (found.name, found.basis) == (name, basis):
                return found
        raise KeyError(f"There is no measure {name!r} on the basis {basis!r}.")

    def as_frame(self) -> pl.DataFrame:
        """One row per figure: measure, basis, value, low, high, n, unit, reason ("" when defined) and definition."""
        rows = [
            (
                m.name,
                m.basis,
                m.value,
                m.low,
                m.high,
                m.n,
                m.unit,
                m.reason.name.lower() if m.reason else "",
                m.definition,
            )
            for m in self.measures
        ]
        text, number = pl.String, pl.Float64
        return pl.DataFrame(
            rows,
            schema={
                "measure": text,
                "basis": text,
                "value": number,
                "low": number,
                "high": number,
                "n": pl.Int64,
                "unit": text,
                "reason": text,
                "definition": text,
            },
            orient="row",
        )


def performance_of(
    trades: pl.LazyFrame,
    starting_balance: int,
    *,
    zone: str = "UTC",
    risk_free_rate: float = 0.0,
    flows: pl.DataFrame | None = None,
) -> Performance:
    """Every figure of trades in one currency, from a starting balance in minor units.

    `trades` are rows of the table; `flows` deposits and withdrawals (at, flow). `zone` says where days begin,
    `risk_free_rate` is a share a year. Figures a year come on three bases: trading days, calendar days and betting days.
    Raises ValueError for a starting balance not above 0 and for mixed currencies.
    """
    moments = closings(trades, starting_balance, flows)
    results, by_day = daily_results(trades, zone), daily_returns(moments, zone)
    balances = starting_balance + (moments["profit"] + moments["flow"]).cum_sum()
    index = growth_of(moments["return"].to_numpy())[1:]
    peaks = np.maximum.accumulate(index)
    moments = moments.with_columns(balances.alias("balance"), pl.Series("drawdown", (peaks - index) / peaks))
    calendar = on_calendar_days(by_day)
    measures = [*money_measures(results), _exposure(trades), *_falls(moments, index, int(results["n"].sum() or 0))]
    for basis, days in _bases(by_day, calendar, risk_free_rate):
        rows = returns_of(days)
        measures += [measured(name, RATIOS[name](rows, basis), rows.shape[1], basis.name) for name in PER_YEAR]
    return Performance(tuple(measures), moments, calendar)


def _bases(by_day: pl.DataFrame, calendar: pl.DataFrame, risk_free_rate: float) -> list[tuple[Basis, pl.DataFrame]]:
    played = by_day.filter("has_closed")
    return [
        (trading_days(risk_free_rate), on_trading_days(by_day)),
        (calendar_days(risk_free_rate), calendar),
        (betting_days(played.height, calendar.height, risk_free_rate), played),
    ]


def _exposure(trades: pl.LazyFrame) -> Measure:
    covered, span = exposure_of(trades)
    return known("exposure", covered / span, 1) if span > 0 else unknown("exposure", Undefined.NO_TIME, 0)


def _falls(moments: pl.DataFrame, index: np.ndarray, n: int) -> list[Measure]:
    """Total return, drawdowns and what hangs on them, over the closings themselves."""
    names = ("total_return", "max_drawdown", "ulcer")
    rows = np.atleast_2d(moments["return"].to_numpy()[1:])
    found = [measured(name, RATIOS[name](rows, calendar_days()), n) for name in names]
    if found[0].reason:
        rest = ("max_drawdown_amount", "drawdown_length", "drawdown_recovery", "recovery_factor")
        return [*found, *(unknown(name, found[0].reason, n) for name in rest)]
    totals = moments["total"].to_numpy()
    deepest = float(np.max(np.maximum.accumulate(totals) - totals, initial=0))
    return [
        *found,
        known("max_drawdown_amount", deepest, n),
        *_lengths(moments, index, n),
        known("recovery_factor", float(moments["profit"].sum()) / deepest, n)
        if deepest
        else unknown("recovery_factor", Undefined.NO_DRAWDOWN, n),
    ]


def _lengths(moments: pl.DataFrame, index: np.ndarray, n: int) -> list[Measure]:
    """How long the deepest drawdown took, and how long its recovery."""
    episodes = drawdown_episodes(index)
    if episodes.is_empty():
        return [unknown(name, Undefined.NO_DRAWDOWN, n) for name in ("drawdown_length", "drawdown_recovery")]
    worst = episodes.sort("depth", descending=True, maintain_order=True).row(0, named=True)
    times = moments["at"].to_physical().to_numpy()
    end = worst["recovered"] if worst["recovered"] is not None else len(times) - 1
    length = known("drawdown_length", float(times[end] - times[worst["peak"]]) / DAY_US, n)
    if worst["recovered"] is None:
        return [length, unknown("drawdown_recovery", Undefined.NOT_RECOVERED, n)]
    return [length, known("drawdown_recovery", float(times[end] - times[worst["trough"]]) / DAY_US, n)]
