"""What a rule may look at: the consensus of every market of a sport, answer by answer, and the moves of single books."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

H2H, SPREADS, TOTALS = range(3)
MARKETS = ("h2h", "spreads", "totals")


@dataclass(frozen=True)
class Tape:
    """The recent past and the answers to judge, oldest first; the first `n_past` rows are past, the rest are judged.

    `times` (T,) are receipts in UTC microseconds. `value` (T, M, O) is the consensus in force after each answer: for
    spreads and totals the home or over point in column 0, for h2h fair probabilities, NaN where there is none.
    The rest covers the judged answers only: `updated` (P, M) says where the consensus was written, `before_start` (P, M)
    where the game had not begun. `kinds` (M,) holds positions in `MARKETS`.

    `moves` are columns, one entry per book and market that moved, sorted by receipt: `received_at`, `at` (the book's
    time where it is sane, else the receipt), `market`, `outcome` (moved toward), `book`, `size` (points, or fair
    probability). `groups` (B,) holds the operator group of each book. `steps` (3,) says, per kind of market, how large a
    move counts as one full step in this league.
    """

    n_past: int
    times: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    kinds: npt.NDArray[np.int64]
    updated: npt.NDArray[np.bool_]
    before_start: npt.NDArray[np.bool_]
    moves: dict[str, npt.NDArray[Any]]
    groups: npt.NDArray[np.int64]
    key_numbers: tuple[float, ...]
    steps: npt.NDArray[np.float64]

    def index_at(self, moments: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """For each moment, the row of the last answer at or before it, -1 where there is none."""
        return np.searchsorted(self.times, moments, side="right") - 1

    def movers(self, row: int, market: int, outcome: int, since: int) -> npt.NDArray[np.int64]:
        """Books that moved a market toward an outcome after `since`, up to the answer in that row; sorted, once each."""
        m = self.moves
        picked = (m["market"] == market) & (m["outcome"] == outcome)
        picked &= (m["received_at"] <= self.times[row]) & (m["received_at"] > since)
        return np.unique(m["book"][picked])
