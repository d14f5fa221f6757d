"""What a step of a market says: how fast its books moved together, how many of them moved, how far apart they stand.

A step is an answer at which the consensus of a market was written. Everything is measured in standard deviations of the
game's result, so that winner markets, spreads and totals, and a change of price and one of the line, are of one kind.
"""

import numpy as np

from stratum_pipelines.quant.normal import quantile
from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.panel import Bools, Ints, group_weights

FEATURES = ("speed", "breadth", "disagreement")
# Chances are kept this far from 0 and 1, so that a price of 1.0001 is a finite number of standard deviations.
NEAREST = 1e-6
# A book that moves by less has not: what is left of rounding.
LEAST_MOVE = 1e-9
# What is added before the logarithm of the disagreement: books that agree to the last digit have one too.
LEAST_DISAGREEMENT = 0.003


def book_levels(prices: Floats, points: Floats, counted: Bools, has_draw: Bools, per_point: Floats) -> Floats:
    """Where each book sees the game: the first outcome's chance of winning, in standard deviations of the result.

    The margin is removed in proportion, whichever way is chosen for the book elsewhere: how far a level moves hardly
    depends on it.

    `prices` (N, O, B) are decimal, `points` (N, B) those of the first outcome, `counted` (N, B) says whose quotes are to be
    used; `has_draw` (N,) where the third outcome is one, and half a draw counts as a win; `per_point` (N,) is what a point
    is worth: -1 / sd of the margin on spreads, +1 / sd of the total on totals, 0 where there is none. Gives (N, B), NaN
    for books that do not count.

    Worked example (sd 13): home -3 at 1.87 against 1.95 is a fair chance of 0.5105, which lies 0.026 standard deviations
    above the middle; with the three points that makes 0.026 + 3 / 13 = 0.257. At -3.5 and even prices it would be 0.269.

    >>> levels = book_levels(
    ...     np.array([[[1.87, 1.9], [1.95, 1.9]]]),
    ...     np.array([[-3.0, -3.5]]),
    ...     np.ones((1, 2), bool),
    ...     np.array([False]),
    ...     np.array([-1 / 13.0]),
    ... )
    >>> levels.round(3).tolist()
    [[0.257, 0.269]]
    """
    used = np.ones(prices.shape[1], np.bool_)[None, :] & (np.arange(prices.shape[1]) < 2 + has_draw[:, None])
    implied = np.where(used[:, :, None] & counted[:, None, :], 1.0 / prices, 0.0)
    won = implied[:, 0] + (implied[:, 2] / 2 if prices.shape[1] > 2 else 0.0)
    chance = np.where(counted, won / np.where(counted, implied.cumsum(axis=1)[:, -1], 1.0), 0.5)
    scores = quantile(np.clip(chance, NEAREST, 1 - NEAREST))
    return np.where(counted, scores + points * per_point[:, None], np.nan)


def step_features(before: Floats, now: Floats, minutes: Floats, groups: Ints) -> Floats:
    """The features (N, 3) of N steps from the levels of books before and after, (N, B); NaN where no book was there both times.

    `minutes` (N,) have passed since the market's step before, `groups` (B,) are the books' operator groups; every group has
    one voice. Only books that were there before and after are asked how far they moved: one that comes or goes moves nothing.

    - `speed`: their mean move, toward the first outcome positive, over the square root of the minutes, at least 1: a price
      that wanders goes four times as far in sixteen times the time.
    - `breadth`: the share of them that moved.
    - `disagreement`: the logarithm of how far the books now stand apart (standard deviation).

    Sums run through the books one after the other, so that empty columns beside them change no bit.

    >>> before, now = np.array([[0.20, 0.22, np.nan]]), np.array([[0.26, 0.22, 0.30]])
    >>> step_features(before, now, np.array([9.0]), np.array([0, 1, 2])).round(4).tolist()
    [[0.01, 0.5, -3.3337]]
    """
    there = ~np.isnan(now)
    both = there & ~np.isnan(before)
    moves = np.where(both, np.where(both, now, 0.0) - np.where(both, before, 0.0), 0.0)
    weights, n_groups = group_weights(both, groups)
    moved, _ = group_weights(there, groups)
    with np.errstate(invalid="ignore", divide="ignore"):
        speed = _mean(moves, weights) / np.sqrt(np.maximum(minutes, 1.0))
        breadth = _mean((np.abs(moves) > LEAST_MOVE).astype(np.float64), weights)
        levels = np.where(there, now, 0.0)
        apart = np.where(there, levels - _mean(levels, moved)[:, None], 0.0)
        spread = np.sqrt(_mean(apart * apart, moved))
    features = np.stack([speed, breadth, np.log(spread + LEAST_DISAGREEMENT)], axis=1)
    features[n_groups == 0] = np.nan
    return features


def _mean(values: Floats, weights: Floats) -> Floats:
    """The weighted mean along the books, added up in their order."""
    return (values * weights).cumsum(axis=1)[:, -1] / weights.cumsum(axis=1)[:, -1]
