"""Every outcome bears the margin in proportion to its probability."""

from stratum_pipelines.quant.devig.markets import Markets
from stratum_pipelines.quant.odds import Floats


def remove(markets: Markets) -> Floats:
    """pᵢ = k qᵢ / Q, with qᵢ the implied probabilities, Q their sum and k winners.

    Worked example: prices 2.00, 3.20 and 4.00 imply 0.5, 0.3125 and 0.25, together 1.0625: 8/17, 5/17 and 4/17.

    >>> import numpy as np
    >>> remove(Markets(np.array([[2.0], [3.2], [4.0]]), np.array([1.0]))).ravel().round(4).tolist()
    [0.4706, 0.2941, 0.2353]
    """
    fair = markets.implied / markets.total
    # With one winner the division is all there is: the same bits as in `by_book`.
    return fair if (markets.winners == 1.0).all() else fair * markets.winners
