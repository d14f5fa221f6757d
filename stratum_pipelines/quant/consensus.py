"""What the books agree on: robust averages over operator groups.

Twins (two brands of one operator) are one opinion: every operator group weighs 1, shared by its books. All sums run
through the books one after the other (`cumsum`), so that a result never depends on how many empty columns stand beside
it: live cycles and whole days give the same bits.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.one_number import Views, market_number, n_outcomes_of, own_views, views_at
from stratum_pipelines.quant.panel import Panel, group_weights
from stratum_pipelines.quant.weighted import ordered, weighted_quantile
from stratum_pipelines.reference import League
from stratum_pipelines.reference.leagues import H2H, SPREADS

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Agreement:
    """The consensus of N markets with O outcomes: arrays of shape (N,) or (N, O). NaN where no book stands behind it.

    Points are from the side of each outcome. `fair_prob` holds at `fair_point`; `views` are what it is the median of.
    """

    n_books: Ints
    n_groups: Ints
    n_stale: Ints
    n_at_number: Ints
    point_median: Floats
    point_mean: Floats
    point_std: Floats
    price_median: Floats
    fair_prob: Floats
    fair_point: Floats
    fair_prob_std: Floats
    margin_median: Floats
    best_price: Floats
    best_book: Ints
    views: Views


def agree(
    prices: Floats, points: Floats, active: Bools, stale: Bools, kinds: Ints, panel: Panel, league: League
) -> Agreement:
    """The consensus of N markets over the B books of the panel, at least one.

    `prices`, `points`, `active` and `stale` have shape (N, O, B), O the most outcomes a market of the league has; `kinds`
    (N,) says what each market is (a position in `reference.leagues.MARKETS`). Points of a book's two sides agree, as a board
    makes sure: those of the first outcome are read. A book counts when it has a fresh quote on every outcome of the market.
    """
    fresh = active & ~stale
    own = own_views(prices, fresh, kinds, panel, league)
    weights, n_groups = group_weights(own.counted, panel.groups)
    whole = weights.cumsum(axis=1)[:, -1]
    whole = np.where(whole > 0, whole, np.nan)
    first_point = points[:, 0]
    lined = kinds != H2H
    middle, mean, spread, number = (np.full(len(kinds), np.nan) for _ in range(4))
    by_point = ordered(first_point[lined], weights[lined])
    middle[lined] = weighted_quantile(by_point, 0.5)
    number[lined] = market_number(by_point, middle[lined], first_point[lined], weights[lined], own.fair[lined])
    mean[lined], spread[lined] = _mean_and_spread(first_point[lined], weights[lined], whole[lined])

    views = views_at(number, own, first_point, kinds, panel, league)
    exists = np.arange(prices.shape[1])[None, :] < n_outcomes_of(kinds, league)[:, None]
    asked = np.concatenate([prices, own.margin[:, None]], axis=1)
    medians = weighted_quantile(ordered(asked, weights[:, None]), 0.5)
    fair_median = np.where(exists, weighted_quantile(ordered(views.fair, views.weights[:, None]), 0.5), 0.0)
    behind = views.weights.cumsum(axis=1)[:, -1]
    behind = np.where(behind > 0, behind, np.nan)
    _, fair_std = _mean_and_spread(views.fair, views.weights[:, None], behind[:, None])

    offered = np.where(fresh, prices, -np.inf)
    best = offered.max(axis=2, initial=-np.inf)
    best_book = np.where(offered == best[:, :, None], panel.ranks, 2 * len(panel.ranks)).argmin(axis=2)
    signs = _signs(kinds, prices.shape[1])
    return Agreement(
        n_books=own.counted.sum(axis=1),
        n_groups=n_groups,
        n_stale=(active & stale).any(axis=1).sum(axis=1),
        n_at_number=views.counted.sum(axis=1),
        point_median=middle[:, None] * signs + 0.0,
        point_mean=mean[:, None] * signs + 0.0,
        point_std=spread[:, None] * np.abs(signs),
        price_median=medians[:, :-1],
        # Medians of three-way probabilities need not sum to one; they are scaled so that they do.
        fair_prob=np.where(exists, fair_median / fair_median.cumsum(axis=1)[:, -1:], np.nan),
        fair_point=np.where(behind > 0, number, np.nan)[:, None] * signs + 0.0,
        fair_prob_std=np.where(exists, fair_std, np.nan),
        margin_median=medians[:, -1],
        best_price=np.where(best > 0, best, np.nan),
        best_book=best_book,
        views=views,
    )


def _signs(kinds: Ints, width: int) -> Floats:
    """What a home or over point is multiplied by to be each outcome's own, (N, width); NaN where an outcome has none."""
    signs = np.full((len(kinds), width), np.nan)
    signs[:, 0] = np.where(kinds == H2H, np.nan, 1.0)
    signs[:, 1] = np.where(kinds == H2H, np.nan, np.where(kinds == SPREADS, -1.0, 1.0))
    return signs


def _mean_and_spread(values: Floats, weights: Floats, whole: Floats) -> tuple[Floats, Floats]:
    """Weighted mean and population standard deviation along the last axis; `whole` is the sum of weights."""
    shares = np.broadcast_to(weights, values.shape)
    values = np.where(shares > 0, values, 0.0)
    mean = (values * shares).cumsum(axis=-1)[..., -1] / whole
    apart = np.where(shares > 0, values - mean[..., None], 0.0)
    variance = (apart * apart * shares).cumsum(axis=-1)[..., -1] / whole
    return mean, np.sqrt(variance)
