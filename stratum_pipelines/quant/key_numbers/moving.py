"""Chances read off a score table, and books moved with them from one number to another; compiled.

Numba keeps machine code on disk for as long as its file does not change, and looks at no other file: what calls each other
stands together. Importing Numba takes half a second, so whoever calls this imports it in the function that does. Nothing is
reordered and nothing contracted (`fastmath` is off): a market's numbers do not depend on what stands beside it.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from stratum_pipelines.quant.odds import Floats

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
# The lowest number of a score table, and its chances.
Table = tuple[int, Floats]

# A division by 0 is infinite or NaN, as in NumPy.
compiled = njit(cache=True, nogil=True, error_model="numpy")

H2H, SPREADS, TOTALS = range(3)


@compiled
def _row(handicap: float, lowest: int, rows: int, beyond: bool) -> tuple[int, float, float, bool]:
    """The row of a score table, the shares of the step to the next row in winning and in not losing, and if known.

    A bet at handicap -x wins above x. From x = k up to k + ½ it always wins at k + 1 and loses below k, and k itself
    passes from a push to a loss; from k + ½ to k + 1 it holds at k + 1, which passes from a win to a push. `beyond` takes numbers
    outside the table as certain, which they are.
    """
    known = np.isfinite(handicap)
    number = -handicap if known else 0.0
    # The rows between which there is something to share: up to the one that is all zero.
    last = rows - 2
    high = float(lowest + last)
    if beyond:
        number = min(max(number, lowest - 1.0), high)
    elif not (known and number >= lowest and number < high - 1):
        known, number = False, float(lowest)
    whole = np.floor(number)
    part = (number - whole) * 2.0
    late = part >= 1.0
    row = int(whole - lowest) + late
    if row < 0:
        return 0, 0.0, 0.0, known
    return min(row, last), part - 1.0 if late else 1.0, 0.0 if late else part, known


@compiled
def _place(prob: float, handicap: float, lowest: int, reached: Floats, is_total: bool) -> tuple[int, float, bool]:
    """Cell and share at which a bet at a handicap wins with `prob`, given that it is decided; and whether it is an under's."""
    flipped = is_total and handicap > 0
    if flipped:
        prob, handicap = 1.0 - prob, -handicap
    row, win_share, hold_share, known = _row(handicap, lowest, reached.shape[0], False)
    if not (known and 0 < prob < 1):
        return 0, np.nan, flipped
    upper, lower = reached[row], reached[row + 1]
    # P(win) = prob · P(decided), with both as shares of the step from one row to the next, is one share of that step.
    turn = win_share * (1.0 - prob) + hold_share * prob
    cell, step = 0, (reached.shape[1] - 1) // 2
    while step:
        at = cell + step
        if upper[at] + turn * (lower[at] - upper[at]) - prob <= 0:
            cell = at
        step //= 2
    low = upper[cell] + turn * (lower[cell] - upper[cell]) - prob
    high = upper[cell + 1] + turn * (lower[cell + 1] - upper[cell + 1]) - prob
    if low <= 0 and high >= 0 and high > low:
        return cell, -low / (high - low), flipped
    return 0, np.nan, flipped


@compiled
def _chances(
    cell: int, share: float, flipped: bool, handicap: float, lowest: int, reached: Floats, is_total: bool
) -> tuple[float, float, float, float]:
    """The chances that a bet at a handicap wins, pushes and loses, and of winning when it is decided."""
    own = -handicap if flipped else handicap
    if is_total and own > 0:
        return np.nan, np.nan, np.nan, np.nan
    row, win_share, hold_share, known = _row(own, lowest, reached.shape[0], True)
    upper = reached[row, cell] + share * (reached[row, cell + 1] - reached[row, cell])
    lower = reached[row + 1, cell] + share * (reached[row + 1, cell + 1] - reached[row + 1, cell])
    step = lower - upper if known else np.nan
    over, holds = upper + win_share * step, upper + hold_share * step
    under = 1.0 - holds
    win, lose = (under, over) if flipped else (over, under)
    decided = win + lose
    return win, holds - over, lose, win / decided if decided > 0 else np.nan


