"""Medians and quartiles of books that do not all weigh the same.

Everything runs along the last axis. Entries of weight 0 may hold anything, and how many of them stand beside the others
changes no bit: sums go through the entries one after the other (`cumsum`), and what weighs nothing is sorted to the end.
"""

from typing import NamedTuple

import numpy as np

from stratum_pipelines.quant.odds import Floats

# Shares such as three thirds do not add up to the last bit: "exactly half" allows for that, in proportion.
SAME = 1e-9


class Ordered(NamedTuple):
    """Values in rising order and the weight reached with each; what weighs nothing comes last, as infinity."""

    values: Floats
    reached: Floats


def ordered(values: Floats, weights: Floats) -> Ordered:
    """Sort once, ask often; `weights` has the shape of `values` or fits it."""
    weights = np.broadcast_to(weights, values.shape)
    values = np.where(weights > 0, values, np.inf)
    order = values.argsort(axis=-1, kind="stable")
    return Ordered(np.take_along_axis(values, order, -1), np.take_along_axis(weights, order, -1).cumsum(axis=-1))


def weighted_quantile(found: Ordered, share: float) -> Floats:
    """The value at which this share of the weight is reached; NaN where there is no weight.

    When the share is reached exactly between two values, their midpoint. A share of 0.5 is the weighted median; turning
    all values round turns the quantile of `share` into that of 1 - `share`.

    >>> weighted_quantile(ordered(np.array([-4.0, -4.0, -3.0]), np.array([0.5, 0.5, 1.0])), 0.5).item()
    -3.5
    """
    values, reached = found
    whole = reached[..., -1:]
    low = (reached >= whole * (share - SAME)).argmax(axis=-1)[..., None]
    high = (reached > whole * (share + SAME)).argmax(axis=-1)[..., None]
    # The two ends are averaged as a + (b - a) / 2, which is exact when they are equal.
    a, b = np.take_along_axis(values, low, -1)[..., 0], np.take_along_axis(values, high, -1)[..., 0]
    empty = whole[..., 0] == 0
    a, b = np.where(empty, np.nan, a), np.where(empty, np.nan, b)
    return np.asarray(a + (b - a) / 2)


def weighted_median(values: Floats, weights: Floats) -> Floats:
    """The weighted median along the last axis; NaN where all weights are 0.

    The value at which half the weight is reached; the midpoint of two values when it is reached exactly between them.
    With equal weights this is the ordinary median.
    """
    return weighted_quantile(ordered(values, weights), 0.5)
