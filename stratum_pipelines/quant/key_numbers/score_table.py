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
Every step is arithmetic on single elements: a market's numbers do not depend on what stands beside it in the array, so
live cycles and whole days give the same bits.
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
# Work is done in pieces that stay in the processor's cache.
PIECE = 16_384
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
        prob, handicap = np.broadcast_arrays(np.asarray(fair_prob, np.float64), np.asarray(at, np.float64))
        shape = prob.shape
        flipped = (handicap > 0) & self.is_total
        own_prob = np.where(flipped, 1.0 - prob, prob).ravel()
        own_handicap = np.where(flipped, -handicap, handicap).ravel()
        cell, share = np.zeros(own_prob.size, np.int64), np.empty(own_prob.size)
        for start in range(0, own_prob.size, PIECE):
            piece = slice(start, start + PIECE)
            cell[piece], share[piece] = self._find(own_prob[piece], own_handicap[piece])
        return Place(cell.reshape(shape), share.reshape(shape), np.asarray(flipped))

    def chances(self, place: Place, to: npt.ArrayLike) -> Chances:
        """What a bet at handicap `to` is worth in markets that stand at `place`.

        A quarter handicap is half a bet on each neighbour, so its chances are their averages; what a median of quarters
        leaves between them (-3.125) is shared out in proportion to the distance. NaN where the place is nowhere, or
        where an over is asked for an under's number.
        """
        cell, share, flipped, handicap = np.broadcast_arrays(*place, np.asarray(to, np.float64))
        own = np.where(flipped, -handicap, handicap)
        if self.is_total:
            own = np.where(own <= 0, own, np.nan)
        wins, holds = np.empty(own.size), np.empty(own.size)
        cells, shares, owns = cell.ravel(), share.ravel(), own.ravel()
        for start in range(0, own.size, PIECE):
            piece = slice(start, start + PIECE)
            wins[piece], holds[piece] = self._value(cells[piece], shares[piece], owns[piece])
        over, push = wins.reshape(own.shape), (holds - wins).reshape(own.shape)
        under = (1.0 - holds).reshape(own.shape)
        win, lose = np.where(flipped, under, over), np.where(flipped, over, under)
        decided = win + lose
        return Chances(win, push, lose, np.where(decided > 0, win, np.nan) / np.where(decided > 0, decided, 1.0))

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

    def _find(self, prob: Floats, handicap: Floats) -> tuple[Ints, Floats]:
        """Cells and shares at which the chance of winning, less `prob` of the chance that the bet is decided, is nothing."""
        row, win_share, hold_share, known = self._rows(handicap)
        known &= (prob > 0) & (prob < 1)
        if self.is_total:
            known &= handicap <= 0
        width = len(self.means)
        flat, base = self.reached.ravel(), row * width
        # P(win) = prob · P(decided), with both as shares of the step from one row to the next, is one share of that step.
        turn = win_share * (1.0 - prob) + hold_share * prob

        def excess(place: Ints) -> Floats:
            upper = flat.take(place)
            return upper + turn * (flat.take(place + width) - upper) - prob

        place = base.copy()
        step = CELLS // 2
        while step:
            place += step * (excess(place + step) <= 0)
            step //= 2
        low, high = excess(place), excess(place + 1)
        known &= (low <= 0) & (high >= 0) & (high > low)
        share = -low / np.where(known, high - low, 1.0)
        return np.where(known, place - base, 0), np.where(known, share, np.nan)

    def _value(self, cell: Ints, share: Floats, handicap: Floats) -> tuple[Floats, Floats]:
        """The chances of winning and of not losing."""
        row, win_share, hold_share, known = self._rows(handicap, beyond=True)
        width = len(self.means)
        flat, base = self.reached.ravel(), row * width + cell
        upper, lower = (flat.take(at) + share * (flat.take(at + 1) - flat.take(at)) for at in (base, base + width))
        step = np.where(known, lower - upper, np.nan)
        return upper + win_share * step, upper + hold_share * step

    def _rows(self, handicap: Floats, *, beyond: bool = False) -> tuple[Ints, Floats, Floats, Bools]:
        """Per handicap the row of `reached`, the shares of the step to the next row in winning and in not losing, and if known.

        A bet at handicap -x wins above x. From x = k up to k + ½ it always wins at k + 1 and loses below k, and k itself
        passes from a push to a loss; from k + ½ to k + 1 it holds at k + 1, which passes from a win to a push. `beyond` takes numbers
        outside the table as certain, which they are.
        """
        known = np.isfinite(handicap)
        number = np.where(known, -handicap, 0.0)
        # The rows of `reached` between which there is something to share: up to the one that is all zero.
        last = len(self.reached) - 2
        low, high = self.lowest - 1.0, float(self.lowest + last)
        if beyond:
            number = np.minimum(np.maximum(number, low), high)
        else:
            known &= (number >= self.lowest) & (number < high - 1)
            number = np.where(known, number, self.lowest)
        whole = np.floor(number)
        part = (number - whole) * 2.0
        late = part >= 1.0
        row = (whole - self.lowest).astype(np.int64) + late
        before = row < 0
        win_share = np.where(late, part - 1.0, 1.0)
        hold_share = np.where(late, 0.0, part)
        if beyond:
            win_share, hold_share = np.where(before, 0.0, win_share), np.where(before, 0.0, hold_share)
            row = np.minimum(np.maximum(row, 0), last)
        return row, win_share, hold_share, known


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
