"""What every book offers at each judged answer, and one answer earlier."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

H2H, SPREADS, TOTALS = range(3)
MARKETS = ("h2h", "spreads", "totals")


@dataclass(frozen=True)
class Quotes:
    """Quotes of the judged answers, arrays of shape (answers, markets, outcomes, books).

    `now` and `before` hold `price` (decimal, NaN where there is none), `point` (from the outcome's own side), `sighted`
    (when the feed last saw it at the book, UTC microseconds) and `stale`; `active` and `was_active` say where there is a
    quote.
    """

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

    def moved(self, answer: int, market: int, book: int) -> bool:
        """Whether a book quotes a market otherwise than one answer before; a quote that came or went counts."""
        at = (answer, market, slice(None), book)
        if (self.active[at] != self.was_active[at]).any():
            return True
        there = self.active[at]
        return any((self.now[name][at] != self.before[name][at])[there].any() for name in ("price", "point"))
