"""Fitting a model of two regimes to paths of the past, by expectation maximisation (hmmlearn), from several starts.

Everything about it is fixed: starts, iteration limits, the order of paths, one thread. The same paths give the same model.
Source: L. Rabiner (1989), III C; M. Lebedev and others, hmmlearn.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.regimes.features import FEATURES
from stratum_pipelines.quant.regimes.model import DECIMALS, RegimeModel

if TYPE_CHECKING:
    from hmmlearn.hmm import GaussianHMM

LEAST_STEPS, LEAST_PATHS = 200, 3
# The states of a start are told apart by the size of the speed: below and above these shares of all steps.
STARTS = (0.5, 0.75, 0.9)
MOST_ITERATIONS = 50
# An iteration that gains less than this per step is the last one.
LEAST_GAIN = 1e-5
# A model is refused when a state holds less of the time than this, or when the speed varies less than so many times more in
# the unstable state, or when a state's speed has all but stopped to vary: then it is a lump of equal values, not a regime.
LEAST_SHARE = 0.02
LEAST_RATIO = 4.0
LEAST_VARIANCE = 1e-4
# A second state has a mean and a variance per feature, and there are two transitions. They have to be worth it: G. Schwarz,
# "Estimating the dimension of a model", Annals of Statistics 6 (1978).
MORE_PARAMETERS = 2 * len(FEATURES) + 2
# Added to the counts behind every estimate, so that what never happened in training is not impossible.
PRIOR_VARIANCE, PRIOR_TRANSITIONS = 0.01, 2.0
# So many fits are remembered, the newest: those of a day for thirty sports of three market keys.
REMEMBERED = 100


class Unfit(StrEnum):
    """Why there is no model.

    `TOO_FEW_STEPS` and `TOO_FEW_GAMES`: less than 200 steps that say something, or less than 3 paths of them.
    `NO_MOVEMENT`: a feature is the same in every step. `NOT_CONVERGED`: no start came to rest within 50 iterations.
    `RARE_STATE`: one state holds less than 2 % of the time. `ONE_REGIME`: the speed varies less than four times as much in
    one state as in the other, or one state says as much as two by Schwarz's criterion. `LUMP`: a state is one value over and
    over.
    """

    NONE = ""
    TOO_FEW_STEPS = "too_few_steps"
    TOO_FEW_GAMES = "too_few_games"
    NO_MOVEMENT = "no_movement"
    NOT_CONVERGED = "not_converged"
    RARE_STATE = "rare_state"
    ONE_REGIME = "one_regime"
    LUMP = "lump"


@dataclass(frozen=True)
class Fit:
    """What fitting came to: a model, or the reason why there is none.

    `n_steps` in `n_paths` were used, those with a NaN are left out. `log_likelihood` is that of their standardised features,
    both states equally likely at the start of each path, divided by `n_steps`; None without a model.
    """

    model: RegimeModel | None
    unfit: Unfit
    n_steps: int
    n_paths: int
    n_iterations: int = 0
    log_likelihood: float | None = None


def fit(paths: Sequence[Floats]) -> Fit:
    """Fit two states to paths of features, each of shape (T, 3); nothing that cannot be fitted raises.

    The best of three starts by likelihood is taken, of those that came to rest. State 0 is the one in which the speed
    varies less, whichever the numbers came out as. Paths that were fitted a short while ago cost nothing again, so whoever
    knows early what will be fitted can have it fitted ahead.
    """
    kept = [path[~np.isnan(path).any(axis=1)] for path in paths]
    kept = [path for path in kept if len(path)]
    return _fit(b"".join(path.tobytes() for path in kept), tuple(len(path) for path in kept))


@lru_cache(maxsize=REMEMBERED)
def _fit(together_as_bytes: bytes, lengths: tuple[int, ...]) -> Fit:
    """The fit of paths without a NaN, of these lengths, one behind the other."""
    n_steps, n_paths = sum(lengths), len(lengths)

    def refused(reason: Unfit) -> Fit:
        return Fit(None, reason, n_steps, n_paths)

    if n_steps < LEAST_STEPS:
        return refused(Unfit.TOO_FEW_STEPS)
    if n_paths < LEAST_PATHS:
        return refused(Unfit.TOO_FEW_GAMES)
    together = np.frombuffer(together_as_bytes).reshape(n_steps, len(FEATURES))
    centre, scale = together.mean(axis=0).round(DECIMALS), together.std(axis=0).round(DECIMALS)
    if (scale <= 0).any():
        return refused(Unfit.NO_MOVEMENT)
    standardised = (together - centre) / scale
    best = _best(standardised, lengths)
    if best is None:
        return refused(Unfit.NOT_CONVERGED)
    model = _labelled(best, centre, scale)
    if model.start.min() < LEAST_SHARE:
        return refused(Unfit.RARE_STATE)
    if model.variances[:, 0].min() < LEAST_VARIANCE:
        return refused(Unfit.LUMP)
    likelihood = best.score(standardised, lengths)
    if model.variance_ratio < LEAST_RATIO or likelihood - _of_one_state(n_steps) < MORE_PARAMETERS / 2 * np.log(
        n_steps
    ):
        return refused(Unfit.ONE_REGIME)
    return Fit(model, Unfit.NONE, n_steps, n_paths, best.monitor_.iter, round(likelihood / n_steps, DECIMALS))


def _of_one_state(n_steps: int) -> float:
    """The log likelihood of standardised features under a single normal state, whose mean is then 0 and variance 1."""
    return -0.5 * n_steps * len(FEATURES) * (np.log(2 * np.pi) + 1)


def load_fitting() -> None:
    """Load the library that fits, which takes seconds the first time; whoever fits does so by itself."""
    from hmmlearn import hmm  # noqa: F401
    from threadpoolctl import threadpool_limits  # noqa: F401


def _best(steps: Floats, lengths: tuple[int, ...]) -> "GaussianHMM | None":
    """The likeliest fit of those that came to rest; the first of equals."""
    import warnings

    from threadpoolctl import threadpool_limits

    found: GaussianHMM | None = None
    # One thread: how sums are shared out among several would be seen in the last digits.
    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for share in STARTS:
            model = _started(steps, share)
            model.fit(steps, lengths)
            settled = model.monitor_.converged and model.monitor_.iter < MOST_ITERATIONS
            is_number = np.isfinite(model.means_).all() and np.isfinite(model.transmat_).all()
            if settled and is_number and (found is None or model.monitor_.history[-1] > found.monitor_.history[-1]):
                found = model
    return found


def _started(steps: Floats, share: float) -> "GaussianHMM":
    """A model that begins with the slowest `share` of the steps in one state and the rest in the other."""
    from hmmlearn.hmm import GaussianHMM

    # It warns where the priors let the likelihood fall in the last iteration: then it has come to rest.
    logging.getLogger("hmmlearn.base").setLevel(logging.ERROR)
    size = np.abs(steps[:, 0])
    # Where many steps are equally fast, "the fastest" may be none or all of them: then both states begin alike.
    fast = size > np.quantile(size, share)
    model = GaussianHMM(
        n_components=2,
        covariance_type="diag",
        init_params="",
        params="tmc",
        n_iter=MOST_ITERATIONS,
        tol=LEAST_GAIN * len(steps),
        covars_prior=PRIOR_VARIANCE,
        transmat_prior=PRIOR_TRANSITIONS,
        random_state=0,
    )
    model.startprob_ = np.array([0.5, 0.5])
    model.transmat_ = np.array([[0.9, 0.1], [0.2, 0.8]])
    states = [steps[chosen] if chosen.any() else steps for chosen in (~fast, fast)]
    model.means_ = np.stack([state.mean(axis=0) for state in states])
    model.covars_ = np.stack([state.var(axis=0) + PRIOR_VARIANCE for state in states])
    return model


def _labelled(found: "GaussianHMM", centre: Floats, scale: Floats) -> RegimeModel:
    """The fit as a model of ours: the state whose speed varies less comes first."""
    variances = np.stack([np.diagonal(matrix) for matrix in found.covars_])
    order = np.argsort(variances[:, 0], kind="stable")
    transitions = found.transmat_[order][:, order].round(DECIMALS)
    transitions[:, 1] = 1.0 - transitions[:, 0]
    return RegimeModel(
        centre=centre,
        scale=scale,
        transitions=transitions,
        means=found.means_[order].round(DECIMALS),
        variances=variances[order].round(DECIMALS),
    )
