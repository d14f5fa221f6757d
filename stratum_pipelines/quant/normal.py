"""The normal distribution, over whole arrays."""

import numpy as np

from stratum_pipelines.quant.odds import Floats

# Coefficients, highest power first. Tail: J. F. Hart, "Computer Approximations" (1968), number 5666.
_TAIL_ABOVE = (
    0.0352624965998911,
    0.700383064443688,
    6.37396220353165,
    33.912866078383,
    112.079291497871,
    221.213596169931,
    220.206867912376,
)
_TAIL_BELOW = (
    0.0883883476483184,
    1.75566716318264,
    16.064177579207,
    86.7807322029461,
    296.564248779674,
    637.333633378831,
    793.826512519948,
    440.413735824752,
)
# Quantiles: M. J. Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics 37 (1988).
_CENTRE_ABOVE = (
    2509.0809287301226727,
    33430.575583588128105,
    67265.770927008700853,
    45921.953931549871457,
    13731.693765509461125,
    1971.5909503065514427,
    133.14166789178437745,
    3.387132872796366608,
)
_CENTRE_BELOW = (
    5226.495278852854561,
    28729.085735721942674,
    39307.895800092710610,
    21213.794301586595867,
    5394.1960214247511077,
    687.1870074920579083,
    42.313330701600911252,
    1.0,
)
_OUTER_ABOVE = (
    7.7454501427834140764e-4,
    2.27238449892691845833e-2,
    2.41780725177450611770e-1,
    1.27045825245236838258,
    3.64784832476320460504,
    5.76949722146069140550,
    4.63033784615654529590,
    1.42343711074968357734,
)
_OUTER_BELOW = (
    1.05075007164441684324e-9,
    5.475938084995344946e-4,
    1.51986665636164571966e-2,
    1.48103976427480074590e-1,
    6.89767334985100004550e-1,
    1.67638483018380384940,
    2.05319162663775882187,
    1.0,
)
_FAR_ABOVE = (
    2.01033439929228813265e-7,
    2.71155556874348757815e-5,
    1.24266094738807843860e-3,
    2.65321895265761230930e-2,
    2.96560571828504891230e-1,
    1.78482653991729133580,
    5.46378491116411436990,
    6.65790464350110377720,
)
_FAR_BELOW = (
    2.04426310338993978564e-15,
    1.42151175831644588870e-7,
    1.84631831751005468180e-5,
    7.86869131145613259100e-4,
    1.48753612908506148525e-2,
    1.36929880922735805310e-1,
    5.99832206555887937690e-1,
    1.0,
)


def distribution(scores: Floats) -> tuple[Floats, Floats]:
    """The probability of less than each score, and the density there.

    Good to 1e-15 of the probability down to scores of -7; beyond, the error grows to a hundredth of what is left (1e-23 at
    -10). Φ(-x) and Φ(x) sum to 1.

    >>> [values.round(6).tolist() for values in distribution(np.array([-1.96, 0.0]))]
    [[0.024998, 0.5], [0.058441, 0.398942]]
    """
    size = np.abs(scores)
    bell = np.exp(size * size * -0.5)
    tail = _polynomial(size, _TAIL_ABOVE)
    tail /= _polynomial(size, _TAIL_BELOW)
    tail *= bell
    return np.where(scores > 0, 1.0 - tail, tail), bell * (1.0 / np.sqrt(2.0 * np.pi))


def quantile(probabilities: Floats) -> Floats:
    """The score below which lies each probability (above 0, below 1), good to 1e-15.

    >>> quantile(np.array([0.025, 0.5])).round(6).tolist()
    [-1.959964, 0.0]
    """
    off = probabilities - 0.5
    near = 0.180625 - off * off
    scores = off * (_polynomial(near, _CENTRE_ABOVE) / _polynomial(near, _CENTRE_BELOW))
    outside = np.flatnonzero(np.abs(off) > 0.425)
    if outside.size:
        flat = probabilities.ravel()[outside]
        scores.ravel()[outside] = np.copysign(_outer(np.minimum(flat, 1.0 - flat)), flat - 0.5)
    return scores


def _outer(tail: Floats) -> Floats:
    """The size of the score whose tail, below 0.075, this is."""
    depth = np.sqrt(-np.log(tail))
    inner = depth - 1.6
    sizes = _polynomial(inner, _OUTER_ABOVE) / _polynomial(inner, _OUTER_BELOW)
    far = np.flatnonzero(depth > 5.0)
    if far.size:
        beyond = depth[far] - 5.0
        sizes[far] = _polynomial(beyond, _FAR_ABOVE) / _polynomial(beyond, _FAR_BELOW)
    return sizes


def _polynomial(values: Floats, coefficients: tuple[float, ...]) -> Floats:
    found = values * coefficients[0]
    for coefficient in coefficients[1:-1]:
        found += coefficient
        found *= values
    found += coefficients[-1]
    return found
