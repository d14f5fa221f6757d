"""Medians, quartiles and deviations of books that do not all weigh the same.

Everything runs along the last axis. Entries of weight 0 may hold anything, and how many of them stand beside the others
changes no bit: sums go through the entries one after the other (`cumsum`), and what weighs nothing is sorted to the end.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.odds import Floats

# Shares such as three thirds do not add up to the last bit: "exactly half" allows for that, in proportion.
SAME = 1e-9


class Ordered(NamedTuple):
    """Values in rising order and the weight reached with each; `order` are their places before.

    What weighs nothing comes last, as infinity.
    """

    values: Floats
    reached: Floats
    order: npt.NDArray[np.intp]


def ordered(values: Floats, weights: Floats) -> Ordered:
    """Sort once, ask often; `weights` has the shape of `values` or fits it."""
    weights = np.broadcast_to(weights, values.shape)
    values = np.where(weights > 0, values, np.inf)
    # Which of equal values comes first changes no quantile, so the fastest way of sorting will do.
    order = values.argsort(axis=-1)
    return Ordered(_taken(values, order), _taken(weights, order).cumsum(axis=-1), order)


def reweighted(found: Ordered, weights: Floats) -> Ordered:
    """The same values with other weights, which are above 0 where the first ones were and nowhere else."""
    weights = np.broadcast_to(weights, found.values.shape)
    return found._replace(reached=_taken(weights, found.order).cumsum(axis=-1))


def weighted_quantile(found: Ordered, share: float) -> Floats:
    """The value at which this share of the weight is reached; NaN where there is no weight.

    When the share is reached exactly between two values, their midpoint. A share of 0.5 is the weighted median; turning
    all values round turns the quantile of `share` into that of 1 - `share`.

    >>> weighted_quantile(ordered(np.array([-4.0, -4.0, -3.0]), np.array([0.5, 0.5, 1.0])), 0.5).item()
    -3.5
    """
    whole = found.reached[..., -1:]
    low = (found.reached >= whole * (share - SAME)).argmax(axis=-1)[..., None]
    high = (found.reached > whole * (share + SAME)).argmax(axis=-1)[..., None]
    a, b = _taken(found.values, low)[..., 0], _taken(found.values, high)[..., 0]
    empty = whole[..., 0] == 0
    a, b = np.where(empty, np.nan, a), np.where(empty, np.nan, b)
    # The two ends are averaged as a + (b - a) / 2, which is exact when they are equal.
    return np.asarray(a + (b - a) / 2)


def interquartile_range(found: Ordered) -> Floats:
    """From where a quarter of the weight is reached to where three quarters are; NaN where there is no weight."""
    return weighted_quantile(found, 0.75) - weighted_quantile(found, 0.25)


def weighted_median(values: Floats, weights: Floats) -> Floats:
    """The weighted median along the last axis; NaN where all weights are 0.

    The value at which half the weight is reached; the midpoint of two values when it is reached exactly between them.
    With equal weights this is the ordinary median.
    """
    return weighted_quantile(ordered(values, weights), 0.5)


def absolute_deviation(values: Floats, weights: Floats, centre: Floats) -> Floats:
    """The weighted median distance of the values from `centre`, which has their shape without the last axis.

    With the median for a centre it is the median absolute deviation, as it is: no factor makes it a standard deviation.
    """
    return weighted_median(np.abs(values - centre[..., None]), weights)


def _taken(values: Floats, places: npt.NDArray[np.intp]) -> Floats:
    """`take_along_axis` along the last axis, without what it does for any axis."""
    starts = np.arange(0, values.size, values.shape[-1]).reshape(*values.shape[:-1], 1)
    return np.ascontiguousarray(values).ravel().take(starts + places)
