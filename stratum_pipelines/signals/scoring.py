"""How strong a signal is, from 1 to 100: size, speed and breadth, each with its own ceiling."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.structural_core import is_structural_core
from stratum_pipelines.quant.time_to_start import time_bucket
from stratum_pipelines.signals.rounding import rounded

__all__ = ["is_structural_core", "priority", "strength", "time_bucket"]

SIZE_CEILING, SPEED_CEILING, BREADTH_CEILING = 50.0, 25.0, 25.0
FULL_SIZE_STEPS = 4.0
FULL_SPEED_STEPS_PER_MINUTE = 0.2
FULL_BREADTH_GROUPS = 8.0


class Strength(NamedTuple):
    """The scores of N signals and their three components, (N,) each."""

    score: npt.NDArray[np.int64]
    size: Floats
    speed: Floats
    breadth: Floats


def strength(
    move: npt.ArrayLike,
    step: npt.ArrayLike,
    window_s: npt.ArrayLike,
    n_groups: npt.ArrayLike,
    steps: npt.ArrayLike = np.nan,
) -> Strength:
    """The scores of signals; `steps` says how many steps each amounts to where that is not `move` / `step`, else NaN.

    Size earns up to 50, in full at four steps (a step is 0.5 points of spread, 1.0 of total, 0.03 fair probability);
    speed up to 25, in full at a step per five minutes; breadth up to 25, in full at eight operator groups. A window
    shorter than a minute counts as a minute. All are (N,) or one number for all; so are the scores, (N,) at least.

    Worked example: a spread moves by 1.0 (two steps) in 20 minutes with four groups: 25 + 12.5 + 12.5 = 50.
    """
    given = np.atleast_1d(np.asarray(steps, np.float64))
    steps = np.where(np.isnan(given), np.abs(np.asarray(move, np.float64)) / step, given)
    minutes = np.maximum(np.asarray(window_s, np.float64) / 60.0, 1.0)
    size = SIZE_CEILING * np.minimum(1.0, steps / FULL_SIZE_STEPS)
    speed = SPEED_CEILING * np.minimum(1.0, steps / minutes / FULL_SPEED_STEPS_PER_MINUTE)
    breadth = BREADTH_CEILING * np.minimum(1.0, np.atleast_1d(np.asarray(n_groups)) / FULL_BREADTH_GROUPS)
    score = np.clip(np.rint(size + speed + breadth), 1, 100).astype(np.int64)
    return Strength(score, rounded(size, 3), rounded(speed, 3), rounded(breadth, 3))


def priority(score: float, source: str) -> str:
    """High from 75, Medium from 55, else Low; where the strength stands in for the composite, Medium at most."""
    if score >= 75 and source == "composite":
        return "High"
    return "Medium" if score >= 55 else "Low"
