"""How likely each regime is now: the forward recursion alone, so that nothing later than the step goes in.

Smoothed probabilities (forward and backward) and the likeliest path of states (Viterbi) use the whole path: they know how a
move ended before it began. Neither stands anywhere in this package.
Source: L. Rabiner, "A tutorial on hidden Markov models", Proceedings of the IEEE 77 (1989), III A.
"""

import numpy as np

from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.panel import Bools
from stratum_pipelines.quant.regimes.model import UNSTABLE, RegimeModel


def log_emissions(features: Floats, centre: Floats, scale: Floats, means: Floats, variances: Floats) -> Floats:
    """The log density of N steps in each state (N, 2); 0 in both where a feature is NaN: the step then says nothing.

    `features`, `centre` and `scale` have shape (N, D), `means` and `variances` (N, 2, D), so that every step may have a
    model of its own. Features are taken as independent within a state.
    """
    apart = ((features - centre) / scale)[:, None, :] - means
    terms = apart * apart / variances + np.log(2 * np.pi * variances)
    density = -0.5 * terms.cumsum(axis=2)[:, :, -1]
    return np.where(np.isnan(density), 0.0, density)


def forward_step(held: Floats, start: Floats, transitions: Floats, emissions: Floats, says: Bools) -> Floats:
    """The log probabilities of both states after a step (N, 2), from those before it and what the step says, all in logs.

    `held` (N, 2) is NaN where a path has not begun: it begins with `start` (N, 2) at its first step that says something
    (`says`, (N,)), and stays NaN until then. `transitions` has shape (N, 2, 2). Each row adds up to 1 again, so that paths of
    any length neither overflow nor underflow.

    Worked example: 0.9 stable, which is left with 0.1 and come back to with 0.3, and a step three times as likely in the
    unstable state. Before it speaks, 0.9 * 0.9 + 0.1 * 0.3 = 0.84 is stable; after, 0.84 to 3 * 0.16, which is 0.636.

    >>> now = forward_step(
    ...     np.log([[0.9, 0.1]]),
    ...     np.log([[0.75, 0.25]]),
    ...     np.log([[[0.9, 0.1], [0.3, 0.7]]]),
    ...     np.log([[1.0, 3.0]]),
    ...     np.array([True]),
    ... )
    >>> np.exp(now).round(3).tolist()
    [[0.636, 0.364]]
    """
    begun = ~np.isnan(held[:, :1])
    before = np.where(begun, held, 0.0)
    reached = np.logaddexp(before[:, :1] + transitions[:, 0], before[:, 1:] + transitions[:, 1])
    reached = np.where(begun, reached, start) + emissions
    after = reached - np.logaddexp(reached[:, :1], reached[:, 1:])
    return np.where(begun | says[:, None], after, np.nan)


def filtered(model: RegimeModel, path: Floats) -> Floats:
    """The probability of each state after each step of one path (T, 3), from the steps up to it alone: (T, 2).

    A step with a NaN among its features says nothing; what was known before it is carried on through the transitions. NaN
    before the first step that says something.
    """
    of_step = np.ones((len(path), 1, 1))
    emissions = log_emissions(
        path,
        of_step[:, 0] * model.centre,
        of_step[:, 0] * model.scale,
        of_step * model.means,
        of_step * model.variances,
    )
    says: Bools = np.logical_not(np.isnan(path).any(axis=1))
    start, transitions = np.log(model.start)[None], np.log(model.transitions)[None]
    found = np.full((len(path), 2), np.nan)
    held = np.full((1, 2), np.nan)
    for step in range(len(path)):
        held = forward_step(held, start, transitions, emissions[step : step + 1], says[step : step + 1])
        found[step] = np.exp(held[0])
    return found


def unstable_next(unstable: Floats, transitions: Floats) -> Floats:
    """The probability (N,) that the next step is in the unstable state, from its probability now and (N, 2, 2) transitions."""
    return (1 - unstable) * transitions[:, 0, UNSTABLE] + unstable * transitions[:, 1, UNSTABLE]
