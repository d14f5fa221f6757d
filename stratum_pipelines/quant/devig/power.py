"""The bookmaker's probabilities are a power of the fair ones."""

import numpy as np

from stratum_pipelines.quant.devig.markets import Markets, added
from stratum_pipelines.quant.devig.solving import guess, solve
from stratum_pipelines.quant.odds import Floats


def remove(markets: Markets) -> Floats:
    """pᵢ = qᵢᶜ with the exponent c at which they sum to the number of winners; above 1 for an overround.

    There is exactly one such c above 0, for every market: the sum falls from n at c = 0 to 0, and is convex in c as each of
    its terms exp(c ln qᵢ) is. No probability ever leaves 0 to 1. It lies between ln(n/k) / ln(longest price) and
    ln(n/k) / ln(shortest price), where all pᵢ are at least, and at most, k/n.

    Source: S. Clarke, S. Kovalchik, M. Ingram, "Adjusting bookmaker's odds to allow for overround", American Journal of
    Sports Science 5 (2017). Buchdahl and others call it logarithmic; here that word means the odds ratio.

    Worked example: prices 5/4 and 5/3 imply 0.8 and 0.6; 0.8² + 0.6² = 1, so c = 2, and fair are 0.64 and 0.36.

    >>> remove(Markets(np.array([[5 / 4], [5 / 3]]), np.array([1.0]))).ravel().round(6).tolist()
    [0.64, 0.36]
    """
    logs = -np.log(markets.prices)
    widest = np.log(markets.n_outcomes / markets.winners)
    low, high = widest / -np.minimum.reduce(logs), widest / -np.maximum.reduce(logs)
    # At c = 1 the probabilities are the implied ones.
    slopes = markets.implied * logs
    start = 1.0 + guess(markets.excess, added(slopes), added(slopes * logs))
    return solve(_at, (logs,), markets.winners, start, low, high)


def _at(exponent: Floats, logs: Floats) -> tuple[Floats, Floats]:
    fair = np.exp(logs * exponent)
    return fair, fair * logs
