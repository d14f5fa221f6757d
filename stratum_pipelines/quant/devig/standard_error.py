"""Every outcome bears the margin in proportion to the standard error of its price."""

import numpy as np

from stratum_pipelines.quant.devig.markets import Markets, added
from stratum_pipelines.quant.odds import Floats


def remove(markets: Markets) -> Floats:
    """pᵢ = qᵢ - s √(1 - qᵢ) with s = (Q - k) / Σ √(1 - qⱼ): the same number s of standard errors off each outcome.

    The standard error of qᵢ, with as many bets behind it as it is likely, is √(qᵢ (1 - qᵢ) / qᵢ) = √(1 - qᵢ). An outcome
    implied at its part or less is not priced (`BELOW_ZERO`). Unlike the package of the same name, which raises for a fair
    book and for an underround, the formula is used there as it stands.

    Source: K. Goto, goto_conversion (2023).

    Worked example: prices 2.00, 3.20 and 4.00 imply 0.5, 0.3125 and 0.25; roots of the rest 0.707107, 0.829156 and
    0.866025, together 2.402288; s = 0.0625 / 2.402288 = 0.026017; 0.5 - 0.026017 x 0.707107 = 0.481603.

    >>> import numpy as np
    >>> remove(Markets(np.array([[2.0], [3.2], [4.0]]), np.array([1.0]))).ravel().round(6).tolist()
    [0.481603, 0.290928, 0.227469]
    """
    errors = np.sqrt(markets.against)
    return markets.implied - markets.excess / added(errors) * errors
