"""Books that quote different numbers, brought to one number before they are compared.

-3 at even money and -3.5 at +120 say nearly the same; their medians, -3.25 and a price between, say something else. So every
book's fair probability is first moved to the number the market quotes most. This is the only place that does so: the
consensus, signals and entries all read what comes out of it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.key_numbers import score_table
from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.panel import Panel, group_weights
from stratum_pipelines.reference import League
from stratum_pipelines.reference.leagues import H2H, MARKETS, TOTALS

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

# A probability is moved by so many standard deviations at most. Further off, what the table does not know of a league is
# more than what is to be compared: a run line of -1.5 says little about one of +1.5.
FARTHEST_SD = 0.25


class OwnViews(NamedTuple):
    """What B books think of N markets, each at its own number.

    `counted` (N, B) are the books with a fresh quote on every outcome and a margin that can be; `fair` (N, O, B) are their fair
    probabilities and `margin` (N, B) what their implied probabilities sum to above 1, both NaN for books without a price on
    every outcome. `implausible` (N, B) are the books whose margin cannot be.
    """

    counted: Bools
    fair: Floats
    margin: Floats
    implausible: Bools


class Views(NamedTuple):
    """What B books think of N markets, all at one number, so that they compare.

    `counted` (N, B) are the books that can be compared: a fresh quote on every outcome, prices the method can read, a
    number near enough. `weights` (N, B) are theirs, so that every operator group weighs 1, and `n_groups` (N,) the groups.
    `number` (N,) is the home or over point all stand at, NaN in h2h. `fair` (N, O, B) is each book's probability there, NaN
    where it does not count; `margin` and `implausible` (N, B) as in `OwnViews`.
    """

    counted: Bools
    weights: Floats
    n_groups: Ints
    number: Floats
    fair: Floats
    margin: Floats
    implausible: Bools


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
    lowest, highest = panel.margins[kinds].transpose(1, 0, 2)
    with np.errstate(invalid="ignore"):
        implausible = (total < lowest) | (total > highest)
    return OwnViews(counted & ~implausible, fair, total - 1.0, implausible)


def views_at(
    number: Floats,
    own: OwnViews,
    points: Floats,
    kinds: Ints,
    panel: Panel,
    league: League,
    markets: Ints | None = None,
) -> Views:
    """The views at the number (N,) of each market; `points` (N, O, B) are the books' own, from each outcome's side.

    What half a point is worth says the league's table of final margins and totals, key numbers and pushes included. A book
    further off than a quarter of the league's standard deviation is not moved and does not count.

    The sides of a spread are alike: it is always the side that gives points at the market's number that is moved, and
    the other has what is left to 1. So home and away exchanged exchange the results, to the last bit. Rows with the
    same number in `markets` (N,) are one market at several times, which saves time.
    """
    from stratum_pipelines.quant.key_numbers.moving import bring

    counted, fair = own.counted.copy(), own.fair.copy()
    farthest = FARTHEST_SD * np.array([0.0, league.margin_sd, league.total_sd])
    tables = (score_table(league, market) for market in MARKETS[1:])
    bring(
        number,
        kinds,
        np.zeros(len(kinds), np.int64) if markets is None else markets,
        counted,
        fair,
        np.ascontiguousarray(points),
        farthest,
        *((table.lowest, table.reached) for table in tables),
    )
    weights, n_groups = group_weights(counted, panel.groups)
    return Views(counted, weights, n_groups, number, fair, own.margin, own.implausible)


def moved_fair(fair: Floats, at: Floats, to: Floats, kind: int, outcomes: Ints, league: League) -> Floats:
    """Fair probabilities at points `to`, when they are known at points `at`; all (K,), points from each outcome's side."""
    # A table knows handicaps: an over gives the total away, an under receives it.
    sign = np.where((kind == TOTALS) & (outcomes == 0), -1.0, 1.0)
    return score_table(league, MARKETS[kind]).move(fair, sign * at, sign * to).fair
