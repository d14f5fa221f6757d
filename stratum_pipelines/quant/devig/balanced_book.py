"""A bookmaker who balances the book against insiders."""

from stratum_pipelines.quant.devig.markets import Markets, added
from stratum_pipelines.quant.odds import Floats


def remove(markets: Markets) -> Floats:
    """pᵢ = (qᵢ - z) / (1 - z) with z = (Q - k) / (n - k); that is, 1 - pᵢ in proportion to 1 - qᵢ.

    A share z of the stakes comes from people who know the result; the bookmaker loses the same whatever happens, so the
    price of an outcome covers its public stakes and the insiders': qᵢ = (1 - z) pᵢ + z. An outcome implied at z or less
    has no probability under this model (`BELOW_ZERO`). An underround gives a negative z; the formula stands.

    Source: J. Fingleton, P. Waldron, "Optimal determination of bookmakers' betting odds: theory and tests", Trinity
    Economic Papers 96/9 (revised 1999), with no operating costs.

    Worked example: prices 2.00, 3.20 and 4.00 exceed 1 by 0.0625, z = 0.03125; (0.5 - 0.03125) / 0.96875 = 15/31.

    >>> import numpy as np
    >>> remove(Markets(np.array([[2.0], [3.2], [4.0]]), np.array([1.0]))).ravel().round(6).tolist()
    [0.483871, 0.290323, 0.225806]
    """
    # Written with 1 - q, which loses no digits when all prices are hardly above 1 and z is hardly below.
    return 1.0 - markets.against * ((markets.n_outcomes - markets.winners) / added(markets.against))
