"""What the books agree on: robust averages over operator groups.

Twins (two brands of one operator) are one opinion: every operator group weighs 1, shared by its books. All sums run
through the books one after the other (`cumsum`), so that a result never depends on how many empty columns stand beside
it: live cycles and whole days give the same bits.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.one_number import OwnViews, Views, market_number, n_outcomes_of, own_views, views_at
from stratum_pipelines.quant.panel import Panel, group_weights
from stratum_pipelines.quant.weighted import (
    Ordered,
    absolute_deviation,
    interquartile_range,
    ordered,
    reweighted,
    weighted_quantile,
)
from stratum_pipelines.reference import League
from stratum_pipelines.reference.leagues import H2H, SPREADS

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Agreement:
    """The consensus of N markets with O outcomes: arrays of shape (N,) or (N, O). NaN where no book stands behind it.

    Points are from the side of each outcome. `fair_prob` holds at `fair_point`, and so do its deviations and `sharp_fair_prob`;
    `views` are what they are made of. Ages are in seconds. `std` is the population standard deviation, `mad` the median absolute
    deviation from the median, `iqr` the interquartile range.
    """

    n_books: Ints
    n_groups: Ints
    n_stale: Ints
    n_at_number: Ints
    n_sharp: Ints
    age_median: Floats
    age_max: Floats
    point_median: Floats
    point_mean: Floats
    point_std: Floats
    point_mad: Floats
    point_iqr: Floats
    price_median: Floats
    fair_prob: Floats
    fair_point: Floats
    fair_prob_std: Floats
    fair_prob_mad: Floats
    fair_prob_iqr: Floats
    sharp_fair_prob: Floats
    sharp_point: Floats
    margin_median: Floats
    best_price: Floats
    best_book: Ints
    views: Views


def agree(
    prices: Floats,
    points: Floats,
    ages: Floats,
    active: Bools,
    stale: Bools,
    kinds: Ints,
    panel: Panel,
    league: League,
) -> Agreement:
    """The consensus of N markets over the B books of the panel, at least one.

    `prices`, `points`, `active` and `stale` have shape (N, O, B), O the most outcomes a market of the league has; `ages` (N, B)
    are how long ago each book's quotes of the market were last seen, in seconds, the oldest of them; `kinds` (N,) says what each
    market is (a position in `reference.leagues.MARKETS`). Points of a book's two sides agree, as a board makes sure: those of
    the first outcome are read. A book counts when it has a fresh quote on every outcome of the market.
    """
    fresh = active & ~stale
    own = own_views(prices, fresh, kinds, panel, league)
    weights, n_groups = group_weights(own.counted, panel.groups)
    lines = _lines(points[:, 0], weights, own, kinds, panel)
    views = views_at(lines.number, own, points[:, 0], kinds, panel, league)
    asked = np.concatenate([prices, own.margin[:, None], ages[:, None]], axis=1)
    medians = weighted_quantile(ordered(asked, weights[:, None]), 0.5)
    exists = np.arange(prices.shape[1])[None, :] < n_outcomes_of(kinds, league)[:, None]
    chances = _chances(views, exists, panel)

    offered = np.where(fresh, prices, -np.inf)
    best = offered.max(axis=2, initial=-np.inf)
    best_book = np.where(offered == best[:, :, None], panel.ranks, 2 * len(panel.ranks)).argmin(axis=2)
    signs = _signs(kinds, prices.shape[1])
    known = np.where(views.n_groups > 0, lines.number, np.nan)
    return Agreement(
        n_books=own.counted.sum(axis=1),
        n_groups=n_groups,
        n_stale=(active & stale).any(axis=1).sum(axis=1),
        n_at_number=views.counted.sum(axis=1),
        n_sharp=(own.counted & panel.is_sharp).sum(axis=1),
        age_median=medians[:, -1],
        age_max=np.where(n_groups > 0, np.where(own.counted, ages, -np.inf).max(axis=1), np.nan),
        point_median=lines.median[:, None] * signs + 0.0,
        point_mean=lines.mean[:, None] * signs + 0.0,
        point_std=lines.std[:, None] * np.abs(signs),
        point_mad=lines.mad[:, None] * np.abs(signs),
        point_iqr=lines.iqr[:, None] * np.abs(signs),
        price_median=medians[:, :-2],
        fair_prob=chances.median,
        fair_point=known[:, None] * signs + 0.0,
        fair_prob_std=chances.std,
        fair_prob_mad=chances.mad,
        fair_prob_iqr=chances.iqr,
        sharp_fair_prob=chances.sharp,
        sharp_point=lines.sharp[:, None] * signs + 0.0,
        margin_median=medians[:, -2],
        best_price=np.where(best > 0, best, np.nan),
        best_book=best_book,
        views=views,
    )


class Lines(NamedTuple):
    """The home or over points of N markets, (N,) each; NaN in h2h and where no book counts."""

    median: Floats
    mean: Floats
    std: Floats
    mad: Floats
    iqr: Floats
    number: Floats
    sharp: Floats


def _lines(points: Floats, weights: Floats, own: OwnViews, kinds: Ints, panel: Panel) -> Lines:
    """What the books agree on in points; `points` and `weights` are (N, B)."""
    found = Lines(*(np.full(len(kinds), np.nan) for _ in Lines._fields))
    lined = np.flatnonzero(kinds != H2H)
    lowest = np.where(own.counted, points, np.inf).min(axis=1)
    highest = np.where(own.counted, points, -np.inf).max(axis=1)
    # Most markets stand at one number: there is nothing to sort, and nothing to deviate.
    alike = lined[lowest[lined] == highest[lined]]
    for name in ("median", "mean", "number", "sharp"):
        getattr(found, name)[alike] = lowest[alike]
    for name in ("std", "mad", "iqr"):
        getattr(found, name)[alike] = 0.0
    apart = lined[lowest[lined] < highest[lined]]
    if len(apart):
        mine, share, fair = points[apart], weights[apart], own.fair[apart]
        by_point = ordered(mine, share)
        median = weighted_quantile(by_point, 0.5)
        found.median[apart] = median
        found.mean[apart], found.std[apart] = _mean_and_deviation(mine, share)
        found.mad[apart] = absolute_deviation(mine, share, median)
        found.iqr[apart] = interquartile_range(by_point)
        found.number[apart] = market_number(by_point, median, mine, share, fair)
        found.sharp[apart] = weighted_quantile(reweighted(by_point, share * panel.loudness), 0.5)
    found.sharp[~(own.counted & panel.is_sharp).any(axis=1)] = np.nan
    return found


class Chances(NamedTuple):
    """The fair probabilities of N markets at their numbers, (N, O) each; NaN where there is no outcome or no book."""

    median: Floats
    std: Floats
    mad: Floats
    iqr: Floats
    sharp: Floats


def _chances(views: Views, exists: Bools, panel: Panel) -> Chances:
    """What the books agree on in fair probabilities; `exists` (N, O) says which outcomes there are."""
    weights = views.weights[:, None]
    by_chance = ordered(views.fair, weights)
    median = weighted_quantile(by_chance, 0.5)
    _, std = _mean_and_deviation(views.fair, weights)
    sharp = np.full(median.shape, np.nan)
    heard = np.flatnonzero((views.counted & panel.is_sharp).any(axis=1))
    if len(heard):
        among = Ordered(by_chance.values[heard], by_chance.reached[heard], by_chance.order[heard])
        sharp[heard] = weighted_quantile(reweighted(among, weights[heard] * panel.loudness), 0.5)
    found = Chances(
        median=_scaled(median, exists),
        std=std,
        mad=absolute_deviation(views.fair, weights, median),
        iqr=interquartile_range(by_chance),
        sharp=_scaled(sharp, exists),
    )
    return Chances(*(np.where(exists, part, np.nan) for part in found))


def _scaled(medians: Floats, exists: Bools) -> Floats:
    """Medians of probabilities, which for three outcomes need not sum to one, scaled so that they do."""
    medians = np.where(exists, medians, 0.0)
    return medians / medians.cumsum(axis=1)[:, -1:]


def _signs(kinds: Ints, width: int) -> Floats:
    """What a home or over point is multiplied by to be each outcome's own, (N, width); NaN where an outcome has none."""
    signs = np.full((len(kinds), width), np.nan)
    signs[:, 0] = np.where(kinds == H2H, np.nan, 1.0)
    signs[:, 1] = np.where(kinds == H2H, np.nan, np.where(kinds == SPREADS, -1.0, 1.0))
    return signs


def _mean_and_deviation(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Weighted mean and population standard deviation along the last axis; NaN where nothing has a weight."""
    shares = np.broadcast_to(weights, values.shape)
    whole = shares.cumsum(axis=-1)[..., -1]
    whole = np.where(whole > 0, whole, np.nan)
    values = np.where(shares > 0, values, 0.0)
    mean = (values * shares).cumsum(axis=-1)[..., -1] / whole
    apart = np.where(shares > 0, values - mean[..., None], 0.0)
    variance = (apart * apart * shares).cumsum(axis=-1)[..., -1] / whole
    return mean, np.sqrt(variance)
