"""The consensus in force after each answer of a run: the last one written, carried forward."""

import numpy as np
import numpy.typing as npt

from stratum_pipelines.board.observe import Run
from stratum_pipelines.board.state import H2H, Board
from stratum_pipelines.quant.consensus import Agreement


def in_force(board: Board, run: Run, found: Agreement) -> npt.NDArray[np.float64]:
    """The consensus after each answer (answers, markets, outcomes), as `Board.value`; `found` is what was agreed in the cells."""
    n, p, m = len(run.times), run.answer, run.market
    kinds = np.array(board.market_kind, np.int64)
    points = np.where(np.arange(board.n_outcomes) == 0, found.point_median, np.nan)
    written = np.where((kinds[m] == H2H)[:, None], found.fair_prob, points)
    last = np.full((n, board.n_markets), -1)
    last[p, m] = p
    last = np.maximum.accumulate(last, axis=0)
    dense = np.full((n, *board.value.shape), np.nan)
    dense[p, m] = written
    columns = np.arange(board.n_markets)[None, :]
    return np.where((last >= 0)[:, :, None], dense[np.maximum(last, 0), columns], board.value[None])
