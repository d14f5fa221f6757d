"""How sure a rate is."""

import math


def wilson_interval(hits: int, trials: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """The Wilson score interval of a rate, by default at 95 %.

    Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927). Example: 8 of 10 gives 0.490 to
    0.943. No trials give (0, 1): nothing is known.
    """
    if trials == 0:
        return 0.0, 1.0
    rate = hits / trials
    shrink = 1 + z * z / trials
    centre = (rate + z * z / (2 * trials)) / shrink
    reach = z / shrink * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    # At 0 and at all hits the interval ends exactly there; computed, it would miss by the last bits.
    return 0.0 if hits == 0 else centre - reach, 1.0 if hits == trials else centre + reach
