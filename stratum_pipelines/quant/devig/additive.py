"""Every outcome bears the same margin."""

from stratum_pipelines.quant.devig.markets import Markets
from stratum_pipelines.quant.odds import Floats


def remove(markets: Markets) -> Floats:
    """pᵢ = qᵢ - (Q - k) / n: the excess over k winners is taken from the n outcomes in equal parts.

    An outcome whose implied probability is no larger than its part would fall to zero or below; such a market is not
    priced (`BELOW_ZERO`) rather than clamped. Buchdahl's differential margin (margin in proportion to the odds), fair
    price = n d / (n - M d) with M = Q - 1, is the same formula turned over; so is Shin's method for two outcomes.

    Source: S. Clarke, S. Kovalchik, M. Ingram, "Adjusting bookmaker's odds to allow for overround", American Journal of
    Sports Science 5 (2017); J. Buchdahl, "Using the wisdom of the crowd to find value in a football match betting
    market" (2015).

    Worked example: prices 2.00, 3.20 and 4.00 imply 0.5, 0.3125 and 0.25; the excess 0.0625 in three parts of 0.020833.

    >>> import numpy as np
    >>> remove(Markets(np.array([[2.0], [3.2], [4.0]]), np.array([1.0]))).ravel().round(6).tolist()
    [0.479167, 0.291667, 0.229167]
    """
    return markets.implied - markets.excess / markets.n_outcomes
