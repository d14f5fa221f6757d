"""The gate: lines that cannot be true are mended where it is clear how, and left out where it is not."""

from dataclasses import fields
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.key_numbers import ScoreTable
from stratum_pipelines.quant.plausibility.faults import FAULTS
from stratum_pipelines.quant.plausibility.lines import Lines, hear_witnesses
from stratum_pipelines.reference.plausibility import Limits

SOUND = -1
RANKS = sorted({one.rank for one in FAULTS})


class Judged(NamedTuple):
    """The lines as they can be believed, and the place in `FAULTS` of what was wrong with each game, `SOUND` for nothing."""

    lines: Lines
    fault: npt.NDArray[np.int64]


def judge(lines: Lines, limits: Limits, margins: ScoreTable) -> Judged:
    """Lines that can be true together, and what was done to each game.

    A game whose lines can all be true stays as it is. Otherwise the single fault is looked for without which they can:
    first faults that can be undone, then a value that must be left out, then two. Where two faults of one kind would each
    explain a game, it is not clear which, and the next kind is tried. `limits` are the league's, `margins` its table of
    final margins. Nothing of how the game ended is asked.
    """
    fault = np.full(lines.close_spread.size, SOUND)
    columns = {field.name: getattr(lines, field.name).copy() for field in fields(Lines)}
    left = np.flatnonzero(~hear_witnesses(lines, limits, margins).plausible)
    for rank in RANKS:
        own = lines.take(left)
        heard = hear_witnesses(own, limits, margins)
        ways = [(place, *one.explain(own, heard, limits.step)) for place, one in enumerate(FAULTS) if one.rank == rank]
        explains = np.stack([may & hear_witnesses(without, limits, margins).plausible for _, without, may in ways])
        # The last resort leaves out everything, whatever is there.
        explains |= rank == RANKS[-1]
        is_clear = explains.sum(axis=0) == 1
        for (place, without, _), explained in zip(ways, explains, strict=True):
            taken = np.flatnonzero(explained & is_clear)
            fault[left[taken]] = place
            for name, values in columns.items():
                values[left[taken]] = getattr(without, name)[taken]
        left = left[~is_clear]
    return Judged(Lines(**columns), fault)
