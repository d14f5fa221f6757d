"""Ratios of returns to risk. Every function takes rows of returns, (M, N), and gives a value per row, or why there is none.

So one definition serves a whole history (M = 1) and every rolling window over it. A return is a share: 0.01 is 1 %. Rows
with a value that is not finite have no ratio: nobody knows what the return of that day was.

Sources: W. F. Sharpe, Journal of Portfolio Management 21 (1994); F. A. Sortino and L. N. Price, Journal of Investing 3
(1994); T. W. Young, Futures 20 (1991), for Calmar; P. G. Martin and B. McCann, "The Investor's Guide to Fidelity Funds"
(1989), for ulcer.
"""

from collections.abc import Callable

import numpy as np

from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.performance.basis import Basis
from stratum_pipelines.quant.performance.drawdown import drawdowns_of, growth_of
from stratum_pipelines.quant.performance.undefined import Flags, Undefined, Valued, valued

# Equal returns, computed, differ in their last bits: their spread is rounding, and a ratio over it would be some 1e16. So
# what lies below this share of the numbers it was computed of is nothing.
EQUAL = 1e-12


def total_return(rows: Floats, basis: Basis) -> Valued:
    """Product of (1 + return), less 1. A balance that fell to 0 or below ends there: `RUINED` for what follows it."""
    return valued(np.prod(1.0 + rows, axis=-1) - 1.0, *_holes(rows))


def annual_return(rows: Floats, basis: Basis) -> Valued:
    """Growth a year, compounded: (1 + total return) ^ (periods a year / N) - 1. Needs two observations."""
    n = rows.shape[-1]
    with np.errstate(all="ignore"):
        logs = np.log1p(np.where(rows > -1.0, rows, np.nan)).sum(axis=-1)
        growth = np.expm1(logs * basis.periods_per_year / max(n, 1))
    return valued(growth, *_holes(rows), (n < 2, Undefined.ONE_OBSERVATION), (_ruined(rows), Undefined.RUINED))


def volatility(rows: Floats, basis: Basis) -> Valued:
    """Standard deviation (n - 1) x root of the periods a year."""
    n = rows.shape[-1]
    spread = _deviation(rows) * np.sqrt(basis.periods_per_year)
    return valued(spread, *_holes(rows), (n < 2, Undefined.ONE_OBSERVATION))


def sharpe(rows: Floats, basis: Basis) -> Valued:
    """Mean excess return over the standard deviation, a year.

    Worked example: returns of 1 %, -1 % and 3 % have a mean of 1 % and a deviation of 2 %: 0.5 x root of 252 = 7.94.

    >>> from stratum_pipelines.quant.performance.basis import trading_days
    >>> round(float(sharpe(np.array([[0.01, -0.01, 0.03]]), trading_days())[0][0]), 4)
    7.9373
    """
    n = rows.shape[-1]
    excess = rows - basis.risk_free_return
    spread = _deviation(excess)
    with np.errstate(all="ignore"):
        ratio = excess.sum(axis=-1) / max(n, 1) / spread * np.sqrt(basis.periods_per_year)
    is_flat = spread <= EQUAL * _size(rows, basis)
    return valued(ratio, *_holes(rows), (n < 2, Undefined.ONE_OBSERVATION), (is_flat, Undefined.NO_VARIATION))


def sortino(rows: Floats, basis: Basis) -> Valued:
    """Mean excess return over the root of the mean of squared shortfalls below the risk-free return, a year.

    All N periods count in that mean, not only those with a shortfall.
    """
    n = rows.shape[-1]
    excess = rows - basis.risk_free_return
    short = np.minimum(excess, 0.0)
    with np.errstate(all="ignore"):
        risk = np.sqrt(np.einsum("...i,...i->...", short, short) / max(n, 1))
        ratio = excess.sum(axis=-1) / max(n, 1) / risk * np.sqrt(basis.periods_per_year)
    is_flat = risk <= EQUAL * _size(rows, basis)
    return valued(ratio, *_holes(rows), (n < 2, Undefined.ONE_OBSERVATION), (is_flat, Undefined.NO_LOSSES))


def max_drawdown(rows: Floats, basis: Basis) -> Valued:
    """Largest fall from a peak, as a share of it, 0 or above; the balance before the first return is the first peak."""
    with np.errstate(all="ignore"):
        deepest = drawdowns_of(growth_of(rows)).max(axis=-1)
    return valued(deepest, *_holes(rows))


def calmar(rows: Floats, basis: Basis) -> Valued:
    """Annual return over the largest drawdown."""
    growth, growth_reasons = annual_return(rows, basis)
    deepest, _ = max_drawdown(rows, basis)
    reasons = [(growth_reasons == reason, Undefined(reason)) for reason in np.unique(growth_reasons) if reason]
    with np.errstate(all="ignore"):
        return valued(growth / deepest, *reasons, (deepest <= EQUAL, Undefined.NO_DRAWDOWN))


def ulcer(rows: Floats, basis: Basis) -> Valued:
    """Root of the mean of squared drawdowns over the N periods."""
    with np.errstate(all="ignore"):
        falls = drawdowns_of(growth_of(rows))[..., 1:]
        index = np.sqrt(np.einsum("...i,...i->...", falls, falls) / max(rows.shape[-1], 1))
    return valued(index, *_holes(rows))


def tail_ratio(rows: Floats, basis: Basis) -> Valued:
    """95th percentile over the size of the 5th; `NO_LOSSES` where even the 5th is not below 0."""
    n = rows.shape[-1]
    if not n:
        return valued(np.full(rows.shape[:-1], np.nan), *_holes(rows))
    with np.errstate(all="ignore"):
        low, high = np.percentile(rows, [5, 95], axis=-1)
        ratio = np.abs(high) / np.abs(low)
        is_flat = low >= -EQUAL * np.abs(rows).max(axis=-1)
    return valued(ratio, *_holes(rows), (n < 2, Undefined.ONE_OBSERVATION), (is_flat, Undefined.NO_LOSSES))


RATIOS: dict[str, Callable[[Floats, Basis], Valued]] = {
    "total_return": total_return,
    "annual_return": annual_return,
    "volatility": volatility,
    "sharpe": sharpe,
    "sortino": sortino,
    "max_drawdown": max_drawdown,
    "calmar": calmar,
    "ulcer": ulcer,
    "tail_ratio": tail_ratio,
}


def _deviation(rows: Floats) -> Floats:
    """The standard deviation over the last axis, with n - 1."""
    n = rows.shape[-1]
    with np.errstate(all="ignore"):
        off = rows - rows.sum(axis=-1, keepdims=True) / max(n, 1)
        return np.sqrt(np.einsum("...i,...i->...", off, off) / max(n - 1, 1))


def _size(rows: Floats, basis: Basis) -> Floats:
    """The size of the numbers that excess returns are computed of: the largest return, or what is free of risk."""
    return np.maximum(np.abs(rows).max(axis=-1, initial=0.0), abs(basis.risk_free_return))


def _ruined(rows: Floats) -> Flags:
    return np.asarray((rows <= -1.0).any(axis=-1))


def _holes(rows: Floats) -> list[tuple[Flags | bool, Undefined]]:
    """What bars every ratio: no returns, returns nobody knows, and those that follow the loss of everything."""
    is_open = ~np.isfinite(rows).all(axis=-1)
    return [
        (rows.shape[-1] == 0, Undefined.EMPTY),
        (is_open & _ruined(rows), Undefined.RUINED),
        (is_open, Undefined.MISSING_VALUES),
    ]