@compiled
def places(
    prob: Floats,
    handicap: Floats,
    lowest: int,
    reached: Floats,
    is_total: bool,
    cell: Ints,
    share: Floats,
    flipped: Bools,
) -> None:
    """`_place` for N bets; `cell`, `share` and `flipped` (N,) are filled in."""
    for i in range(prob.size):
        cell[i], share[i], flipped[i] = _place(prob[i], handicap[i], lowest, reached, is_total)


@compiled
def chances(
    cell: Ints,
    share: Floats,
    flipped: Bools,
    handicap: Floats,
    lowest: int,
    reached: Floats,
    is_total: bool,
    found: Floats,
) -> None:
    """`_chances` for N bets; `found` (4, N) is filled in."""
    for i in range(cell.size):
        found[0, i], found[1, i], found[2, i], found[3, i] = _chances(
            cell[i], share[i], flipped[i], handicap[i], lowest, reached, is_total
        )


@compiled
def _moved(
    first: float, second: float, at: float, to: float, kind: int, margins: Table, totals: Table
) -> tuple[float, float]:
    """Both outcomes' fair probabilities at the home or over point `to`, when they are known at the point `at`."""
    if kind == TOTALS:
        # A table knows handicaps: an over gives the total away.
        cell, share, flipped = _place(first, -at, totals[0], totals[1], True)
        moved = _chances(cell, share, flipped, -to, totals[0], totals[1], True)[3]
        return moved, 1.0 - moved
    # It is the side that gives points at the new number that is moved: so home and away exchanged exchange the results.
    is_home = to < 0 or (to == 0 and at < 0)
    sign = 1.0 if is_home else -1.0
    cell, share, flipped = _place(first if is_home else second, sign * at, margins[0], margins[1], False)
    moved = _chances(cell, share, flipped, sign * to, margins[0], margins[1], False)[3]
    return (moved, 1.0 - moved) if is_home else (1.0 - moved, moved)


@compiled
def _bring(
    number: float,
    kind: int,
    counted: Bools,
    fair: Floats,
    points: Floats,
    farthest: Floats,
    margins: Table,
    totals: Table,
    known: Floats,
) -> None:
    """Bring the books' fair probabilities (O, B) to one number, in place; `counted` (B,) leaves out those that cannot be.

    `known` (B, 7) remembers the last move of each book: kind, both probabilities, from where, to where, and what came out.
    """
    for b in range(counted.size):
        near = counted[b] and not np.isnan(fair[0, b])
        if near and kind != H2H and points[b] != number:
            first, second, at = fair[0, b], fair[1, b], points[b]
            same = known[b, 0] == kind and known[b, 1] == first and known[b, 2] == second
            if not (same and known[b, 3] == at and known[b, 4] == number):
                known[b, 0], known[b, 1], known[b, 2], known[b, 3], known[b, 4] = kind, first, second, at, number
                if abs(number - at) <= farthest[kind]:
                    known[b, 5], known[b, 6] = _moved(first, second, at, number, kind, margins, totals)
                else:
                    known[b, 5] = known[b, 6] = np.nan
            fair[0, b], fair[1, b] = known[b, 5], known[b, 6]
            near = not np.isnan(fair[0, b])
        counted[b] = near
        if not near:
            fair[:, b] = np.nan


@compiled
def bring(
    number: Floats,
    kinds: Ints,
    markets: Ints,
    counted: Bools,
    fair: Floats,
    points: Floats,
    farthest: Floats,
    margins: Table,
    totals: Table,
) -> None:
    """Bring N markets to the numbers (N,) given; those with the same number in `markets` (N,) are one market at several times.

    `counted` (N, B) and `fair` (N, O, B) are changed in place: books that cannot be brought there do not count, and are NaN.
    `points` (N, O, B) are from each outcome's side; `farthest` (3,) is how far each kind of market is moved at most; `margins` and
    `totals` are score tables: the lowest number, and the chances.
    """
    known = np.full((markets.max() + 1 if markets.size else 0, counted.shape[1], 7), np.nan)
    for k in range(kinds.size):
        here = known[markets[k]]
        _bring(number[k], kinds[k], counted[k], fair[k], points[k, 0], farthest, margins, totals, here)
