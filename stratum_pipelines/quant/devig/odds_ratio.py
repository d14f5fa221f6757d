"""The bookmaker's odds are a multiple of the fair ones."""

import numpy as np

from stratum_pipelines.quant.devig.markets import Markets, added
from stratum_pipelines.quant.devig.solving import guess, solve
from stratum_pipelines.quant.odds import Floats


def remove(markets: Markets) -> Floats:
    """pᵢ with the same odds ratio r = qᵢ (1 - pᵢ) / (pᵢ (1 - qᵢ)) for all outcomes: pᵢ = 1 / (1 + r (dᵢ - 1)).

    dᵢ are the prices. In logarithms a constant ln r is taken from every log-odds, so the method others call
    logarithmic (or logit) is this one. There is exactly one r above 0 for every market: the sum falls from n at r = 0 to 0,
    and is convex in r. It lies between (n/k - 1) / (longest price - 1) and (n/k - 1) / (shortest price - 1), where all
    pᵢ are at least, and at most, k/n. For two outcomes r = 1 / √((d₁ - 1)(d₂ - 1)).

    Source: K. Cheung, "Fixed-odds betting and traditional odds" (2015), in J. Buchdahl, "Using the wisdom of the crowd to
    find value in a football match betting market" (2015).

    Worked example: prices 1.25 and 3.25: r = 1 / √(0.25 x 2.25) = 4/3; 1 / (1 + 1/3) = 3/4 and 1 / (1 + 3) = 1/4.

    >>> remove(Markets(np.array([[1.25], [3.25]]), np.array([1.0]))).ravel().round(6).tolist()
    [0.75, 0.25]
    """
    gains = markets.prices - 1.0
    if markets.n_outcomes == 2:
        return _at(1.0 / np.sqrt(gains[0]) / np.sqrt(gains[1]), gains)[0]
    widest = markets.n_outcomes / markets.winners - 1.0
    low, high = widest / np.maximum.reduce(gains), widest / np.minimum.reduce(gains)
    # At r = 1 the probabilities are the implied ones.
    slopes = markets.implied * markets.against
    start = 1.0 + guess(markets.excess, -added(slopes), 2.0 * added(slopes * markets.against))
    return solve(_at, (gains,), markets.winners, start, low, high)


def _at(ratio: Floats, gains: Floats) -> tuple[Floats, Floats]:
    fair = 1.0 / (1.0 + ratio * gains)
    return fair, fair * (fair - 1.0) / ratio
