"""The consensus in force after each answer of a run: the last one written, carried forward."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stratum_pipelines.board.observe import Run
from stratum_pipelines.board.state import H2H, Board
from stratum_pipelines.quant.consensus import Agreement


class InForce(NamedTuple):
    """The consensus after each of P answers: `value` (P, markets, outcomes) and `n_groups` (P, markets), as on the board."""

    value: npt.NDArray[np.float64]
    n_groups: npt.NDArray[np.int64]

    def keep(self, board: Board) -> None:
        """Let the last of them stand on the board."""
        board.value, board.n_groups = self.value[-1].copy(), self.n_groups[-1].copy()


def in_force(board: Board, run: Run, found: Agreement) -> InForce:
    """The consensus after each answer; `found` is what was agreed in the cells of the run."""
    n, p, m = len(run.times), run.answer, run.market
    kinds = np.array(board.market_kind, np.int64)
    points = np.where(np.arange(board.n_outcomes) == 0, found.point_median, np.nan)
    written = np.where((kinds[m] == H2H)[:, None], found.fair_prob, points)
    last = np.full((n, board.n_markets), -1)
    last[p, m] = p
    last = np.maximum.accumulate(last, axis=0)
    dense, groups = np.full((n, *board.value.shape), np.nan), np.zeros((n, board.n_markets), np.int64)
    dense[p, m], groups[p, m] = written, found.n_groups
    is_new, where = last >= 0, (np.maximum(last, 0), np.arange(board.n_markets)[None, :])
    return InForce(
        np.where(is_new[:, :, None], dense[where], board.value[None]),
        np.where(is_new, groups[where], board.n_groups[None]),
    )
