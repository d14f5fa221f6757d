"""Prices and the probabilities they imply."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

AMERICAN_LIMIT = 1_000_000
DECIMAL_LIMIT = 1.0 + AMERICAN_LIMIT / 100.0


def american_to_decimal(american: npt.ArrayLike) -> Floats:
    """Decimal prices of American ones: 1 + a / 100 for a > 0, else 1 + 100 / |a|.

    Any shape. What is no American price (between -100 and 100, infinite, or not a number) becomes NaN.

    >>> american_to_decimal([150, -150, 100, 0]).round(4).tolist()
    [2.5, 1.6667, 2.0, nan]
    """
    a = np.asarray(american, np.float64)
    size = np.abs(a)
    valid = (size >= 100) & np.isfinite(size)
    safe = np.where(valid, size, 100.0)
    return np.where(valid, 1.0 + np.where(a > 0, safe / 100.0, 100.0 / safe), np.nan)


def decimal_to_american(decimal: npt.ArrayLike) -> Floats:
    """The whole American price nearest to a decimal one; +100, never -100, for even money. NaN for what is no price.

    Exact the other way round: every whole American price up to a million returns from its decimal price
    (-100 returns as +100, which pays the same).

    >>> decimal_to_american([2.5, 1.6666667, 2.0]).tolist()
    [150.0, -150.0, 100.0]
    """
    whole = np.rint(american_scale(decimal))
    return np.where(whole == -100.0, 100.0, whole)


def american_scale(decimal: npt.ArrayLike) -> Floats:
    """The American price of a decimal one without rounding: 100 (d - 1) from 2 up, else -100 / (d - 1).

    NaN at or below 1 and for what is infinite or not a number.
    """
    gain = _prices(decimal) - 1.0
    return np.where(gain >= 1.0, 100.0 * gain, -100.0 / gain)


def cents(decimal: npt.ArrayLike) -> Floats:
    """The price on the continuous American scale, in cents: American less 100 above even money, plus 100 below.

    Even money is 0, +110 is 10, -110 is -10, so differences mean the same on both sides of even money, where the
    American scale itself jumps from -100 to +100.
    """
    scale = american_scale(decimal)
    return scale - np.copysign(100.0, scale)


def implied_prob(decimal: npt.ArrayLike) -> Floats:
    """The probability at which a bet at this price breaks even, margin included: 1 / d. NaN for what is no price."""
    return 1.0 / _prices(decimal)


def overround(decimal: npt.ArrayLike) -> Floats:
    """The sum of implied probabilities over the last axis: 1 for a fair book, 1.05 for one with a 5 % margin."""
    return implied_prob(decimal).sum(axis=-1)


def _prices(decimal: npt.ArrayLike) -> Floats:
    """The finite numbers above 1, NaN in place of the rest."""
    d = np.asarray(decimal, np.float64)
    return np.where((d > 1.0) & np.isfinite(d), d, np.nan)
