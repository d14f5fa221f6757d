"""A bookmaker who guards the profit against insiders."""

import numpy as np

from stratum_pipelines.quant.devig import additive
from stratum_pipelines.quant.devig.markets import Markets, added
from stratum_pipelines.quant.devig.solving import guess, solve
from stratum_pipelines.quant.odds import Floats


def remove(markets: Markets) -> Floats:
    """pᵢ with z pᵢ + (1 - z) pᵢ² = aᵢ, aᵢ = k qᵢ² / Q, and the share z of insiders at which they sum to k.

    Model. A share 1 - z of the stakes follows the probabilities, pᵢ / k on outcome i; a share z knows the k winners and
    spreads over them alike. Outcome i then costs ((1 - z) pᵢ + z) / (k qᵢ) with probability pᵢ, and the bookmaker
    minimises the sum of these costs at a given sum of qᵢ: qᵢ is in proportion to √(pᵢ ((1 - z) pᵢ + z)), scaled so that
    no profit is left; that is the equation above. For one winner it is Shin's.

    Solution. With u = z / (2 (1 - z)) the root is pᵢ = √(u² + 2 aᵢ u + aᵢ) - u = √((u + aᵢ)² + aᵢ (1 - aᵢ)) - u.

    - Each pᵢ is a branch of a hyperbola less u: convex in u, and strictly falling, from 1 at u = -1/2 to aᵢ. So is the sum.
    - The sum is n > k at u = -1/2, and Σ aᵢ = k Σ qᵢ² / Q < k in the limit: there is exactly one solution. As pᵢ - aᵢ is
      at most aᵢ (1 - aᵢ) / (2u), it lies below u = Σ aᵢ (1 - aᵢ) / (2 (k - Σ aᵢ)).
    - On a convex falling sum Newton's steps converge from anywhere (`solving`), quadratically. They start with a step
      from u = 0, where pᵢ = √aᵢ and the sum √(k Q) is above k in an overround.

    An underround has u and z below 0: no share of insiders, but the same curve continued, so that a book just below
    fair is priced almost as one just above. (The `shin` package stops short there: three prices of 4.00 come out as
    0.212 each.) Where some aᵢ is 1 or more, which takes several winners and an underround, so is pᵢ (`ABOVE_ONE`).
    For two outcomes the difference of the equations is p₁ - p₂ = a₁ - a₂ = q₁ - q₂: the additive method, which is used.

    Source: H. S. Shin, "Prices of state contingent claims with insider traders, and the favourite-longshot bias", Economic
    Journal 102 (1992), and 103 (1993); B. Jullien, B. Salanié, Economic Journal 104 (1994) for the equation.

    Worked example: a third each at 2.40: Q = 1.25, aᵢ = (5/12)² / 1.25 = 5/36; z/3 + (1 - z)/9 = 5/36 gives z = 1/8.

    >>> remove(Markets(np.array([[2.0], [3.2], [4.0]]), np.array([1.0]))).ravel().round(6).tolist()
    [0.476942, 0.29228, 0.230778]
    """
    if markets.n_outcomes == 2:
        return additive.remove(markets)
    shares = markets.implied * markets.implied * (markets.winners / markets.total)
    whole = added(shares)
    high = added(shares * (1.0 - shares)) / (2.0 * (markets.winners - whole))
    # At u = 0 pᵢ = √aᵢ, the slope √aᵢ - 1 and the bend (1 - aᵢ) / √aᵢ.
    roots = np.sqrt(shares)
    reached = added(roots)
    start = guess(reached - markets.winners, reached - markets.n_outcomes, added(1.0 / roots) - reached)
    fair = solve(_at, (shares,), markets.winners, start, np.full_like(high, -0.5), high)
    return np.where(np.maximum.reduce(shares) < 1.0, fair, shares)


def _at(u: Floats, shares: Floats) -> tuple[Floats, Floats]:
    roots = np.sqrt((u * u) + shares * (2.0 * u + 1.0))
    # √… - u for u below 0; for u above 0 the same as a quotient, which loses no digits of a longshot.
    sums = roots + np.abs(u)
    fair = np.where(u > 0.0, shares * (2.0 * u + 1.0) / sums, sums)
    return fair, (shares - fair) / roots
