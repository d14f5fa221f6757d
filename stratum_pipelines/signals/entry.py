"""The entry: the best quote a person could still take when a signal was detected."""

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.lines import implied_mean, outcome_chances, own_handicap
from stratum_pipelines.quant.odds import Floats


def best_entry(
    prices: Floats,
    points: Floats,
    fresh: npt.NDArray[np.bool_],
    ranks: npt.NDArray[np.int64],
    side: str,
    fair_prob: float,
    at_point: float,
    deviation: float,
) -> int | None:
    """The position of the book with the highest expected value, None when no fresh quote is left.

    `prices` and `points` (B,) are every book's quote on the outcome, `fresh` says which can be taken. The consensus
    (`fair_prob` at `at_point`) values each number by the league's margin model; for h2h the highest price wins.
    `deviation` 0 means the market has no points. A number more than one
    deviation away from the consensus is a slip of the feed, no offer: nobody could take it. Among equals the first by `ranks` (B,) wins.
    """
    offered = np.flatnonzero(fresh & ((deviation <= 0) | (np.abs(points - at_point) <= max(deviation, 0.0))))
    if not len(offered):
        return None
    offered = offered[ranks[offered].argsort()]
    price = prices[offered]
    numbers = points[offered]
    if deviation <= 0 or np.isnan(fair_prob) or (numbers == numbers[0]).all():
        return int(offered[price.argmax()])
    mean = implied_mean(fair_prob, own_handicap(side, at_point), deviation)
    chances = {p: outcome_chances(mean, own_handicap(side, p), deviation) for p in set(numbers.tolist())}
    value = np.array([chances[p][0] * d + chances[p][1] for p, d in zip(numbers.tolist(), price.tolist(), strict=True)])
    return int(offered[np.round(value, 12).argmax()])
