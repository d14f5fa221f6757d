"""What every book offers where a judged answer changed a market, and one answer earlier."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from stratum_pipelines.reference.leagues import H2H, MARKETS, SPREADS, TOTALS

__all__ = ["H2H", "MARKETS", "SPREADS", "TOTALS", "Quotes"]


@dataclass(frozen=True)
class Quotes:
    """Quotes in K cells, a cell being one market at one judged answer that changed it; arrays of shape (K, outcomes, books).

    `answer` and `market` (K,) say which cell is which, in that order. `now` and `before` hold `price` (decimal, NaN where there is none), `point` (from the outcome's own side), `sighted`
    (when the feed last saw it at the book, UTC microseconds) and `stale`; `active` and `was_active` say where there is a
    quote.
    """

    answer: npt.NDArray[np.int64]
    market: npt.NDArray[np.int64]
    now: dict[str, npt.NDArray[Any]]
    before: dict[str, npt.NDArray[Any]]
    active: npt.NDArray[np.bool_]
    was_active: npt.NDArray[np.bool_]

    @property
    def price(self) -> npt.NDArray[np.float64]:
        """Decimal prices."""
        return self.now["price"]

    @property
    def point(self) -> npt.NDArray[np.float64]:
        """Points from the outcome's own side, 0 where there are none."""
        return self.now["point"]

    @property
    def sighted(self) -> npt.NDArray[np.int64]:
        """When the feed last saw each quote at its book."""
        return self.now["sighted"]

    @cached_property
    def fresh(self) -> npt.NDArray[np.bool_]:
        """Where there is a quote that is not stale: what a person could take."""
        return self.active & ~self.now["stale"]

    @cached_property
    def was_fresh(self) -> npt.NDArray[np.bool_]:
        """The same, one answer earlier."""
        return self.was_active & ~self.before["stale"]

    def cells(self, answers: npt.NDArray[np.int64], markets: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The cells of markets at judged answers. Raises KeyError where an answer did not change its market."""
        width = max(int(self.market.max(initial=-1)), int(markets.max(initial=-1))) + 1
        known, wanted = self.answer * width + self.market, answers * width + markets
        found = np.searchsorted(known, wanted)
        missing = np.flatnonzero(known.take(found, mode="clip") != wanted) if len(known) else np.arange(len(wanted))
        if len(missing):
            at = (int(answers[missing[0]]), int(markets[missing[0]]))
            raise KeyError(f"Answer {at[0]} did not change market {at[1]}; rules can only judge markets that changed.")
        return found

    def cell(self, answer: int, market: int) -> int:
        """The cell of one of them. Raises KeyError where the answer did not change the market."""
        return int(self.cells(np.array([answer]), np.array([market]))[0])

    def moved(self, cells: npt.NDArray[np.int64], books: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Whether books quote markets otherwise than one answer before, (N,); a quote that came or went counts."""
        at = (cells, slice(None), books)
        there = self.active[at]
        moved = there != self.was_active[at]
        for name in ("price", "point"):
            moved |= there & (self.now[name][at] != self.before[name][at])
        return np.asarray(moved.any(axis=1))
