"""What the books agree on: robust averages over operator groups.

Twins (two brands of one operator) are one opinion: every operator group weighs 1, shared by its books. All sums run
through the books one after the other, by name, so that a result depends neither on the order in which a board met its
books nor on how many empty columns stand beside them: live cycles and whole days give the same bits.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.one_number import Views, own_views, views_at
from stratum_pipelines.quant.panel import Panel
from stratum_pipelines.reference import League

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int32]

# The fields of an agreement, in the order in which `agreement.py` fills them in.
BY_OUTCOME = (
    "point_median", "point_mean", "point_std", "point_mad", "point_iqr", "price_median", "fair_prob", "fair_point",
    "fair_prob_std", "fair_prob_mad", "fair_prob_iqr", "sharp_fair_prob", "sharp_point", "best_price",
)  # fmt: skip
BY_MARKET = ("age_median", "age_max", "margin_median")
COUNTS = ("n_books", "n_groups", "n_stale", "n_at_number", "n_sharp", "n_implausible")


@dataclass(frozen=True)
class Agreement:
    """The consensus of N markets with O outcomes: arrays of shape (N,) or (N, O). NaN where no book stands behind it.

    Points are from the side of each outcome. `fair_prob` holds at `fair_point`, and so do its deviations and `sharp_fair_prob`;
    `views` are what they are made of. Ages are in seconds. `std` is the population standard deviation, `mad` the median absolute
    deviation from the median, `iqr` the interquartile range.
    """

    n_books: Counts
    n_groups: Counts
    n_stale: Counts
    n_at_number: Counts
    n_sharp: Counts
    n_implausible: Counts
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
    ages: Floats | None,
    active: Bools,
    stale: Bools,
    kinds: Ints,
    panel: Panel,
    league: League,
    markets: Ints | None = None,
) -> Agreement:
    """The consensus of N markets over the B books of the panel, at least one.

    `prices`, `points`, `active` and `stale` have shape (N, O, B), O the most outcomes a market of the league has; `ages` (N, B)
    are how long ago each book's quotes of the market were last seen, in seconds, the oldest of them, None where that is not
    known; `kinds` (N,) says what each market is (a position in `reference.leagues.MARKETS`). Points of a book's two sides agree,
    as a board makes sure: those of the first outcome are read. A book counts when it has a fresh quote on every outcome, and these
    together a margin that can be.

    Rows with the same number in `markets` (N,) are one market at several times, which saves time and changes nothing.
    """
    from stratum_pipelines.quant.agreement import agree_on_chances, agree_on_quotes

    prices, points = np.ascontiguousarray(prices), np.ascontiguousarray(points)
    active, stale = np.ascontiguousarray(active), np.ascontiguousarray(stale)
    n, width, n_books = prices.shape
    markets = np.zeros(n, np.int64) if markets is None else markets
    # Sums go through the books by name: in which order a board met them changes no bit.
    columns = panel.ranks.argsort(kind="stable")
    books = (columns, panel.groups[columns], panel.is_sharp[columns], panel.loudness[columns], league.n_outcomes)
    own = own_views(prices, active & ~stale, kinds, panel, league)
    by_outcome, by_market = np.empty((len(BY_OUTCOME), n, width)), np.empty((len(BY_MARKET) + 1, n))
    counts, best_book = np.zeros((len(COUNTS), n), np.int32), np.empty((n, width), np.int64)
    ages = np.empty((0, n_books)) if ages is None else ages
    fields = by_outcome, by_market, counts
    quotes = prices, points, ages, active, stale
    agree_on_quotes(
        *quotes, kinds, markets, *books, own.fair, own.margin, own.implausible, own.counted, *fields, best_book
    )
    views = views_at(by_market[-1], own, points, kinds, panel, league, markets)
    agree_on_chances(points, kinds, markets, *books, views.fair, views.counted, *fields)
    named: dict[str, Any] = dict(
        zip((*BY_OUTCOME, *BY_MARKET, *COUNTS), (*by_outcome, *by_market[:-1], *counts), strict=True)
    )
    return Agreement(**named, best_book=best_book, views=views)


def load_agreement(panel: Panel, league: League) -> None:
    """Load the compiled code behind `agree`; the first time on a machine, and after each change of it, it is compiled."""
    quotes, kinds = np.empty((0, league.n_outcomes, len(panel.groups))), np.empty(0, np.int64)
    agree(quotes, quotes, quotes[:, 0], quotes > 0, quotes > 0, kinds, panel, league)
