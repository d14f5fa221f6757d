"""What the books of one market agree on, compiled: robust averages over operator groups.

Numba keeps machine code on disk for as long as its file does not change, and looks at no other file: what calls each other
stands together. Importing Numba takes half a second, so whoever calls this imports it in the function that does.

No sum is reordered and nothing contracted (`fastmath` is off): sums run through the books one after the other, by name,
and what does not count adds nothing. So the numbers of a market depend on nothing beside it, to the last bit. In which order
values stood in the market before is remembered, because sorting what nearly stands in order takes no time.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from stratum_pipelines.quant.odds import Floats

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int32]
# Books by their place in rising order of something.
Places = npt.NDArray[np.uint8]

# A division by 0 is infinite or NaN, as in NumPy.
compiled = njit(cache=True, nogil=True, error_model="numpy")

# Weights this close, in proportion, are the same: shares such as three thirds do not add up to the last bit.
SAME = 1e-9
H2H, SPREADS = range(2)
# Fields of an agreement by outcome, in their order.
(
    POINT_MEDIAN, POINT_MEAN, POINT_STD, POINT_MAD, POINT_IQR, PRICE_MEDIAN, FAIR_PROB, FAIR_POINT, FAIR_STD, FAIR_MAD, FAIR_IQR,
    SHARP_FAIR, SHARP_POINT, BEST_PRICE,
) = range(14)  # fmt: skip
# Fields by market: numbers and counts.
AGE_MEDIAN, AGE_MAX, MARGIN_MEDIAN, NUMBER = range(4)
N_BOOKS, N_GROUPS, N_STALE, N_AT_NUMBER, N_SHARP, N_IMPLAUSIBLE = range(6)


# -- weights and quantiles ----------------------------------------------------------------------------------------------


@compiled
def _share(counted: Bools, groups: Ints, sizes: Ints, weights: Floats) -> int:
    """Weights of the books that count, so that every operator group weighs 1; returns the number of groups."""
    sizes[:] = 0
    for b in range(counted.size):
        sizes[groups[b]] += counted[b]
    n_groups = 0
    for size in sizes:
        n_groups += size > 0
    for b in range(counted.size):
        weights[b] = 1.0 / sizes[groups[b]] if counted[b] else 0.0
    return n_groups


@compiled
def _rank(row: Floats, columns: Ints, counted: Bools, order: Places, values: Floats, ranked: Floats) -> None:
    """The values of a row by name, infinite where a book does not count, and ranked; `order` are the places in rising order.

    It holds those of the market before when it comes, and is put right: quick where values nearly stand so already.
    """
    for i in range(order.size):
        values[i] = row[columns[i]] if counted[i] else np.inf
    for i in range(order.size):
        place = order[i]
        value = values[place]
        while i > 0 and ranked[i - 1] > value:
            ranked[i], order[i] = ranked[i - 1], order[i - 1]
            i -= 1
        ranked[i], order[i] = value, place


@compiled
def _reach(order: Places, weights: Floats, reached: Floats) -> None:
    """The weight reached with each value in rising order."""
    total = 0.0
    for i in range(order.size):
        total += weights[order[i]]
        reached[i] = total


@compiled
def _quantile(ranked: Floats, reached: Floats, share: float) -> float:
    """The value at which this share of the weight is reached; the middle of two when it is reached exactly between them."""
    whole = reached[-1]
    enough, beyond = whole * (share - SAME), whole * (share + SAME)
    low = high = 0
    for i in range(reached.size):
        low += reached[i] < enough
        high += reached[i] <= beyond
    # An average as a + (b - a) / 2 is exact when both are equal.
    return ranked[low] + (ranked[high] - ranked[low]) / 2


@compiled
def _deviation(ranked: Floats, reached: Floats, centre: float) -> float:
    """The weighted median distance from a centre that lies among the values."""
    right = 0
    while ranked[right] < centre:
        right += 1
    left = right - 1
    whole = reached[-1]
    enough, beyond = whole * (0.5 - SAME), whole * (0.5 + SAME)
    near, low = 0.0, np.nan
    # Outwards from the centre, always to the nearer of the two next values.
    while True:
        to_left = centre - ranked[left] if left >= 0 else np.inf
        to_right = ranked[right] - centre if right < ranked.size else np.inf
        distance = min(to_left, to_right)
        if to_left < to_right:
            left -= 1
        else:
            right += 1
        near = (reached[right - 1] if right else 0.0) - (reached[left] if left >= 0 else 0.0)
        if np.isnan(low) and near >= enough:
            low = distance
        if near > beyond:
            return low + (distance - low) / 2


@compiled
def _mean_and_std(values: Floats, weights: Floats) -> tuple[float, float]:
    """Weighted mean and population standard deviation; at least one weight is above 0. Equal values do not deviate at all."""
    whole = total = 0.0
    lowest, highest = np.inf, -np.inf
    for b in range(weights.size):
        if weights[b] > 0:
            whole += weights[b]
            total += values[b] * weights[b]
            lowest, highest = min(lowest, values[b]), max(highest, values[b])
    if lowest == highest:
        return lowest, 0.0
    mean = total / whole
    total = 0.0
    for b in range(weights.size):
        if weights[b] > 0:
            apart = values[b] - mean
            total += apart * apart * weights[b]
    return mean, np.sqrt(total / whole)


# -- agreement ----------------------------------------------------------------------------------------------------------


@compiled
def _most_quoted(
    points: Floats, order: Places, ranked: Floats, weights: Floats, fair: Floats, columns: Ints, median: float
) -> float:
    """The number most of the weight quotes; `points` are infinite where a book does not count.

    Among numbers quoted equally the one nearest to the median, then the one nearer to 0. That leaves one, or -x and x: then the
    one whose books see the sides closer to even, and where they are alike in that too 0, between the two.
    """
    most = -1.0
    lower = higher = nearest = smallest = np.nan
    i = 0
    while i < order.size and ranked[i] < np.inf:
        number, support = ranked[i], 0.0
        while i < order.size and ranked[i] == number:
            support += weights[order[i]]
            i += 1
        from_median, from_zero = abs(number - median), abs(number)
        if support < most - SAME:
            continue
        is_better = support > most + SAME or from_median < nearest - SAME
        if not is_better and from_median <= nearest + SAME:
            is_better = from_zero < smallest - SAME
            if not is_better and from_zero <= smallest + SAME:
                higher = number
        if is_better:
            most, nearest, smallest = support, from_median, from_zero
            lower = higher = number
    if lower == higher:
        return lower
    here = there = 0.0
    for b in range(points.size):
        uneven = abs(fair[0, columns[b]] - fair[1, columns[b]]) * weights[b]
        if not np.isnan(uneven):
            here += uneven if points[b] == lower else 0.0
            there += uneven if points[b] == higher else 0.0
    return lower if here < there - SAME else higher if there < here - SAME else 0.0


@compiled
def _lines(
    points: Floats, order: Places, ranked: Floats, n_here: int, weights: Floats, loud: Floats, reached: Floats, fair: Floats,
    columns: Ints, has_sharp: bool, found: Floats,
) -> float:  # fmt: skip
    """The number of a market, and what its books agree on in points, from the side of the first outcome: `found` is filled in."""
    if ranked[0] == ranked[n_here - 1]:
        found[POINT_MEDIAN] = ranked[0]
        found[POINT_MAD] = found[POINT_IQR] = 0.0
        found[SHARP_POINT] = ranked[0] if has_sharp else np.nan
        return ranked[0]
    _reach(order, weights, reached)
    median = _quantile(ranked, reached, 0.5)
    found[POINT_MEDIAN] = median
    found[POINT_MAD] = _deviation(ranked, reached, median)
    found[POINT_IQR] = _quantile(ranked, reached, 0.75) - _quantile(ranked, reached, 0.25)
    if has_sharp:
        _reach(order, loud, reached)
        found[SHARP_POINT] = _quantile(ranked, reached, 0.5)
    return _most_quoted(points, order, ranked, weights, fair, columns, median)


@compiled
def _turn(kind: int, found: Floats) -> None:
    """Give the second outcome of a line what is known from the side of the first; the second of a spread stands opposite."""
    if kind != H2H:
        side = -1.0 if kind == SPREADS else 1.0
        for field in (POINT_MEDIAN, SHARP_POINT):
            found[field, 0] += 0.0
            found[field, 1] = found[field, 0] * side + 0.0
        for field in (POINT_MAD, POINT_IQR):
            found[field, 1] = found[field, 0]


@compiled
def agree_on_quotes(
    prices: Floats, points: Floats, ages: Floats, active: Bools, stale: Bools, kinds: Ints, markets: Ints,
    columns: Ints, groups: Ints, is_sharp: Bools, loudness: Floats, h2h_outcomes: int,
    fair: Floats, margin: Floats, implausible: Bools, counted: Bools, by_outcome: Floats, by_market: Floats, counts: Counts,
    best_book: Ints,
) -> None:  # fmt: skip
    """What the books quote in N markets; those with the same number in `markets` (N,) are one market at several times.

    `prices`, `points`, `active`, `stale` (N, O, B), `ages` (N, B) or (0, B) where they are not known, and `kinds` (N,) are as
    in `consensus.agree`, `fair` (N, O, B), `margin` and `implausible` (N, B) as in `one_number.OwnViews`. `columns` (B,) are the books in
    alphabetical order; `groups`, `is_sharp` and `loudness` (B,) are theirs in that order.

    Filled in are `counted` (N, B), the books that count, and, as the top of this file names them, the
    fields by outcome (14, N, O), by market (4, N), the counts (6, N) and who offers the best price (N, O).
    """
    n_slots, n_books = prices.shape[1], columns.size
    sizes, weights, loud = np.zeros(groups.max() + 1, np.int64), np.empty(n_books), np.empty(n_books)
    values, ranked, reached, found = np.empty(n_books), np.empty(n_books), np.empty(n_books), np.empty((14, n_slots))
    here, is_stale = np.empty(n_books, np.bool_), np.empty(n_books, np.bool_)
    # The orders in which values stood last: points, ages, overrounds, then prices by outcome.
    stood_last = np.empty((markets.max() + 1 if markets.size else 0, 3 + n_slots, n_books), np.uint8)
    stood_last[:] = np.arange(n_books)
    for k in range(kinds.size):
        kind, stood = kinds[k], stood_last[markets[k]]
        n_outcomes = h2h_outcomes if kind == H2H else 2
        found[:] = np.nan
        here[:], is_stale[:] = True, False
        for o in range(n_slots):
            best, who = -np.inf, columns[0]
            for i in range(n_books):
                b = columns[i]
                fresh = active[k, o, b] and not stale[k, o, b] and not implausible[k, b]
                is_stale[i] |= active[k, o, b] and stale[k, o, b]
                here[i] &= fresh or o >= n_outcomes
                # Of several with the best price the first by name stays.
                better = fresh and prices[k, o, b] > best
                best, who = (prices[k, o, b], b) if better else (best, who)
            found[BEST_PRICE, o], best_book[k, o] = best if best > 0 else np.nan, who
        n_here = n_stale = n_sharp = n_implausible = 0
        for i in range(n_books):
            counted[k, columns[i]] = here[i]
            n_here += here[i]
            n_stale += is_stale[i]
            n_implausible += implausible[k, columns[i]]
            n_sharp += here[i] and is_sharp[i]
        counts[N_BOOKS, k], counts[N_STALE, k], counts[N_SHARP, k] = n_here, n_stale, n_sharp
        counts[N_IMPLAUSIBLE, k] = n_implausible
        counts[N_GROUPS, k] = _share(here, groups, sizes, weights)
        by_market[:, k] = np.nan
        if n_here:
            for o in range(n_outcomes):
                _rank(prices[k, o], columns, here, stood[3 + o], values, ranked)
                _reach(stood[3 + o], weights, reached)
                found[PRICE_MEDIAN, o] = _quantile(ranked, reached, 0.5)
            _rank(margin[k], columns, here, stood[2], values, ranked)
            _reach(stood[2], weights, reached)
            by_market[MARGIN_MEDIAN, k] = _quantile(ranked, reached, 0.5)
            if ages.shape[0]:
                _rank(ages[k], columns, here, stood[1], values, ranked)
                _reach(stood[1], weights, reached)
                by_market[AGE_MEDIAN, k], by_market[AGE_MAX, k] = _quantile(ranked, reached, 0.5), ranked[n_here - 1]
            if kind != H2H:
                for i in range(n_books):
                    loud[i] = weights[i] * loudness[i]
                _rank(points[k, 0], columns, here, stood[0], values, ranked)
                by_market[NUMBER, k] = _lines(
                    values, stood[0], ranked, n_here, weights, loud, reached, fair[k], columns, n_sharp > 0, found[:, 0]
                )
        _turn(kind, found)
        by_outcome[:, k] = found


@compiled
def agree_on_chances(
    points: Floats, kinds: Ints, markets: Ints, columns: Ints, groups: Ints, is_sharp: Bools, loudness: Floats, h2h_outcomes: int,
    fair: Floats, counted: Bools, by_outcome: Floats, by_market: Floats, counts: Counts,
) -> None:  # fmt: skip
    """What the books think of N markets that `agree_on_quotes` has seen, now that all stand at one number.

    Means go by what a single book quotes, so those of points are taken here, over the books that are near enough to be heard.
    `counted` (N, B) and `fair` (N, O, B) are as in `one_number.Views`; what is left of the fields is filled in.
    """
    n_slots, n_books = fair.shape[1], columns.size
    sizes, weights, loud = np.zeros(groups.max() + 1, np.int64), np.empty(n_books), np.empty(n_books)
    values, ranked, reached = np.empty(n_books), np.empty(n_books), np.empty(n_books)
    here = np.empty(n_books, np.bool_)
    stood_last = np.empty((markets.max() + 1 if markets.size else 0, n_slots, n_books), np.uint8)
    stood_last[:] = np.arange(n_books)
    for k in range(kinds.size):
        stood = stood_last[markets[k]]
        n_near = n_sharp = 0
        for i in range(n_books):
            here[i] = counted[k, columns[i]]
            n_near += here[i]
            n_sharp += here[i] and is_sharp[i]
        counts[N_AT_NUMBER, k] = n_near
        if not n_near:
            continue
        _share(here, groups, sizes, weights)
        for i in range(n_books):
            loud[i] = weights[i] * loudness[i]
        n_outcomes = h2h_outcomes if kinds[k] == H2H else 2
        total = sharp_total = 0.0
        for o in range(n_outcomes):
            _rank(fair[k, o], columns, here, stood[o], values, ranked)
            _reach(stood[o], weights, reached)
            median = _quantile(ranked, reached, 0.5)
            total += median
            by_outcome[FAIR_PROB, k, o] = median
            by_outcome[FAIR_STD, k, o] = _mean_and_std(values, weights)[1]
            by_outcome[FAIR_MAD, k, o] = _deviation(ranked, reached, median)
            by_outcome[FAIR_IQR, k, o] = _quantile(ranked, reached, 0.75) - _quantile(ranked, reached, 0.25)
            if n_sharp:
                _reach(stood[o], loud, reached)
                by_outcome[SHARP_FAIR, k, o] = _quantile(ranked, reached, 0.5)
                sharp_total += by_outcome[SHARP_FAIR, k, o]
        # Medians need not sum to one.
        for o in range(n_outcomes):
            by_outcome[FAIR_PROB, k, o] /= total
            by_outcome[SHARP_FAIR, k, o] /= sharp_total
        if kinds[k] != H2H:
            for i in range(n_books):
                values[i] = points[k, 0, columns[i]]
            mean, deviation = _mean_and_std(values, weights)
            for field, value in ((FAIR_POINT, by_market[NUMBER, k]), (POINT_MEAN, mean)):
                by_outcome[field, k, 0] = value + 0.0
                by_outcome[field, k, 1] = -value + 0.0 if kinds[k] == SPREADS else value + 0.0
            by_outcome[POINT_STD, k, 0] = by_outcome[POINT_STD, k, 1] = deviation


@compiled
def share_out(counted: Bools, groups: Ints, weights: Floats, n_groups: Ints) -> None:
    """The weights (N, B) of the books that count, so that each operator group weighs 1, and the number of groups (N,)."""
    sizes = np.zeros(groups.max() + 1 if groups.size else 0, np.int64)
    for k in range(len(counted)):
        n_groups[k] = _share(counted[k], groups, sizes, weights[k])
