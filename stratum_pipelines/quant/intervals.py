"""How sure a rate is."""

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.odds import Floats

Z95 = 1.959963984540054


def wilson_interval(hits: int, trials: int, z: float = Z95) -> tuple[float, float]:
    """The Wilson score interval of a rate, by default at 95 %.

    Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927). Example: 8 of 10 gives 0.490 to
    0.943. No trials give (0, 1): nothing is known.
    """
    low, high = wilson_bounds(np.array(hits / trials if trials else 0.0), np.array(float(trials)), z)
    return float(low), float(high)


def wilson_bounds(rates: npt.ArrayLike, trials: npt.ArrayLike, z: npt.ArrayLike = Z95) -> tuple[Floats, Floats]:
    """The two ends of the Wilson score interval of each rate; (0, 1) without trials. Trials need not be whole."""
    rate, n, score = np.asarray(rates, np.float64), np.asarray(trials, np.float64), np.asarray(z, np.float64)
    known = np.where(n > 0, n, 1.0)
    shrink = 1 + score * score / known
    centre = (rate + score * score / (2 * known)) / shrink
    reach = score / shrink * np.sqrt(rate * (1 - rate) / known + score * score / (4 * known * known))
    # At 0 and at all hits the interval ends exactly there; computed, it would miss by the last bits.
    low = np.where((n > 0) & (rate > 0), centre - reach, 0.0)
    return low, np.where((n > 0) & (rate < 1), centre + reach, 1.0)


def clustered_bounds(
    rates: npt.ArrayLike, errors: npt.ArrayLike, trials: npt.ArrayLike, clusters: npt.ArrayLike
) -> tuple[Floats, Floats]:
    """The two ends of a 95 % interval of each rate when not the trials but clusters of them are independent.

    `errors` are standard errors clustered accordingly. The Wilson interval for as many independent trials as would have
    that error, rate x (1 - rate) / error², never more than there were, and with Student's quantile for the clusters in
    place of the normal one. Where all trials came out alike their error says nothing, and every cluster counts as one
    trial. NaN for fewer than two clusters.

    Sources: E. L. Korn and B. I. Graubard, Survey Methodology 24 (1998); N. Dean and M. Pagano, Journal of Survey
    Statistics and Methodology 3 (2015). Example: 60 of 100 with an error of 0.08, in 20 clusters, are worth 0.24 / 0.0064 =
    37.5 trials; with 2.093 for 1.96 that gives 0.431 to 0.748, against 0.502 to 0.691.

    >>> [round(float(end), 3) for end in clustered_bounds(0.6, 0.08, 100, 20)]
    [0.431, 0.748]
    """
    rate, error = np.asarray(rates, np.float64), np.asarray(errors, np.float64)
    n, groups = np.asarray(trials, np.float64), np.asarray(clusters, np.float64)
    variance = rate * (1 - rate)
    worth = np.divide(variance, error * error, out=np.full(np.broadcast(rate, error).shape, np.inf), where=error > 0)
    worth = np.where(variance > 0, np.minimum(worth, n), groups)
    low, high = wilson_bounds(rate, worth, student_quantile(np.maximum(groups - 1, 1)))
    return np.where(groups > 1, low, np.nan), np.where(groups > 1, high, np.nan)


def clustered_mean(values: npt.ArrayLike, clusters: npt.ArrayLike) -> tuple[float, float, int]:
    """The mean, its standard error and the number of clusters, when not the values but clusters of them are independent.

    CR1: with s the sum and n the number of a cluster's values, m the mean of all N and G clusters, the error is the root of
    G / (G - 1) x sum of (s - n x m)², over N. NaN without values, and the error also for a single cluster.

    Source: A. C. Cameron and D. L. Miller, Journal of Human Resources 50 (2015). Example: 1 and 0 of one game, 1 of another:
    mean 2/3, sums less their share -1/3 and 1/3, error sqrt(2 x 2/9) / 3.

    >>> [round(float(figure), 4) for figure in clustered_mean([1, 0, 1], ["a", "a", "b"])]
    [0.6667, 0.2222, 2.0]
    """
    known, of = np.asarray(values, np.float64), np.unique(np.asarray(clusters), return_inverse=True)[1]
    groups = int(of.max(initial=-1)) + 1
    if not groups:
        return np.nan, np.nan, 0
    mean = float(np.bincount(np.zeros(len(known), np.int64), known)[0] / len(known))
    return mean, clustered_error(known - mean, of) / len(known), groups


def mean_of_sums(
    clusters: int, sizes: float, totals: float, sizes_squared: float, totals_squared: float, products: float
) -> tuple[float, float]:
    """`clustered_mean` from what a database adds up over clusters: the mean and its standard error.

    With n the number and s the sum of the values of a cluster: `sizes` is the sum of n, `totals` of s, `sizes_squared` of n²,
    `totals_squared` of s², `products` of n x s. The sum of (s - n x m)² is then totals_squared - 2 m products + m² sizes_squared.
    NaN without values, and the error also for a single cluster.

    Example: as there, 1 and 0 of one game (n 2, s 1), 1 of another (n 1, s 1).

    >>> [round(figure, 4) for figure in mean_of_sums(2, 3, 2, 5, 2, 3)]
    [0.6667, 0.2222]
    """
    if not sizes:
        return np.nan, np.nan
    mean = totals / sizes
    if clusters < 2:
        return mean, np.nan
    # Where all clusters have the mean, what is left are the last bits, on either side of 0.
    off = max(totals_squared - 2 * mean * products + mean * mean * sizes_squared, 0.0)
    return mean, float(np.sqrt(clusters / (clusters - 1) * off)) / sizes


def clustered_error(parts: Floats, clusters: npt.NDArray[np.int64]) -> float:
    """The standard error of a sum of parts with mean 0, when clusters (numbered from 0) are independent: CR1; NaN for one."""
    sums = np.bincount(clusters, parts)
    groups = len(sums)
    return float(np.sqrt(groups / (groups - 1) * np.sum(sums**2))) if groups > 1 else np.nan


def student_quantile(degrees: npt.ArrayLike) -> Floats:
    """What Student's t exceeds with a probability of 2.5 %, per degrees of freedom; good to 0.2 %.

    One and two degrees exactly, the others by the series around the normal quantile (M. Abramowitz and I. A. Stegun,
    "Handbook of Mathematical Functions", 26.7.5).
    >>> student_quantile([1, 5, 37]).round(3).tolist()
    [12.706, 2.57, 2.026]
    """
    df, z = np.asarray(degrees, np.float64), Z95
    of = 1 / df
    series = (
        z
        + of * (z**3 + z) / 4
        + of**2 * (5 * z**5 + 16 * z**3 + 3 * z) / 96
        + of**3 * (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
        + of**4 * (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160
    )
    return np.where(df < 2, 12.706204736, np.where(df < 3, 4.302652730, series))
