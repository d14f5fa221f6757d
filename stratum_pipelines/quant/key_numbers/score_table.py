"""The chances of every final margin or total, and moving a probability from one number to another with them.

The model. A final margin m (or total), seen from one side, has the probability

    P(m | mean) = w(m) · [Φ((m + ½ − mean) / sd) − Φ((m − ½ − mean) / sd)] / Z(mean),

a normal rounded to whole points, times the weight w of the number: how much more often games really end on it than the
rounded normal says (`weights.py` finds w from recorded games; where there are none, w is 1). Z makes it sum to 1. The mean
is whatever makes the known probability come out at the known number.

Source of the normal part: H. Stern, "On the probability of winning a football game", The American Statistician 45 (1991).

Exactness. The chances are worked out once, on a grid of means, and between two of its means they are shared out in
proportion to the distance. That is no approximation laid over the model, it is the model: a mixture of two probability
distributions is one, so probabilities sum to 1 and rise with the mean and with the handicap, and the mean behind a
probability is the root of a straight line, found without iterating. A probability moved there and back is the one it was.
Every step is arithmetic on single elements (`moving.py`): a market's numbers do not depend on what stands beside it in the
array, so live cycles and whole days give the same bits.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.normal import distribution
from stratum_pipelines.quant.odds import Floats

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# A power of two: the cell of a mean is found by halving.
CELLS = 2048
# How far numbers and means reach, in standard deviations. Margins: numbers to 6 either side. Totals: numbers from 0 to 17,
# which is 300 points of basketball and 28 goals of soccer.
MARGIN_REACH = (10.0, 11.0)
TOTAL_REACH = (22.0, 5.0)


class Chances(NamedTuple):
    """Probabilities that a bet wins, gets its stake back and loses, and of winning given that it is decided."""

    win: Floats
    push: Floats
    lose: Floats
    fair: Floats


class Place(NamedTuple):
    """Where markets stand on the grid of means: between `cell` and the next, at `share` of the way; NaN is nowhere.

    `flipped` markets were given from the under's side, and stand where their over does.
    """

    cell: Ints
    share: Floats
    flipped: Bools


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """The chance that a final margin or total reaches each whole number, at every mean of a grid.

    `reached[row, i]` is the chance of `lowest + row` points or more at `means[i]`; the first row is 1, the last two are 0.
    Handicaps are from the outcome's own side, as everywhere: home -3.5 is -3.5, over 210 is -210 and under 210 is +210.
    """

    lowest: int
    means: Floats
    reached: Floats
    is_total: bool

    def place(self, fair_prob: npt.ArrayLike, at: npt.ArrayLike) -> Place:
        """Where markets stand in which a bet at handicap `at` wins with `fair_prob`, given that it does not push.

        Any shapes that fit each other. NaN where the probability is not between 0 and 1, the number is none the table
        knows, or both together lie beyond the table's means (about one in ten million).
        """
        from stratum_pipelines.quant.key_numbers.moving import places

        prob, handicap = np.broadcast_arrays(np.asarray(fair_prob, np.float64), np.asarray(at, np.float64))
        cell, share = np.empty(prob.size, np.int64), np.empty(prob.size)
        flipped = np.empty(prob.size, np.bool_)
        places(prob.flatten(), handicap.flatten(), self.lowest, self.reached, self.is_total, cell, share, flipped)
        return Place(cell.reshape(prob.shape), share.reshape(prob.shape), flipped.reshape(prob.shape))

    def chances(self, place: Place, to: npt.ArrayLike) -> Chances:
        """What a bet at handicap `to` is worth in markets that stand at `place`.

        A quarter handicap is half a bet on each neighbour, so its chances are their averages; what a median of quarters
        leaves between them (-3.125) is shared out in proportion to the distance. NaN where the place is nowhere, or
        where an over is asked for an under's number.
        """
        from stratum_pipelines.quant.key_numbers.moving import chances

        cell, share, flipped, handicap = np.broadcast_arrays(*place, np.asarray(to, np.float64))
        found = np.empty((4, handicap.size))
        known = (self.lowest, self.reached, self.is_total)
        chances(cell.flatten(), share.flatten(), flipped.flatten(), handicap.flatten(), *known, found)
        return Chances(*found.reshape(4, *handicap.shape))

    def move(self, fair_prob: npt.ArrayLike, at: npt.ArrayLike, to: npt.ArrayLike) -> Chances:
        """What a bet at handicap `to` is worth, when `fair_prob` (given no push) is known at handicap `at`.

        At the same number the same probability comes out, to the last bit. NaN as in `place`.
        """
        found = self.chances(self.place(fair_prob, at), to)
        stays = (np.asarray(at, np.float64) == np.asarray(to, np.float64)) & ~np.isnan(found.fair)
        return found._replace(fair=np.where(stays, np.asarray(fair_prob, np.float64), found.fair))

    def implied_mean(self, place: Place) -> Floats:
        """The mean of the normal part at a place, in points: of the own margin, or of the total (also for an under)."""
        return self.means[0] + (self.means[1] - self.means[0]) * (place.cell + place.share)

    def mass_crossed(self, from_handicap: npt.ArrayLike, to_handicap: npt.ArrayLike) -> Floats:
        """The probability that the result lies between two handicaps of one side, a number one of them stands on by half.

        So it is the change of the chance to win plus half the chance to push: -2.5 to -3 and -3 to -3.5 each cross half of the
        games that end on 3, -2.5 to -3.5 all of them. The market is taken to be even half-way between the two.
        """
        first, second = np.asarray(from_handicap, np.float64), np.asarray(to_handicap, np.float64)
        place = self.place(0.5, first + (second - first) / 2)
        before, after = self.chances(place, first), self.chances(place, second)
        return np.abs(before.win - after.win + after.lose - before.lose) / 2


def build_score_table(weights: Floats, lowest: int, deviation: float, *, is_total: bool) -> ScoreTable:
    """The table of a league's margins or totals.

    `weights` are those of the numbers from `lowest` up, one by one; every number outside weighs 1. `deviation` is the standard
    deviation of the normal part, in points.
    """
    if not np.isfinite(deviation) or deviation <= 0:
        raise ValueError(f"A standard deviation of {deviation} points is none; it must be above 0.")
    if is_total and lowest < 0:
        raise ValueError(f"Totals begin at 0, and these weights at {lowest}.")
    numbers, means, plain = _plain(deviation, is_total=is_total)
    chances = plain * spread_out(weights, lowest, numbers)[:, None]
    below = np.concatenate([chances[::-1].cumsum(axis=0)[::-1], np.zeros((2, len(means)))])
    return ScoreTable(int(numbers[0]), means, np.ascontiguousarray(below / below[0]), is_total)


# Weights are fitted, and judged, round after round over the same normal.
@lru_cache(maxsize=2)
def _plain(deviation: float, *, is_total: bool) -> tuple[Ints, Floats, Floats]:
    """The numbers and means of a table, and the rounded normal's chances of them."""
    if is_total:
        bottom, top = 0, int(np.ceil(TOTAL_REACH[0] * deviation))
        means = np.linspace(-TOTAL_REACH[1] * deviation, TOTAL_REACH[0] * deviation, CELLS + 1)
    else:
        bottom, top = -int(np.ceil(MARGIN_REACH[0] * deviation)), int(np.ceil(MARGIN_REACH[0] * deviation))
        means = np.linspace(-MARGIN_REACH[1] * deviation, MARGIN_REACH[1] * deviation, CELLS + 1)
    numbers = np.arange(bottom, top + 1)
    return numbers, means, normal_chances(numbers, means, deviation)


def normal_chances(numbers: npt.NDArray[np.int64], means: Floats, deviation: float) -> Floats:
    """The rounded normal's probability of every whole number (rows, one after the other) at every mean (columns)."""
    edges = np.append(numbers - 0.5, numbers[-1] + 0.5)
    score = (edges[:, None] - means[None, :]) / deviation
    # Tails keep their digits far from the mean, where differences of probabilities near 1 would lose them.
    tail = distribution(-np.abs(score))[0]
    above = score > 0
    inner, outer = tail[:-1], tail[1:]
    return np.where(above[:-1], inner - outer, np.where(above[1:], 1.0 - inner - outer, outer - inner))


def spread_out(weights: Floats, lowest: int, numbers: npt.NDArray[np.int64]) -> Floats:
    """The weight of every number: its own where `weights` (from `lowest` up) has one, else 1."""
    position = numbers - lowest
    inside = (position >= 0) & (position < len(weights))
    return np.where(inside, np.append(weights, 1.0)[np.where(inside, position, len(weights))], 1.0)
