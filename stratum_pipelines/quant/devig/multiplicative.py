"""Every outcome bears the margin in proportion to its probability."""

from stratum_pipelines.quant.devig.markets import Markets
from stratum_pipelines.quant.odds import Floats


def multiplicative(implied: Floats, axis: int = 1) -> tuple[Floats, Floats]:
    """Fair probabilities and the overround, from implied probabilities with the outcomes along `axis`.

    Each implied probability is divided by their sum, so every outcome bears the margin in proportion. Works alike for
    an overround and an underround. Where there is no outcome at all (sum 0) the result is NaN.

    Worked example: prices 1.80 and 2.10 imply 0.5556 and 0.4762, overround 1.0317; fair are 0.5385 and 0.4615.
    """
    total = implied.cumsum(axis=axis).take([-1], axis=axis)
    total = _nan_for_zero(total)
    return implied / total, total.squeeze(axis)


def remove(markets: Markets) -> Floats:
    """pᵢ = k qᵢ / Q, with qᵢ the implied probabilities, Q their sum and k winners.

    Worked example: prices 2.00, 3.20 and 4.00 imply 0.5, 0.3125 and 0.25, together 1.0625: 8/17, 5/17 and 4/17.

    >>> import numpy as np
    >>> remove(Markets(np.array([[2.0], [3.2], [4.0]]), np.array([1.0]))).ravel().round(4).tolist()
    [0.4706, 0.2941, 0.2353]
    """
    fair = markets.implied / markets.total
    # With one winner the division is all there is: the same bits as `multiplicative`.
    return fair if (markets.winners == 1.0).all() else fair * markets.winners


def _nan_for_zero(values: Floats) -> Floats:
    values = values.copy()
    values[values == 0.0] = float("nan")
    return values
