"""The moves of books found market by market, for many windows of time at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class MovesByMarket:
    """The places of moves, market by market and in order of receipt: `order`.

    `received` rises with them: the market's position times `span` and the receipt after `first`.
    """

    order: Ints
    received: Ints
    first: int
    span: int

    def between(self, markets: Ints, since: Ints, until: Ints) -> tuple[Ints, Ints]:
        """The moves of N markets received after `since` and not after `until`, all (N,): whose each is, and its place.

        Those of the first market come first, each market's in order of receipt.
        """
        low, high = (
            np.searchsorted(self.received, markets * self.span + np.clip(at - self.first, -1, self.span - 2), "right")
            for at in (since, until)
        )
        n = np.maximum(high - low, 0)
        whose = np.repeat(np.arange(len(n)), n)
        place = np.arange(len(whose)) + np.repeat(low - (np.cumsum(n) - n), n)
        return whose, self.order[place]


def moves_by_market(moves: Mapping[str, npt.NDArray[Any]]) -> MovesByMarket:
    """The index of the columns of `Tape.moves`."""
    market, received = moves["market"], moves["received_at"]
    order = np.argsort(market, kind="stable")
    first = int(received[0]) if len(received) else 0
    # Room for a moment before the first and one after the last.
    span = (int(received[-1]) - first if len(received) else 0) + 3
    return MovesByMarket(order, (market * span + received - first)[order], first, span)
