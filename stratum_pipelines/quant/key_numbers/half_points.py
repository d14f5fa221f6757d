"""What half a point is worth around each number."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.key_numbers.score_table import ScoreTable
from stratum_pipelines.quant.odds import Floats, cents


class HalfPoints(NamedTuple):
    """Around handicaps at which the market is even: how often the number comes, and half a point either way.

    `more` and `less` are fair probabilities, given no push, with half a point more and half a point less; `more_cents` and
    `less_cents` what that is in fair price, on the continuous American scale.
    """

    handicap: Floats
    push: Floats
    more: Floats
    less: Floats
    more_cents: Floats
    less_cents: Floats


def half_points(table: ScoreTable, handicaps: npt.ArrayLike) -> HalfPoints:
    """The worth of half a point more and less than each handicap, in a market that is even at it.

    Example: at -3 the fair price is even money. When -2.5 wins 55.2 % of the time, its fair price is 1 / 0.552, which is
    -123.2: half a point more is worth 23.2 cents.
    """
    at = np.asarray(handicaps, np.float64)
    place = table.place(0.5, at)
    more, less = table.chances(place, at + 0.5).fair, table.chances(place, at - 0.5).fair
    return HalfPoints(at, table.chances(place, at).push, more, less, -cents(1 / more), cents(1 / less))
