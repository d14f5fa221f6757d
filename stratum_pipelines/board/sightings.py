"""How often each book is seen, and so when its quotes count as stale.

A sighting of a book is an answer in which its newest quote is newer than before. Its expected gap is the 95th
percentile of the gaps between sightings in the last 24 hours, once there are 20; until then the provider's default. A
quote older than twice the expected gap is stale.
"""

from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.freshness import LATE_AFTER

MEMORY_US = 24 * 3600 * 1_000_000
MIN_GAPS = 20
QUANTILE = 0.95


class Sightings:
    """The gaps between sightings of one book in one sport. Times are UTC microseconds."""

    __slots__ = ("gaps", "last", "ordered")

    def __init__(self, last: int = 0, gaps: list[tuple[int, int]] | None = None) -> None:
        """Start from the last sighting (0 for none) and the remembered gaps as (end of gap, length) pairs."""
        self.last = last
        self.gaps: deque[tuple[int, int]] = deque(gaps or [])
        self.ordered = sorted(length for _, length in self.gaps)

    def see(self, seen_at: int) -> None:
        """Note that the book was seen at this time; an older or equal sighting says nothing new."""
        if seen_at <= self.last:
            return
        if self.last:
            gap = seen_at - self.last
            self.gaps.append((seen_at, gap))
            insort(self.ordered, gap)
        self.last = seen_at

    def limit(self, as_of: int, default_gap: int) -> int:
        """The age in microseconds beyond which a quote of this book is stale at `as_of`."""
        forget = as_of - MEMORY_US
        while self.gaps and self.gaps[0][0] <= forget:
            _, gap = self.gaps.popleft()
            del self.ordered[bisect_left(self.ordered, gap)]
        n = len(self.ordered)
        if n < MIN_GAPS:
            return int(LATE_AFTER * default_gap)
        place = QUANTILE * (n - 1)
        below = int(place)
        low = self.ordered[below]
        high = self.ordered[min(below + 1, n - 1)]
        return int(LATE_AFTER * (low + (high - low) * (place - below)))


@dataclass(frozen=True)
class Seen:
    """What P answers show of B books in K kinds of market; times and limits in microseconds.

    `limits` (P, B) are the ages beyond which quotes are stale; `newest` (P, B, K) is when the newest quote that stands was
    sighted, 0 where none does; `wanted` (P, K) says whether any book quotes a game there that has not begun.
    """

    limits: npt.NDArray[np.int64]
    newest: npt.NDArray[np.int64]
    wanted: npt.NDArray[np.bool_]
