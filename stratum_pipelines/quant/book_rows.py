"""Weights, medians, means and votes of a few books over many markets, with a row of the array for each book.

Arrays are (B, N), or (Q, B, N) for Q values at once: every step runs along the markets, which lie side by side in memory, and
only the few books are gone through one by one. Sorting each market by itself says the same and takes ten times as long.

The order of the books decides nothing but the last bits of sums, so callers give them in alphabetical order. Entries that do not
count may hold anything.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.odds import Floats

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
# Whole numbers, in as few bytes as hold them.
Parts = npt.NDArray[np.unsignedinteger]

# Shares of a weight this close are the same.
SAME = 1e-9


class Shares(NamedTuple):
    """What every book weighs, so that each operator group weighs 1.

    `weights` (B, N) are 1 over the number of the group's books that count, 0 for books that do not. `parts` (B, N) are the
    same as whole numbers of equal size: "exactly half the weight" then needs no tolerance. `n_groups` (N,) counts groups.
    """

    weights: Floats
    parts: Parts
    n_groups: Ints


def shares(counted: Bools, groups: Ints) -> Shares:
    """The shares of the books that count, (B, N); `groups` (B,) holds the group of each book, from 0 up.

    >>> found = shares(np.array([[True], [True], [True]]), np.array([0, 0, 1]))
    >>> found.weights.ravel().tolist(), found.parts.ravel().tolist()
    ([0.5, 0.5, 1.0], [1, 1, 2])
    """
    by_group: dict[int, list[int]] = {}
    for book, group in enumerate(groups.tolist()):
        by_group.setdefault(group, []).append(book)
    members = list(by_group.values())
    bits = counted.view(np.uint8)
    sizes = [np.add.reduce(bits[own], axis=0, dtype=np.uint8) for own in members]
    # Columns that count nowhere may be many, and share a group: only those that count are divided by.
    unit = math.lcm(*range(1, max((int(size.max(initial=1)) for size in sizes), default=1) + 1))
    dtype: type = (
        np.uint8 if unit * len(members) < 2**8 - 1 else np.uint16 if unit * len(members) < 2**16 - 1 else np.uint64
    )
    weights = counted.astype(np.float64)
    parts: Parts = bits.astype(dtype)
    parts *= dtype(unit)
    alone = [own[0] for own in members if len(own) == 1]
    n_groups = np.add.reduce(bits[alone], axis=0, dtype=np.uint8).astype(np.int64)
    for own, size in zip(members, sizes, strict=True):
        if len(own) > 1:
            n_groups += size > 0
            size = np.maximum(size, 1)
            parts[own] = bits[own] * (unit // size.astype(np.int64)).astype(dtype)
            weights[own] = np.where(counted[own], 1.0 / size, 0.0)
    return Shares(weights, parts, n_groups)


class Ranked(NamedTuple):
    """Values (Q, B, N) with the weight reached with each in rising order; of equal values the earlier book's comes first.

    `weights` (B, N) are whole numbers or not, `whole` (N,) their sum. What weighs nothing is infinite and reaches nothing new.
    """

    values: Floats
    reached: npt.NDArray
    weights: npt.NDArray
    whole: npt.NDArray

    def of(self, first: int, end: int) -> "Ranked":
        """Some of the values."""
        return self._replace(values=self.values[first:end], reached=self.reached[first:end])


def ranked(values: Floats, weights: npt.NDArray) -> Ranked:
    """Rank once, ask often. Each book is compared with every other once: a book reaches its own weight and that of all below it."""
    values = np.where(weights > 0, values, np.inf)
    n_values, n_books, n_markets = values.shape
    reached = np.empty(values.shape, weights.dtype)
    reached[:] = weights
    below = np.empty((n_values, max(n_books - 1, 0), n_markets), np.bool_)
    share = np.empty(below.shape, weights.dtype)
    for book in range(n_books - 1):
        rest = n_books - 1 - book
        first = np.less_equal(values[:, book : book + 1], values[:, book + 1 :], out=below[:, :rest])
        mine = np.multiply(first.view(np.uint8), weights[book], out=share[:, :rest])
        reached[:, book + 1 :] += mine
        np.logical_not(first, out=first)
        theirs = np.multiply(first.view(np.uint8), weights[book + 1 :], out=mine)
        reached[:, book] += np.add.reduce(theirs, axis=1, dtype=weights.dtype)
    return Ranked(values, reached, weights, np.add.reduce(weights, axis=0, dtype=weights.dtype))


def quantiles(found: Ranked, share: float) -> Floats:
    """The values at which this share of the weight is reached, (Q, N); NaN where no book counts.

    When it is reached exactly between two values, their midpoint. A share of 0.5 is the weighted median.

    >>> found = ranked(np.array([[[-4.0], [-4.0], [-3.0]]]), np.array([[1], [1], [2]], np.uint8))
    >>> quantiles(found, 0.5).tolist()
    [[-3.5]]
    """
    whole = found.whole.astype(np.float64)
    enough, beyond = whole * (share - SAME), whole * (share + SAME)
    if found.weights.dtype.kind == "u":
        # Whole numbers reach it with the next one up.
        enough, beyond = np.ceil(enough).astype(found.weights.dtype), (np.floor(beyond) + 1).astype(found.weights.dtype)
    low, high = _value_at(found, enough), _value_at(found, beyond)
    low[:, whole == 0] = high[:, whole == 0] = np.nan
    # The two ends are averaged as a + (b - a) / 2, which is exact when they are equal.
    return low + (high - low) / 2


def medians(values: Floats, weights: npt.NDArray) -> Floats:
    """The weighted medians (Q, N) of values (Q, B, N); NaN where no book counts."""
    return quantiles(ranked(values, weights), 0.5)


def interquartile_ranges(found: Ranked) -> Floats:
    """From where a quarter of the weight is reached to where three quarters are, (Q, N); NaN where no book counts."""
    return quantiles(found, 0.75) - quantiles(found, 0.25)


def absolute_deviations(found: Ranked, centre: Floats) -> Floats:
    """The weighted median distance of the values from `centre` (Q, N), as it is; NaN where no book counts."""
    apart = np.abs(found.values - np.where(np.isnan(centre), 0.0, centre)[:, None])
    return medians(apart, found.weights)


def _value_at(found: Ranked, weight: npt.NDArray) -> Floats:
    """The value with which a weight (N,), above 0, is reached, (Q, N); any where no book counts."""
    # It is the one book that has it and without which it is not reached.
    crossing = found.reached >= weight
    crossing &= found.reached - found.weights < weight
    n_values, n_books, n_markets = found.values.shape
    numbers = np.arange(n_books, dtype=np.uint8)[:, None]
    book = np.add.reduce(crossing.view(np.uint8) * numbers, axis=1, dtype=np.uint8)
    place = book.astype(np.intp)
    place *= n_markets
    place += np.arange(n_markets)
    place += (np.arange(n_values) * (n_books * n_markets))[:, None]
    return found.values.ravel().take(place)


def mean_and_deviation(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Weighted mean and population standard deviation (N,) of values (B, N); NaN where no book counts."""
    counted = weights > 0
    whole = _sum(weights)
    whole[whole == 0] = np.nan
    mean = _sum(np.where(counted, values, 0.0) * weights) / whole
    apart = np.where(counted, values - mean, 0.0)
    apart *= apart
    apart *= weights
    return mean, np.sqrt(_sum(apart) / whole)


