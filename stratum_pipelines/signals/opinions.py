"""What every book thinks of a market: its prices without the margin, at one number for all, so that they compare."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.consensus import group_weights, weighted_median
from stratum_pipelines.quant.devig import multiplicative
from stratum_pipelines.quant.key_numbers import score_table
from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.reference import League
from stratum_pipelines.signals.quotes import H2H, MARKETS, SPREADS, TOTALS, Quotes

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# A median of absolute deviations times this is the standard deviation of a normal distribution.
NORMAL = 1.4826
# A probability is moved by so many standard deviations at most. Further off, what the table does not know of a league is
# more than what is to be compared: a run line of -1.5 says little about one of +1.5.
FARTHEST_SD = 0.25


@dataclass(frozen=True)
class Opinions:
    """Books' fair probabilities in N cells, a cell being one market at one judged answer; in order of answer and market.

    `answer` and `market` (N,) say which. `counted` (N, B) are the books with a fresh quote on every outcome, `weights`
    (N, B) their weights, so that every operator group weighs 1, and `n_groups` (N,) the groups. A book at a number too far
    off to be compared does not count. `number` (N,) is the home
    or over point all are compared at, `fair` (N, O, B) each book's probability there, NaN where it does not count;
    `point` (N, O, B) is where it quotes, `margin` (N, B) what its implied probabilities sum to above 1.
    """

    answer: Ints
    market: Ints
    counted: Bools
    weights: Floats
    n_groups: Ints
    number: Floats
    point: Floats
    fair: Floats
    margin: Floats

    def cell(self, answer: int, market: int) -> int | None:
        """The place of a market at a judged answer; None where its consensus was not written then."""
        first, last = np.searchsorted(self.answer, (answer, answer + 1))
        place = int(first + np.searchsorted(self.market[first:last], market))
        return place if place < last and self.market[place] == market else None


def opinions(
    quotes: Quotes,
    cells: Ints,
    kinds: Ints,
    numbers: Floats,
    groups: Ints,
    league: League,
    before: bool = False,
) -> Opinions:
    """The opinions in these cells of the quotes, whose kinds and numbers to compare at are given, all of shape (N,)."""
    shown = quotes.before if before else quotes.now
    fresh = (quotes.was_fresh if before else quotes.fresh)[cells]
    price, point = shown["price"][cells], shown["point"][cells]
    exists = np.arange(price.shape[1])[None, :] < np.where(kinds == H2H, league.n_outcomes, 2)[:, None]
    counted: Bools = np.asarray((fresh | ~exists[:, :, None]).all(axis=1))
    implied = np.where(counted[:, None, :] & exists[:, :, None], 1.0 / price, 0.0)
    fair, total = multiplicative(implied)
    fair[~(counted[:, None, :] & exists[:, :, None])] = np.nan
    counted = np.asarray(counted & at_one_number(fair, point, kinds, numbers, league))
    weights, n_groups = group_weights(counted, groups)
    answers, markets = quotes.answer[cells], quotes.market[cells]
    return Opinions(answers, markets, counted, weights, n_groups, numbers, point, fair, total - 1.0)


def at_one_number(fair: Floats, point: Floats, kinds: Ints, numbers: Floats, league: League) -> Bools:
    """Move fair probabilities, in place, from each book's own number to the number of its cell; shapes as in `Opinions`.

    Returns which books (N, B) can be compared; those too far off are NaN. What half a point is worth says the league's
    table of final margins and totals, key numbers and pushes included.
    """
    near: Bools = np.ones(fair[:, 0].shape, np.bool_)
    for kind, deviation in ((SPREADS, league.margin_sd), (TOTALS, league.total_sd)):
        own = kinds[:, None] == kind
        near &= ~own | (np.abs(numbers[:, None] - point[:, 0]) <= FARTHEST_SD * deviation)
        cell, book = np.nonzero(own & near & (numbers[:, None] != point[:, 0]) & ~np.isnan(fair[:, 0]))
        if len(cell):
            outcome = np.zeros(len(cell), np.int64)
            moved = moved_fair(fair[cell, 0, book], point[cell, 0, book], numbers[cell], kind, outcome, league)
            fair[cell, 0, book], fair[cell, 1, book] = moved, 1.0 - moved
            near[cell, book] &= ~np.isnan(moved)
    np.copyto(fair, np.nan, where=~near[:, None, :])
    return near


def moved_fair(fair: Floats, at: Floats, to: Floats, kind: int, outcomes: Ints, league: League) -> Floats:
    """Fair probabilities at points `to`, when they are known at points `at`; all (K,), points from each outcome's side."""
    # A table knows handicaps: an over gives the total away, an under receives it.
    sign = np.where((kind == TOTALS) & (outcomes == 0), -1.0, 1.0)
    return score_table(league, MARKETS[kind]).move(fair, sign * at, sign * to).fair


@dataclass(frozen=True)
class Yardstick:
    """What a set of books agrees on: centre and spread of their probabilities, (K,) each, and how many groups they are."""

    centre: Floats
    spread: Floats
    n_groups: Ints


def yardstick(values: Floats, weights: Floats, groups: Ints, floor: float) -> Yardstick:
    """Median and median absolute deviation (as a standard deviation, at least `floor`) of K sets of books.

    `values` and `weights` are (K, B); a weight of 0 leaves a book out. The floor is what books differ by without meaning
    anything: prices come in steps, and five books at exactly one price are no reason to call the sixth a sensation.
    """
    centre = weighted_median(values, weights)
    spread = NORMAL * weighted_median(np.abs(values - centre[:, None]), weights)
    _, n_groups = group_weights(weights > 0, groups)
    return Yardstick(centre, np.maximum(spread, floor), n_groups)
