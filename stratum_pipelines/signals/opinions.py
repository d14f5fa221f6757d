"""What every book thinks of a market at one number, found by answer and market; and the yardstick a set of books makes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.one_number import Views, own_views, views_at
from stratum_pipelines.quant.panel import Panel, group_weights
from stratum_pipelines.quant.weighted import weighted_median
from stratum_pipelines.reference import League
from stratum_pipelines.signals.quotes import Quotes

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# A median of absolute deviations times this is the standard deviation of a normal distribution.
NORMAL = 1.4826


@dataclass(frozen=True)
class Opinions:
    """Books' views in N cells, a cell being one market at one judged answer; in order of answer and market.

    `answer` and `market` (N,) say which. The views are those the consensus is made of (`quant.one_number.Views`): `counted`
    (N, B) are the books that can be compared, `weights` (N, B) their weights, `n_groups` (N,) the groups, `number` (N,) the
    home or over point all are compared at, `fair` (N, O, B) each book's probability there, NaN where it does not count, `margin`
    (N, B) what its implied probabilities sum to above 1, `implausible` (N, B) whether that cannot be. `point` (N, O, B) is where it quotes, from each outcome's side.
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
    implausible: Bools

    def cell(self, answer: int, market: int) -> int | None:
        """The place of a market at a judged answer; None where its consensus was not written then."""
        first, last = np.searchsorted(self.answer, (answer, answer + 1))
        place = int(first + np.searchsorted(self.market[first:last], market))
        return place if place < last and self.market[place] == market else None


def opinions(views: Views, answers: Ints, markets: Ints, point: Floats) -> Opinions:
    """The views in the cells (answers, markets), both (N,); `point` (N, O, B) from each outcome's side."""
    return Opinions(
        answer=answers,
        market=markets,
        counted=views.counted,
        weights=views.weights,
        n_groups=views.n_groups,
        number=views.number,
        point=point,
        fair=views.fair,
        margin=views.margin,
        implausible=views.implausible,
    )


def opinions_before(
    quotes: Quotes, cells: Ints, kinds: Ints, numbers: Floats, panel: Panel, league: League
) -> Opinions:
    """What the books thought in these cells of the quotes one answer before, at the numbers given; kinds and numbers are (N,)."""
    price, point = quotes.before["price"][cells], quotes.before["point"][cells]
    own = own_views(price, quotes.was_fresh[cells], kinds, panel, league)
    views = views_at(numbers, own, point, kinds, panel, league)
    return opinions(views, quotes.answer[cells], quotes.market[cells], point)


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
