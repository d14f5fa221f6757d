"""What the books agree on: robust averages over operator groups.

Twins (two brands of one operator) are one opinion: every operator group weighs 1, shared by its books. All sums run
through the books one after the other (`cumsum`), so that a result never depends on how many empty columns stand beside
it: live cycles and whole days give the same bits.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.devig import multiplicative
from stratum_pipelines.quant.odds import Floats

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Agreement:
    """The consensus of N markets with O outcomes: arrays of shape (N,) or (N, O). NaN where no book stands behind it."""

    n_books: Ints
    n_groups: Ints
    n_stale: Ints
    point_median: Floats
    point_mean: Floats
    point_std: Floats
    price_median: Floats
    fair_prob: Floats
    fair_prob_std: Floats
    margin_median: Floats
    best_price: Floats
    best_book: Ints


def group_weights(counted: Bools, groups: Ints) -> tuple[Floats, Ints]:
    """A weight per book so that every operator group weighs 1, and the number of groups.

    `counted` has shape (N, B) and says which books take part; `groups` (B,) holds the group of each book, from 0 up.
    """
    membership = (groups[:, None] == np.arange(groups.max(initial=-1) + 1)).astype(np.float64)
    sizes = counted.astype(np.float64) @ membership
    share = np.where(counted, 1.0 / np.maximum(sizes[:, groups], 1.0), 0.0)
    return share, (sizes > 0).sum(axis=1)


def weighted_median(values: Floats, weights: Floats) -> Floats:
    """The weighted median along the last axis; NaN where all weights are 0.

    The value at which half the weight is reached; the midpoint of two values when it is reached exactly between them.
    With equal weights this is the ordinary median. Entries of weight 0 may hold anything.
    """
    values = np.where(weights > 0, values, np.inf)
    order = values.argsort(axis=-1, kind="stable")
    values = np.take_along_axis(values, order, -1)
    reached = np.take_along_axis(weights, order, -1).cumsum(axis=-1)
    half = reached[..., -1:] / 2
    # Shares such as three thirds do not add up to the last bit: "exactly half" allows for that, in proportion.
    low = (reached >= half * (1 - 1e-9)).argmax(axis=-1)[..., None]
    high = (reached > half * (1 + 1e-9)).argmax(axis=-1)[..., None]
    # The two ends are averaged as a + (b - a) / 2, which is exact when they are equal.
    a, b = np.take_along_axis(values, low, -1)[..., 0], np.take_along_axis(values, high, -1)[..., 0]
    empty = half[..., 0] == 0
    a, b = np.where(empty, np.nan, a), np.where(empty, np.nan, b)
    return a + (b - a) / 2


def agree(
    prices: Floats, points: Floats, active: Bools, stale: Bools, n_outcomes: Ints, groups: Ints, ranks: Ints
) -> Agreement:
    """The consensus of N markets over B books.

    `prices`, `points`, `active` and `stale` have shape (N, O, B); `n_outcomes` (N,) says how many of the O outcomes the
    market has; `groups` and `ranks` (B,) hold each book's operator group and its place in alphabetical order. A book
    counts when it has a fresh quote on every outcome of the market.
    """
    _, n_slots, n_books = prices.shape
    if not n_books:
        # One column without a quote says the same as no column.
        beside = ((0, 0), (0, 0), (0, 1))
        prices, points = np.pad(prices, beside, constant_values=np.nan), np.pad(points, beside)
        return agree(
            prices, points, np.pad(active, beside), np.pad(stale, beside), n_outcomes, *np.zeros((2, 1), np.int64)
        )
    exists = np.arange(n_slots)[None, :] < n_outcomes[:, None]
    fresh = active & ~stale
    counted: Bools = np.logical_and.reduce(fresh | ~exists[:, :, None], axis=1)
    weights, n_groups = group_weights(counted, groups)
    used = counted[:, None, :] & exists[:, :, None]
    implied = np.where(used, 1.0 / np.where(used, prices, 1.0), 0.0)
    fair, total = multiplicative(implied)
    fair = np.where(used, fair, 0.0)

    stacked = np.concatenate([points, prices, fair, total[:, None, :] - 1.0], axis=1)
    spread = np.broadcast_to(weights[:, None, :], stacked.shape)
    medians = weighted_median(stacked, spread)
    whole = weights.cumsum(axis=1)[:, -1]
    whole = np.where(whole > 0, whole, np.nan)
    point_mean, point_std = _mean_and_spread(points, weights, whole)
    _, fair_std = _mean_and_spread(fair, weights, whole)
    fair_median = np.where(exists, medians[:, 2 * n_slots : 3 * n_slots], 0.0)
    # Medians of three-way probabilities need not sum to one; they are scaled so that they do.
    fair_prob = fair_median / fair_median.cumsum(axis=1)[:, -1:]

    offered = np.where(fresh, prices, -np.inf)
    best = offered.max(axis=2, initial=-np.inf)
    best_book = np.where(offered == best[:, :, None], ranks, 2 * n_books).argmin(axis=2)
    return Agreement(
        n_books=counted.sum(axis=1),
        n_groups=n_groups,
        n_stale=(active & stale).any(axis=1).sum(axis=1),
        point_median=medians[:, :n_slots],
        point_mean=point_mean,
        point_std=point_std,
        price_median=medians[:, n_slots : 2 * n_slots],
        fair_prob=np.where(exists, fair_prob, np.nan),
        fair_prob_std=fair_std,
        margin_median=medians[:, -1],
        best_price=np.where(best > 0, best, np.nan),
        best_book=best_book,
    )


def _mean_and_spread(values: Floats, weights: Floats, whole: Floats) -> tuple[Floats, Floats]:
    """Weighted mean and population standard deviation along the last axis; `whole` is the sum of weights."""
    shares = np.broadcast_to(weights[:, None, :], values.shape)
    values = np.where(shares > 0, values, 0.0)
    mean = (values * shares).cumsum(axis=-1)[..., -1] / whole[:, None]
    apart = np.where(shares > 0, values - mean[..., None], 0.0)
    variance = (apart * apart * shares).cumsum(axis=-1)[..., -1] / whole[:, None]
    return mean, np.sqrt(variance)
