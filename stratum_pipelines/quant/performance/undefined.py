"""Why a measure has no value."""

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.odds import Floats

Reasons = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]


class Undefined(IntEnum):
    """0 when a measure has a value, else what it lacks; such a measure is null, never infinite and never a huge number.

    `EMPTY`: no observation. `ONE_OBSERVATION`: a spread, or a rate a year, wants at least two. `MISSING_VALUES`: an
    observation is not a finite number; nobody can say what it was. `RUINED`: nothing was left to earn a return on.
    `NO_VARIATION`: all observations are equal (to 12 digits of the largest number they are reckoned with, the
    risk-free return included), so risk is zero and a ratio over it says nothing. `NO_LOSSES`: nothing lost, or no return
    below the target. `NO_WINS`: nothing won. `NO_DRAWDOWN`: the peak was never left.
    `NOT_RECOVERED`: the deepest drawdown is still open. `NO_STAKE`: nothing was staked. `NO_TIME`: no time passed.
    `TOO_LARGE`: beyond what a float holds.
    """

    DEFINED = 0
    EMPTY = 1
    ONE_OBSERVATION = 2
    MISSING_VALUES = 3
    RUINED = 4
    NO_VARIATION = 5
    NO_LOSSES = 6
    NO_WINS = 7
    NO_DRAWDOWN = 8
    NOT_RECOVERED = 9
    NO_STAKE = 10
    NO_TIME = 11
    TOO_LARGE = 12


class Valued(tuple[Floats, Reasons]):
    """Values of one measure, (M,), NaN where there is none, and an `Undefined` beside each."""

    __slots__ = ()


def valued(values: Floats, *conditions: tuple[Flags | bool, Undefined]) -> Valued:
    """The values with the first condition that holds as the reason; whatever else is not finite is `TOO_LARGE`."""
    reasons = np.where(np.isfinite(values), Undefined.DEFINED, Undefined.TOO_LARGE).astype(np.uint8)
    for holds, reason in reversed(conditions):
        reasons = np.where(holds, np.uint8(reason), reasons)
    return Valued((np.where(reasons == Undefined.DEFINED, values, np.nan), reasons))
