"""What the books agree on: robust averages over operator groups.

Twins (two brands of one operator) are one opinion: every operator group weighs 1, shared by its books. All sums run
through the books one after the other, by name, so that a result depends neither on the order in which a board met its
books nor on how many empty columns stand beside them: live cycles and whole days give the same bits.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.book_rows import (
    Ranked,
    Shares,
    absolute_deviations,
    interquartile_ranges,
    mean_and_deviation,
    medians,
    quantiles,
    ranked,
    shares,
)
from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.one_number import Views, market_number, n_outcomes_of, own_views, views_at
from stratum_pipelines.quant.panel import Panel
from stratum_pipelines.reference import League
from stratum_pipelines.reference.leagues import H2H, SPREADS

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

# Arrays of so many markets stay in a processor's cache.
PIECE = 1024


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

    A market's numbers do not depend on the others, so they are worked out a piece at a time that stays in the processor's cache.
    """
    # Sums go through the books by name: in which order a board met them changes no bit.
    order = np.argsort(panel.ranks, kind="stable")
    by_name = panel.ordered(order)
    pieces = []
    for start in range(0, max(len(kinds), 1), PIECE):
        piece = slice(start, start + PIECE)
        pieces.append(
            _agree(
                _by_book(prices[piece], order),
                _by_book(points[piece], order)[0],
                np.ascontiguousarray(ages[piece].T[order]),
                _by_book(active[piece], order),
                _by_book(stale[piece], order),
                kinds[piece],
                by_name,
                league,
            )
        )
    return _joined(pieces, order)


def _by_book(quotes: npt.NDArray[Any], order: Ints) -> npt.NDArray[Any]:
    """Quotes (N, O, B) as (O, B, N), books in this order."""
    return np.ascontiguousarray(quotes.transpose(1, 2, 0)[:, order])


def _agree(
    prices: Floats,
    points: Floats,
    ages: Floats,
    active: Bools,
    stale: Bools,
    kinds: Ints,
    panel: Panel,
    league: League,
) -> dict[str, npt.NDArray]:
    """The fields of the agreement and of its views, markets last; quotes are (O, B, N), books in alphabetical order."""
    n_slots = len(prices)
    fresh = active & ~stale
    own = own_views(prices.transpose(2, 0, 1), fresh.transpose(2, 0, 1), kinds, panel, league)
    counted, margin = np.ascontiguousarray(own.counted.T), own.margin.T
    found = shares(counted, panel.groups)
    by_rank = ranked(np.concatenate([points[None], prices, margin[None], ages[None]]), found.parts)
    middles = quantiles(by_rank, 0.5)
    lined = kinds != H2H
    lines = _lines(points, counted, found, by_rank.of(0, 1), middles[0], own.fair.transpose(1, 2, 0), lined, panel)
    views = views_at(lines.number, own, points.T, kinds, panel, league)
    exists = np.arange(n_slots)[:, None] < n_outcomes_of(kinds, league)
    chances = _chances(views, exists, panel)

    offered = np.where(fresh, prices, -np.inf)
    best = offered.max(axis=1, initial=-np.inf)
    best_book = np.zeros(best.shape, np.int64)
    # From the last by name to the first: of several with the best price the first stays.
    for book in range(len(panel.ranks) - 1, -1, -1):
        best_book[offered[:, book] == best] = book
    signs = _signs(kinds, n_slots)
    oldest = np.where(counted, ages, -np.inf).max(axis=0, initial=-np.inf)
    return {
        "n_books": np.add.reduce(counted, axis=0, dtype=np.int64),
        "n_groups": found.n_groups,
        "n_stale": np.add.reduce((active & stale).any(axis=0), axis=0, dtype=np.int64),
        "n_at_number": np.add.reduce(views.counted.T, axis=0, dtype=np.int64),
        "n_sharp": np.add.reduce(counted[panel.is_sharp], axis=0, dtype=np.int64),
        "age_median": middles[-1],
        "age_max": np.where(found.n_groups > 0, oldest, np.nan),
        "point_median": lines.median * signs + 0.0,
        "point_mean": lines.mean * signs + 0.0,
        "point_std": lines.std * np.abs(signs),
        "point_mad": lines.mad * np.abs(signs),
        "point_iqr": lines.iqr * np.abs(signs),
        "price_median": middles[1:-2],
        "fair_prob": chances.median,
        "fair_point": np.where(views.n_groups > 0, lines.number, np.nan) * signs + 0.0,
        "fair_prob_std": chances.std,
        "fair_prob_mad": chances.mad,
        "fair_prob_iqr": chances.iqr,
        "sharp_fair_prob": chances.sharp,
        "sharp_point": lines.sharp * signs + 0.0,
        "margin_median": middles[-2],
        "best_price": np.where(best > 0, best, np.nan),
        "best_book": best_book,
        "views.counted": views.counted.T,
        "views.weights": views.weights.T,
        "views.n_groups": views.n_groups,
        "views.number": lines.number,
        "views.fair": views.fair.transpose(1, 2, 0),
        "views.margin": margin,
    }