def _sum(values: Floats) -> Floats:
    """One book after the other, so that books of no weight in between change no bit."""
    total = values[0].copy()
    for book in range(1, len(values)):
        total += values[book]
    return total


def most_quoted(points: Floats, parts: Parts, median: Floats) -> tuple[Floats, Floats]:
    """The number most of the weight quotes, (N,) twice: the lower and the higher where two are left.

    `points` (B, N) are the books' own, `median` (N,) their weighted median. Among numbers quoted equally the one nearest to
    the median is taken, then the one nearer to 0; that leaves one, or -x and x. Infinite where no book counts.
    """
    support = parts.copy()
    for book in range(len(points) - 1):
        same = (points[book] == points[book + 1 :]).view(np.uint8)
        support[book + 1 :] += same * parts[book]
        support[book] += np.add.reduce(same * parts[book + 1 :], axis=0, dtype=parts.dtype)
    best = (parts > 0) & (support >= support.max(axis=0, initial=0))
    for centre in (median, 0.0):
        distance = np.where(best, np.abs(points - centre), np.inf)
        best &= distance <= distance.min(axis=0, initial=np.inf) + SAME
    lower = np.where(best, points, np.inf).min(axis=0, initial=np.inf)
    return lower, np.where(best, points, -np.inf).max(axis=0, initial=-np.inf)
