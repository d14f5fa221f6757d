"""Fewer points of a curve that show the same: its ends, and of every stretch between them the lowest and the highest."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt


def thinned(values: npt.ArrayLike, most: int) -> npt.NDArray[np.int64]:
    """The positions to keep of N values, in order, at most `most` of them (4 or more).

    Both ends are kept as they are. What lies between is cut into stretches of equal numbers of points, and of each the first
    lowest and the first highest are kept; so the lowest and the highest of all are. NaN counts as neither.

    Examples:
        >>> thinned([5, 1, 2, 9, 3, 4], 4).tolist()
        [0, 1, 3, 5]
        >>> thinned([1, 2, 3], 4).tolist()
        [0, 1, 2]
    """
    numbers = np.asarray(values, np.float64)
    n = len(numbers)
    if n <= most:
        return np.arange(n)
    edges = np.linspace(1, n - 1, (most - 2) // 2 + 1).astype(np.int64)
    kept = {0, n - 1}
    low, high = (np.where(np.isnan(numbers), far, numbers) for far in (np.inf, -np.inf))
    for begin, end in pairwise(edges.tolist()):
        if begin < end:
            kept |= {begin + int(low[begin:end].argmin()), begin + int(high[begin:end].argmax())}
    return np.array(sorted(kept), np.int64)
