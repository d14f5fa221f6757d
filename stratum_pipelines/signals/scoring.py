"""How strong a signal is, from 1 to 100: size, speed and breadth, each with its own ceiling."""

from collections.abc import Mapping

from stratum_pipelines.quant.structural_core import is_structural_core
from stratum_pipelines.quant.time_to_start import time_bucket

__all__ = ["is_structural_core", "priority", "strength", "time_bucket"]

SIZE_CEILING, SPEED_CEILING, BREADTH_CEILING = 50.0, 25.0, 25.0
FULL_SIZE_STEPS = 4.0
FULL_SPEED_STEPS_PER_MINUTE = 0.2
FULL_BREADTH_GROUPS = 8.0


def strength(
    move: float, step: float, window_s: float, n_groups: int, steps: float | None = None
) -> tuple[int, Mapping[str, float]]:
    """The score and its three components; `steps` says how many steps it amounts to where that is not `move` / `step`.

    Size earns up to 50, in full at four steps (a step is 0.5 points of spread, 1.0 of total, 0.03 fair probability);
    speed up to 25, in full at a step per five minutes; breadth up to 25, in full at eight operator groups. A window
    shorter than a minute counts as a minute.

    Worked example: a spread moves by 1.0 (two steps) in 20 minutes with four groups: 25 + 12.5 + 12.5 = 50.
    """
    steps = abs(move) / step if steps is None else steps
    minutes = max(window_s / 60.0, 1.0)
    size = SIZE_CEILING * min(1.0, steps / FULL_SIZE_STEPS)
    speed = SPEED_CEILING * min(1.0, steps / minutes / FULL_SPEED_STEPS_PER_MINUTE)
    breadth = BREADTH_CEILING * min(1.0, n_groups / FULL_BREADTH_GROUPS)
    score = max(1, min(100, round(size + speed + breadth)))
    return score, {"size": round(size, 3), "speed": round(speed, 3), "breadth": round(breadth, 3)}


def priority(score: float) -> str:
    """High from 75, Medium from 55, else Low."""
    return "High" if score >= 75 else "Medium" if score >= 55 else "Low"
