"""The entry: the best quote a person could still take when a signal was detected."""

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.key_numbers import score_table
from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.reference import League
from stratum_pipelines.signals.quotes import MARKETS, SPREADS, TOTALS

Ints = npt.NDArray[np.int64]


def best_entries(
    prices: Floats,
    points: Floats,
    fresh: npt.NDArray[np.bool_],
    ranks: Ints,
    kinds: Ints,
    outcomes: Ints,
    fair_prob: Floats,
    at_point: Floats,
    league: League,
) -> Ints:
    """The positions (K,) of the books with the highest expected return, -1 where no fresh quote is left.

    `prices` and `points` (K, B) are every book's quote on the outcome, points from its side, and `fresh` says which can be
    taken. `kinds` and `outcomes` (K,) say what the markets are and which outcome is taken, `ranks` (B,) is the order in which
    the first among equals wins.

    The consensus (`fair_prob` at `at_point`, from the outcome's side, both (K,)) says through the league's table of final
    margins and totals how often each number wins and pushes: the return is win x price + push. In h2h, and where the
    table knows no chance, the highest price wins. A number more than one standard deviation away from the consensus is a
    slip of the feed, no offer: nobody could take it; nor is there an offer where there is no consensus to say so.
    """
    taken, worth = fresh.copy(), prices.copy()
    for kind, deviation in ((SPREADS, league.margin_sd), (TOTALS, league.total_sd)):
        mine = np.flatnonzero(kinds == kind)
        if not len(mine):
            continue
        at = at_point[mine, None]
        taken[mine] &= np.abs(points[mine] - at) <= deviation
        # A table knows handicaps: an over gives the total away, an under receives it.
        sign = np.where((kind == TOTALS) & (outcomes[mine] == 0), -1.0, 1.0)[:, None]
        table = score_table(league, MARKETS[kind])
        place = table.place(fair_prob[mine, None], sign * at)
        chances = table.chances(place, sign * points[mine])
        known = ~np.isnan(place.share)
        worth[mine] = np.where(known, chances.win * prices[mine] + chances.push, prices[mine])
    # Equal quotes give equal returns only up to the last bits.
    worth = np.where(taken, np.round(worth, 12), -np.inf)
    highest = worth.max(axis=1, keepdims=True)
    first = np.where(worth == highest, ranks, len(ranks)).argmin(axis=1)
    return np.where(np.isfinite(highest[:, 0]), first, -1)
