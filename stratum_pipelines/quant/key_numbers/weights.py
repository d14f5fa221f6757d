"""How much more often games end on a number than the rounded normal says.

For a number m, seen O times where E times were expected, the weight is

    w(m) = (O + k) / (E + k),

the mean of a gamma distribution that begins at 1 with the force of k expected games. What is expected comes from each
game's own closing line: its mean is placed so that the line came out as the market priced it, with the weights found so far,
until they settle. A number rarely expected stays near 1: leagues with few games keep the normal.
"""

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.key_numbers.score_table import ScoreTable, build_score_table, normal_chances, spread_out
from stratum_pipelines.quant.odds import Floats

Whole = npt.NDArray[np.int64]

ROUNDS = 8
DECIMALS = 4


def fit_weights(
    values: Whole,
    handicaps: Floats,
    probs: Floats,
    deviation: float,
    shrinkage: float,
    *,
    is_total: bool,
    cannot_tie: bool = False,
    prior: Floats | None = None,
) -> Floats:
    """The weights of margins 0, 1, 2 ... (both sides alike), or of totals 0, 1, 2 ..., rounded to four decimals.

    `values` (N,) are the final margins or totals of N games, `handicaps` the closing handicap of the home team or of the
    over, and `probs` the probability the market gave it there. `prior` are weights to begin from in place of 1. The end
    of the table, where rounded weights are 1, is left out.
    """
    pairs, counts = np.unique(np.stack([handicaps, probs]), axis=1, return_counts=True)
    start = np.ones(0) if prior is None else prior
    weights = _without_tie(start, cannot_tie=cannot_tie and not is_total)
    for _ in range(ROUNDS if values.size else 0):
        table = league_table(weights, deviation, is_total=is_total)
        numbers = np.arange(table.lowest, table.lowest + len(table.reached) - 2)
        if not numbers[0] <= values.min() <= values.max() <= numbers[-1]:
            raise ValueError(
                f"A game ended on {values.min()} or {values.max()}, and with a standard deviation of {deviation} points numbers "
                f"run from {numbers[0]} to {numbers[-1]}. Is the deviation of the league right?"
            )
        means = table.implied_mean(table.place(pairs[1], pairs[0]))
        chances = normal_chances(numbers, means, deviation)
        own = spread_out(*_both_sides(weights, is_total=is_total), numbers)
        expected = (chances / (chances * own[:, None]).sum(axis=0) * counts).sum(axis=1)
        # Weights are relative: as many games are expected as were played.
        expected *= values.size / expected.sum()
        seen = np.bincount(values - numbers[0], minlength=len(numbers)).astype(np.float64)
        if not is_total:
            expected, seen = (_folded(counted, -int(numbers[0])) for counted in (expected, seen))
        before = np.ones(len(seen))
        before[: len(start)] = start
        weights = _without_tie(
            (seen + shrinkage * before) / (expected + shrinkage), cannot_tie=cannot_tie and not is_total
        )
    rounded = weights.round(DECIMALS)
    return rounded[: int(np.flatnonzero(rounded != 1.0).max(initial=-1)) + 1]


def league_table(weights: Floats, deviation: float, *, is_total: bool) -> ScoreTable:
    """The table of margins or totals with these weights, from number 0 up; margins weigh the same for both sides."""
    values, lowest = _both_sides(weights, is_total=is_total)
    return build_score_table(values, lowest, deviation, is_total=is_total)


def log_likelihood(table: ScoreTable, values: Whole, handicaps: Floats, probs: Floats) -> Floats:
    """The logarithm of the probability a table gave to what happened, game by game."""
    return np.log(table.chances(table.place(probs, handicaps), -values.astype(np.float64)).push)


def _both_sides(weights: Floats, *, is_total: bool) -> tuple[Floats, int]:
    """The weights of all numbers in a row, and the lowest of them."""
    if is_total or not len(weights):
        return weights, 0
    return np.concatenate([weights[:0:-1], weights]), 1 - len(weights)


def _folded(counts: Floats, middle: int) -> Floats:
    """Counts of 0, of 1 on either side, of 2 on either side, and so on."""
    folded = counts[middle:].copy()
    folded[1:] += counts[:middle][::-1]
    return folded


def _without_tie(weights: Floats, *, cannot_tie: bool) -> Floats:
    if not cannot_tie:
        return weights
    weights = weights.copy() if len(weights) else np.ones(1)
    weights[0] = 0.0
    return weights
