"""Books that quote different numbers, brought to one number before they are compared.

-3 at even money and -3.5 at +120 say nearly the same; their medians, -3.25 and a price between, say something else. So every
book's fair probability is first moved to the number the market quotes most.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.key_numbers import ScoreTable
from stratum_pipelines.quant.odds import Floats

Bools = npt.NDArray[np.bool_]

# Weights such as three thirds do not add up to the last bit: supports this close are the same.
SAME = 1e-9
# Work is done in pieces that stay in the processor's cache.
PIECE = 2048


class OneNumber(NamedTuple):
    """N markets over B books at one number each.

    `number` (N,) is the market's, NaN where no book counts. `fair_prob` (N, B) is each book's fair probability there, NaN
    for books that do not count or whose number no table reaches. `moved` (N, B) says whose number was another.
    """

    number: Floats
    fair_prob: Floats
    moved: Bools


def market_number(handicaps: Floats, weights: Floats, median: Floats) -> Floats:
    """The number most of the weight quotes, (N,); NaN where there is no weight.

    `handicaps` and `weights` have shape (N, B), weight 0 for books that do not count; `median` (N,) is the weighted median of the
    handicaps. Among numbers quoted equally the one nearest to the median is taken, then the one nearer to 0, then the
    lower.
    """
    counted = weights > 0
    number = np.where(counted, handicaps, np.inf).min(axis=1, initial=np.inf)
    highest = np.where(counted, handicaps, -np.inf).max(axis=1, initial=-np.inf)
    split = np.flatnonzero(number < highest)
    for start in range(0, split.size, PIECE):
        piece = split[start : start + PIECE]
        number[piece] = _most_quoted(handicaps[piece], weights[piece], median[piece])
    return np.where(np.isfinite(number), number, np.nan)


def at_one_number(
    table: ScoreTable, handicaps: Floats, fair_prob: Floats, weights: Floats, median: Floats
) -> OneNumber:
    """Every book's fair probability at the number its market quotes most.

    `handicaps` (N, B) are from the side of the market's first outcome: the home team's handicap, or minus the total for the
    over (`lines.own_handicap`). `fair_prob` (N, B) is that outcome's fair probability at the book's own number, given no push;
    the other outcome's is what is left to 1, before and after. `weights` and `median` as in `market_number`. What books
    with weight 0 hold does not matter, nor does their place in the array.
    """
    number = market_number(handicaps, weights, median)
    counted = weights > 0
    moved = counted & (handicaps != number[:, None])
    found = np.where(counted, fair_prob, np.nan)
    row, book = np.nonzero(moved)
    found[row, book] = table.move(fair_prob[row, book], handicaps[row, book], number[row]).fair
    return OneNumber(number, found, moved)


def _most_quoted(handicaps: Floats, weights: Floats, median: Floats) -> Floats:
    """The number with most weight behind it in each market; every market has at least one book that counts."""
    own = np.where(weights > 0, handicaps, np.nan)
    support = np.zeros_like(own)
    # One book after the other, so that books of no weight in between change no bits.
    for book in range(own.shape[1]):
        support += (own == own[:, book, None]) * weights[:, book, None]
    best = support >= support.max(axis=1, keepdims=True) * (1.0 - SAME)
    for distance in (np.abs(own - median[:, None]), np.abs(own), own):
        distance = np.where(best, distance, np.inf)
        best &= distance <= distance.min(axis=1, keepdims=True) + SAME
    return np.where(best, own, np.inf).min(axis=1)
