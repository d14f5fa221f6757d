"""Which way is up: how the consensus is read from the side of each outcome. Any shapes that fit each other."""

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.signals.quotes import H2H, SPREADS

Ints = npt.NDArray[np.int64] | int


def sign_of(kind: Ints, outcome: Ints) -> Floats:
    """What the home or over point is multiplied by to be the outcome's own: -1 for the away team's spread."""
    return np.where((kind == SPREADS) & (outcome == 1), -1.0, 1.0)


def column_of(kind: Ints, outcome: Ints) -> npt.NDArray[np.int64]:
    """Where `Tape.value` holds what belongs to an outcome: its own column in h2h, the first one for points."""
    return np.where(kind == H2H, outcome, 0)


def falls_for(kind: Ints, outcome: Ints) -> npt.NDArray[np.bool_]:
    """Whether a number falls as the market moves toward an outcome, as the outcome sees it.

    A favoured side's own handicap falls, and so does the total an under is bet on; all else rises.
    """
    return np.asarray((kind == SPREADS) | (kind != H2H) & (outcome == 1))


def is_against(kind: Ints, outcome: Ints, move: Floats) -> npt.NDArray[np.bool_]:
    """Whether a move, as the outcome sees it, leads away from the outcome."""
    return np.where(falls_for(kind, outcome), move > 0, move < 0)
