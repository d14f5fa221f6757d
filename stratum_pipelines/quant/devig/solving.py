"""Finding the parameter at which probabilities sum to the number of winners.

Power, Shin, odds-ratio and probit all say pᵢ = f(x, qᵢ) with one unknown x per market. In each of them every pᵢ falls
continuously and strictly as x rises, so the sum does, and between a `low` where the sum is at least the number of
winners and a `high` where it is at most that there is exactly one solution.

Convergence. Each step takes Newton's point, or the middle of the bracket where that point is not inside; the bracket is
narrowed to the side of the solution. From the tenth step on every other step takes the middle, so that the bracket
halves at least every other step whatever the shape of the curve: 300 steps bring a bracket of any width w down to
1e-43 w. Where the sum is convex in x (power, Shin, odds-ratio) Newton's steps converge by themselves: from the left of the
solution the tangent meets the target at or before the curve does, so they rise monotonically and, near the end, double
their digits; from the right the first step lands on the left. Ordinary prices take two or three evaluations.

No market's result depends on its neighbours: what has settled leaves the array, the rest goes on.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.devig.markets import added
from stratum_pipelines.quant.odds import Floats

MOST_STEPS = 300
PATIENCE = 9
# A step that changes no probability, nor its complement, by more than this share of it is the last: it is taken along the
# tangents, from which the curves part by the square of it, less than a float tells apart.
NEAR = 2.0**-27
# Where even that cannot be had (probabilities of 1e-300), the search ends when a float has no better parameter.
ROUNDING = 2.0**-52

Arrays = tuple[Floats, ...]
# From the number of the step, the state and the data (markets along the last axis) to probabilities (O, N), which markets
# have settled (N,), and the next state.
Step = Callable[[int, Arrays, Arrays], tuple[Floats, npt.NDArray[np.bool_], Arrays]]
# From the parameter (N,) and the data to probabilities and their slopes in the parameter, below 0, both (O, N).
Family = Callable[..., tuple[Floats, Floats]]


def settle(step: Step, state: Arrays, data: Arrays) -> Floats:
    """The probabilities (O, N) of every market as they were when it settled; NaN for one that never did."""
    fair, found, open_ = data[0], None, None
    for number in range(MOST_STEPS):
        fair, settled, state = step(number, state, data)
        ended = np.flatnonzero(settled)
        if not ended.size:
            continue
        if found is None or open_ is None:
            if ended.size == settled.size:
                return fair
            found, open_ = np.full_like(fair, np.nan), np.arange(settled.size)
        found[:, open_[ended]] = fair.take(ended, axis=1)
        left = np.flatnonzero(~settled)
        if not left.size:
            return found
        open_ = open_[left]
        state = tuple(values.take(left, axis=-1) for values in state)
        data = tuple(values.take(left, axis=-1) for values in data)
    return np.full_like(fair, np.nan) if found is None else found


def guess(excess: Floats, slope: Floats, bend: Floats) -> Floats:
    """Where a falling curve at `excess`, with this slope and this second derivative, meets 0: Halley's step, (N,).

    From a point at which a family gives the implied probabilities themselves this costs hardly anything, and saves a
    step or two. It is a guess: where the bend is large the step is at most doubled.
    """
    step = -excess / slope
    return step / np.maximum(1.0 + 0.5 * step * bend / slope, 0.5)


def solve(family: Family, data: Arrays, winners: Floats, start: Floats, low: Floats, high: Floats) -> Floats:
    """The probabilities (O, N) of a family at the parameter where they sum to `winners` (N,).

    `data` are what the family needs beside the parameter, each (O, N). `start`, `low` and `high` (N,) are a guess and the
    bracket, in which the solution must lie.
    """

    def step(number: int, state: Arrays, data: Arrays) -> tuple[Floats, npt.NDArray[np.bool_], Arrays]:
        at, low, high = state
        fair, slopes = family(at, *data[1:])
        excess, slope = added(fair) - data[0], added(slopes)
        too_much = excess > 0
        low, high = np.where(too_much, at, low), np.where(too_much, high, at)
        move = -excess / slope
        newton = at + move
        change = slopes * move
        near = np.logical_and.reduce(np.abs(change) <= NEAR * np.minimum(fair, 1.0 - fair))
        exhausted = np.abs(excess) <= len(fair) * ROUNDING
        exhausted |= np.abs(move) <= ROUNDING * np.abs(at)
        exhausted |= high - low <= ROUNDING * np.maximum(np.abs(low), np.abs(high))
        inside = (newton > low) & (newton < high)
        if number >= PATIENCE and number % 2:
            inside[:] = False
        following = (np.where(inside, newton, low + (high - low) / 2), low, high)
        return np.where(near, fair + change, fair), near | exhausted, following

    return settle(step, (np.minimum(np.maximum(start, low), high), low, high), (winners, *data))
