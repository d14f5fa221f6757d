"""Every implied probability is equally far from the fair one, in Jensen-Shannon distance."""

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.devig.markets import Markets, added
from stratum_pipelines.quant.devig.solving import Arrays, settle
from stratum_pipelines.quant.odds import Floats

# How near to 0 and 1 the divergence is followed, as a share of the way; its tangent continues it.
NEARNESS = 1e-9


def remove(markets: Markets) -> Floats:
    """pᵢ, all below qᵢ (above in an underround), with the same divergence J(pᵢ, qᵢ) for all outcomes.

    Each outcome counts as a binary event. With m = (p + q) / 2, J(p, q) = ½ KL(p, m) + ½ KL(q, m), KL(a, b) =
    a ln(a/b) + (1 - a) ln((1 - a)/(1 - b)); the distance is √J. With e = q - p, x = e / 2m and y = e / 2(1 - m) it is
    J = ½ (m ln(1 - x²) + (1 - m) ln(1 - y²) + e (artanh x + artanh y)), its slope in e ½ (artanh x + artanh y) +
    ¼ (ln(1 - y²) - ln(1 - x²)); written so, both lose no digits when e is small.

    Solution. J is convex in p, 0 at p = q. Unknown are the eᵢ and the common value J; a step puts J's tangents in
    place of J and solves the linear equations J(eᵢ) = J, Σ eᵢ = Q - k exactly. As tangents lie below a convex curve, after
    a step every J(eᵢ) is at least the J assumed, so no eᵢ is too small for it, their sum Q - k is reached too soon, and the J
    assumed is at most the true one. The next J is a weighted mean of the J(eᵢ), so not below this one: it rises
    monotonically to the solution, near the end doubling its digits. Where an outcome would fall to zero first, J is continued by
    its tangent, so that the steps converge all the same and show it: `BELOW_ZERO`.

    Source: C. D. Long, described in the R package `implied` (J. C. Lindstrøm), method "jsd".

    Worked example: prices 1.80 and 2.10 imply 0.555556 and 0.476190. For small distances J = (q - p)² / (8 m (1 - m)): from
    0.555556 to 0.539703 it is 0.015853² / (8 x 0.547629 x 0.452371) = 0.0001268, from 0.476190 to 0.460297 it is
    0.015893² / (8 x 0.468244 x 0.531756) = 0.0001268, and 0.539703 + 0.460297 = 1.

    >>> remove(Markets(np.array([[1.8], [2.1]]), np.array([1.0]))).ravel().round(6).tolist()
    [0.539703, 0.460297]
    """
    implied, against = markets.implied, markets.against
    # In a fair book nothing is taken off; a margin that no sum can feel stands in for it, so that tangents have a slope.
    excess = np.where(markets.excess == 0.0, 1e-150, markets.excess)
    return settle(_step, (_guess(implied, against, excess),), (implied, against, excess))


def _guess(implied: Floats, against: Floats, excess: Floats) -> Floats:
    """Roughly what is taken off each outcome; the sum is the excess, and all have its sign.

    For small distances √J is in proportion to arcsin √q - arcsin √p, so p = sin²(arcsin √q - c): to second order
    2c √(q (1 - q)) - c² (1 - 2q) is taken off.
    """
    spreads = np.sqrt(implied * against) * 2.0
    shift = excess / added(spreads)
    taken = spreads / np.maximum(1.0 + (against - implied) / spreads * shift, 0.5)
    return taken * (excess / added(taken))


def _step(_: int, state: Arrays, data: Arrays) -> tuple[Floats, npt.NDArray[np.bool_], Arrays]:
    (taken,), (implied, against, excess) = state, data
    inside = np.minimum(np.maximum(taken, against * (NEARNESS - 1.0)), implied * (1.0 - NEARNESS))
    half = inside * 0.5
    middle, other = implied - half, against + half
    x, y = half / middle, half / other
    x_sum, y_sum = np.log1p(x * -x), np.log1p(y * -y)
    reach = np.arctanh(x) + np.arctanh(y)
    slope = reach * 0.5 + (y_sum - x_sum) * 0.25
    divergence = (middle * x_sum + other * y_sum) * 0.5 + half * reach + slope * (taken - inside)
    weight = 1.0 / slope
    common = (excess - added(taken) + added(divergence * weight)) / added(weight)
    move = (common - divergence) * weight
    taken = taken + move
    # A step of relative size r leaves a relative error of r², of a probability r² times what is taken off it.
    settled = added(move * move / np.abs(taken)) <= 2.0**-54
    return implied - taken, settled, (taken,)
