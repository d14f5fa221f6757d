"""The margin is one step on the normal scale."""

import numpy as np

from stratum_pipelines.quant.devig.markets import Markets, added
from stratum_pipelines.quant.devig.solving import guess, solve
from stratum_pipelines.quant.normal import distribution, quantile
from stratum_pipelines.quant.odds import Floats


def remove(markets: Markets) -> Floats:
    """pᵢ = Φ(Φ⁻¹(qᵢ) - c) with the shift c at which they sum to the number of winners.

    Φ is the normal distribution function. There is exactly one c for every market: the sum falls from n to 0. With
    w = Φ⁻¹(k/n), all pᵢ are at least k/n at c = Φ⁻¹(least qᵢ) - w and at most k/n at c = Φ⁻¹(largest qᵢ) - w. For two
    outcomes c = (Φ⁻¹(q₁) + Φ⁻¹(q₂)) / 2.

    Source: the probit counterpart of Cheung's odds ratio, which shifts the logistic scale; in use among bettors, no first
    publication known.

    Worked example: prices 1.5556 (-180) and 2.50 (+150): Φ⁻¹(0.642857) = 0.366106, Φ⁻¹(0.4) = -0.253347; c = 0.056380;
    Φ(0.309727) = 0.621615.

    >>> remove(Markets(np.array([[1 + 1 / 1.8], [2.5]]), np.array([1.0]))).ravel().round(5).tolist()
    [0.62162, 0.37838]
    """
    scores = quantile(markets.implied)
    if markets.n_outcomes == 2:
        return distribution(scores - (scores[0] + scores[1]) / 2)[0]
    even = quantile(markets.winners / markets.n_outcomes)
    low, high = np.minimum.reduce(scores) - even, np.maximum.reduce(scores) - even
    # At c = 0 the probabilities are the implied ones, and the slope is the density there.
    density = np.exp(scores * scores * -0.5) / np.sqrt(2.0 * np.pi)
    start = guess(markets.excess, -added(density), -added(scores * density))
    return solve(_at, (scores,), markets.winners, start, low, high)


def _at(shift: Floats, scores: Floats) -> tuple[Floats, Floats]:
    fair, density = distribution(scores - shift)
    return fair, -density
