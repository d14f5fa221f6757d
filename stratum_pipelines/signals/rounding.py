"""Many numbers rounded at once, each as Python's `round` does it."""

import numpy as np

from stratum_pipelines.quant.odds import Floats

# Within so much of a tie the product below may lie on the wrong side of it; larger numbers are not exact enough either.
NEAR_A_TIE = 1e-4
LARGEST = 2.0**32


def rounded(values: Floats, decimals: int) -> Floats:
    """The values rounded to so many decimals, to the last bit what `round` gives for each; NaN stays NaN.

    Away from ties the nearest whole number of decimals is plain, and dividing by a power of ten rounds correctly; what lies
    near a tie is asked of `round` itself.

    >>> rounded(np.array([2.675, 0.15, -1.25, np.nan]), 2).tolist()
    [2.67, 0.15, -1.25, nan]
    """
    scale = 10.0**decimals
    scaled = values * scale
    whole = np.rint(scaled)
    found = np.asarray(whole / scale)
    with np.errstate(invalid="ignore"):
        unsure = (np.abs(np.abs(scaled - whole) - 0.5) < NEAR_A_TIE) | (np.abs(scaled) > LARGEST)
    for at in np.argwhere(unsure & np.isfinite(values)):
        place = tuple(at.tolist())
        found[place] = round(float(values[place]), decimals)
    return found
