"""Books that quote different numbers, brought to one number before they are compared.

-3 at even money and -3.5 at +120 say nearly the same; their medians, -3.25 and a price between, say something else. So every
book's fair probability is first moved to the number the market quotes most. This is the only place that does so: the
consensus, signals and entries all read what comes out of it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.book_rows import SAME, Shares, most_quoted, shares
from stratum_pipelines.quant.key_numbers import score_table
from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.panel import Panel
from stratum_pipelines.reference import League
from stratum_pipelines.reference.leagues import H2H, MARKETS, SPREADS, TOTALS

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

# A probability is moved by so many standard deviations at most. Further off, what the table does not know of a league is
# more than what is to be compared: a run line of -1.5 says little about one of +1.5.
FARTHEST_SD = 0.25


class OwnViews(NamedTuple):
    """What B books think of N markets, each at its own number.

    `counted` (N, B) are the books with a fresh quote on every outcome; `fair` (N, O, B) are their fair probabilities and
    `margin` (N, B) what their implied probabilities sum to above 1, both NaN for books without a price on every outcome.
    """

    counted: Bools
    fair: Floats
    margin: Floats


class Views(NamedTuple):
    """What B books think of N markets, all at one number, so that they compare.

    `counted` (N, B) are the books that can be compared: a fresh quote on every outcome, prices the method can read, a
    number near enough. `weights` (N, B) are theirs, so that every operator group weighs 1, and `n_groups` (N,) the groups.
    `number` (N,) is the home or over point all stand at, NaN in h2h. `fair` (N, O, B) is each book's probability there, NaN
    where it does not count; `margin` (N, B) as in `OwnViews`.
    """

    counted: Bools
    weights: Floats
    n_groups: Ints
    number: Floats
    fair: Floats
    margin: Floats


def n_outcomes_of(kinds: Ints, league: League) -> Ints:
    """How many outcomes markets of these kinds have, (N,)."""
    return np.where(kinds == H2H, league.n_outcomes, 2)


def own_views(prices: Floats, fresh: Bools, kinds: Ints, panel: Panel, league: League) -> OwnViews:
    """The books' prices without their margin; `prices` and `fresh` (N, O, B), `kinds` (N,)."""
    n_outcomes = n_outcomes_of(kinds, league)
    counted = fresh[:, 0].copy()
    for outcome in range(1, prices.shape[1]):
        counted &= fresh[:, outcome] | (n_outcomes <= outcome)[:, None]
    fair, total = panel.methods.remove(prices, kinds, n_outcomes)
    return OwnViews(counted, fair, total - 1.0)


def views_at(number: Floats, own: OwnViews, points: Floats, kinds: Ints, panel: Panel, league: League) -> Views:
    """The books' views at the number (N,) of each market; `points` (N, B) is each book's home or over point.

    What half a point is worth says the league's table of final margins and totals, key numbers and pushes included. A book
    further off than a quarter of the league's standard deviation is not moved and does not count.

    The sides of a spread are alike: it is always the side that gives points at the market's number that is moved, and
    the other has what is left to 1. So home and away exchanged exchange the results, to the last bit.
    """
    fair = np.where(own.counted[:, None, :], own.fair, np.nan)
    near = own.counted & ~np.isnan(fair[:, 0])
    for kind, deviation in ((SPREADS, league.margin_sd), (TOTALS, league.total_sd)):
        # By book and then by market: so the array lies in memory.
        book, row = np.nonzero(((kinds == kind)[:, None] & near & (points != number[:, None])).T)
        if not len(row):
            continue
        at, to = points[row, book], number[row]
        reachable = np.flatnonzero(np.abs(to - at) <= FARTHEST_SD * deviation)
        moved = np.full((2, len(row)), np.nan)
        before = fair[row[reachable], :2, book[reachable]].T
        moved[:, reachable] = _moved(before, at[reachable], to[reachable], kind, league)
        fair[row, 0, book], fair[row, 1, book] = moved
        near[row, book] = ~np.isnan(moved[0])
    np.copyto(fair, np.nan, where=~near[:, None, :])
    found = shares(np.ascontiguousarray(near.T), panel.groups)
    return Views(near, found.weights.T, found.n_groups, number, fair, own.margin)


def moved_fair(fair: Floats, at: Floats, to: Floats, kind: int, outcomes: Ints, league: League) -> Floats:
    """Fair probabilities at points `to`, when they are known at points `at`; all (K,), points from each outcome's side."""
    # A table knows handicaps: an over gives the total away, an under receives it.
    sign = np.where((kind == TOTALS) & (outcomes == 0), -1.0, 1.0)
    return score_table(league, MARKETS[kind]).move(fair, sign * at, sign * to).fair


def market_number(points: Floats, found: Shares, median: Floats, fair: Floats) -> Floats:
    """The number most of the weight quotes, (N,); NaN where there is no weight.

    `points` (B, N) are the books' home or over points, `found` their shares and `median` (N,) the weighted median; `fair`
    (O, B, N) are the books' fair probabilities at their own numbers. Where `most_quoted` leaves -x and x, the one whose books
    see the sides closer to even. Where they are alike in that too the number is 0, between the two: neither side is preferred.
    """
    number, other = most_quoted(points, found.parts, median)
    for market in np.flatnonzero(number < other).tolist():
        uneven = np.abs(fair[0, :, market] - fair[1, :, market]) * found.weights[:, market]
        counted = (found.parts[:, market] > 0) & ~np.isnan(uneven)
        here, there = (uneven[counted & (points[:, market] == at)].sum() for at in (number[market], other[market]))
        number[market] = number[market] if here < there - SAME else other[market] if there < here - SAME else 0.0
    return np.where(np.isfinite(number), number, np.nan)


def _moved(fair: Floats, at: Floats, to: Floats, kind: int, league: League) -> Floats:
    """Both outcomes' fair probabilities (2, K) at home or over points `to`, when they are known at points `at`."""
    first = np.ones(len(at), np.bool_)
    if kind == SPREADS:
        first = (to < 0) | (to == 0) & (at < 0)
    own, outcomes = np.where(first, fair[0], fair[1]), np.where(first, 0, 1)
    sign = np.where(first, 1.0, -1.0)
    moved = moved_fair(own, sign * at, sign * to, kind, outcomes, league)
    return np.where(first, [moved, 1.0 - moved], [1.0 - moved, moved])