def _joined(pieces: list[dict[str, npt.NDArray]], order: Ints) -> Agreement:
    """All pieces one after the other, markets first and books in their own columns; row b of a piece is column `order[b]`."""
    found = {name: np.concatenate([piece[name] for piece in pieces], axis=-1) for name in pieces[0]}
    columns = np.argsort(order, kind="stable")
    for name in ("views.counted", "views.weights", "views.fair", "views.margin"):
        found[name] = found[name].take(columns, axis=-2)
    found["best_book"] = order.take(found["best_book"])
    found = {name: np.moveaxis(array, -1, 0) for name, array in found.items()}
    views = Views(**{field: found.pop(f"views.{field}") for field in Views._fields})
    return Agreement(views=views, **found)


class Lines(NamedTuple):
    """The home or over points of N markets, (N,) each; NaN in h2h and where no book counts."""

    median: Floats
    mean: Floats
    std: Floats
    mad: Floats
    iqr: Floats
    number: Floats
    sharp: Floats


def _lines(
    points: Floats,
    counted: Bools,
    found: Shares,
    by_point: Ranked,
    median: Floats,
    fair: Floats,
    lined: Bools,
    panel: Panel,
) -> Lines:
    """What the books agree on in points (B, N); `by_point` are those ranked, `median` (N,) is theirs, `fair` is (O, B, N)."""
    lowest = np.where(counted, points, np.inf).min(axis=0, initial=np.inf)
    highest = np.where(counted, points, -np.inf).max(axis=0, initial=-np.inf)
    alike = lowest == highest
    mean, std = mean_and_deviation(points, found.weights)
    lines = Lines(
        median=median,
        # Where all stand at one number the mean is that number, and not what dividing makes of it.
        mean=np.where(alike, lowest, mean),
        std=np.where(alike, 0.0, std),
        mad=absolute_deviations(by_point, median[None])[0],
        iqr=interquartile_ranges(by_point)[0],
        number=market_number(points, found, median, fair),
        sharp=_sharp(points[None], counted, found.weights, panel)[0],
    )
    return Lines(*(np.where(lined, part, np.nan) for part in lines))


class Chances(NamedTuple):
    """The fair probabilities of N markets at their numbers, (O, N) each; NaN where there is no outcome or no book."""

    median: Floats
    std: Floats
    mad: Floats
    iqr: Floats
    sharp: Floats


def _chances(views: Views, exists: Bools, panel: Panel) -> Chances:
    """What the books agree on in fair probabilities; `exists` (O, N) says which outcomes there are."""
    counted, weights = np.ascontiguousarray(views.counted.T), views.weights.T
    fair = views.fair.transpose(1, 2, 0)
    by_chance = ranked(fair, shares(counted, panel.groups).parts)
    median = quantiles(by_chance, 0.5)
    found = Chances(
        median=_scaled(median, exists),
        std=np.stack([mean_and_deviation(own, weights)[1] for own in fair]),
        mad=absolute_deviations(by_chance, median),
        iqr=interquartile_ranges(by_chance),
        sharp=_scaled(_sharp(fair, counted, weights, panel), exists),
    )
    return Chances(*(np.where(exists, part, np.nan) for part in found))


def _sharp(values: Floats, counted: Bools, weights: Floats, panel: Panel) -> Floats:
    """The medians (Q, N) in which sharp books are heard louder; NaN where none counts."""
    found = np.full((len(values), values.shape[2]), np.nan)
    heard = np.flatnonzero(counted[panel.is_sharp].any(axis=0))
    if len(heard):
        loud = weights.take(heard, axis=1) * panel.loudness[:, None]
        found[:, heard] = medians(values.take(heard, axis=2), loud)
    return found


def _scaled(medians_: Floats, exists: Bools) -> Floats:
    """Medians of probabilities, which for three outcomes need not sum to one, scaled so that they do; (O, N)."""
    medians_ = np.where(exists, medians_, 0.0)
    total = medians_[0].copy()
    for outcome in range(1, len(medians_)):
        total += medians_[outcome]
    return medians_ / total


def _signs(kinds: Ints, width: int) -> Floats:
    """What a home or over point is multiplied by to be each outcome's own, (width, N); NaN where an outcome has none."""
    signs = np.full((width, len(kinds)), np.nan)
    signs[0] = np.where(kinds == H2H, np.nan, 1.0)
    signs[1] = np.where(kinds == H2H, np.nan, np.where(kinds == SPREADS, -1.0, 1.0))
    return signs
