"""Which games a change log still lists. The log says what moved; that a whole game is gone it says only by its counts.

After each snapshot the quotes followed here must add up to the snapshot's own count. Where they are too many, games have
vanished; where too few, vanished games are back with the quotes they had. Only the past is used.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Quote = TypeVar("Quote")

# A game that began longer ago than this does not come back, in microseconds.
COMES_BACK_WITHIN = 6 * 3_600_000_000
# Games listed without any quote make the count of games uncertain by a few.
EVENTS_IN_DOUBT = (0, 1, 2, -1, 3, 4)


@dataclass
class Listing(Generic[Quote]):
    """The games followed so far: their standing quotes by key, their starts, and which of them are listed."""

    quotes: dict[str, dict[tuple[str, str, str], Quote]] = field(default_factory=dict)
    commence_at: dict[str, int] = field(default_factory=dict)
    vanished_at: dict[str, int] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    last_touched: dict[str, int] = field(default_factory=dict)

    def begin(self) -> None:
        """A new snapshot: nothing has been touched in it yet."""
        self.touched = set()

    def put(self, event_id: str, commence_at: int, key: tuple[str, str, str], quote: Quote | None) -> None:
        """One change of the snapshot; `None` withdraws the quote."""
        self.touched.add(event_id)
        self.commence_at[event_id] = commence_at
        quotes = self.quotes.setdefault(event_id, {})
        if quote is None:
            quotes.pop(key, None)
        else:
            quotes[key] = quote

    def end(self, at: int, n_events: int | None, n_quotes: int | None) -> tuple[list[str], list[str]]:
        """Settle a snapshot by its counts (None where they are not known): games gone, and games back."""
        back = [event for event in self.touched if event not in self.listed and event in self.vanished_at]
        self.listed |= self.touched
        self.last_touched.update(dict.fromkeys(self.touched, at))
        gone: list[str] = []
        if n_events is not None and n_quotes is not None:
            excess = sum(len(self.quotes[event]) for event in self.listed) - n_quotes
            n_excess = sum(1 for event in self.listed if self.quotes[event]) - n_events
            if excess:
                gone, returned = self._explain(at, excess, n_excess)
                back += returned
        for event in gone:
            self.listed.discard(event)
            self.vanished_at[event] = at
        for event in back:
            self.listed.add(event)
            self.vanished_at.pop(event, None)
        return gone, sorted(back)

    def _explain(self, at: int, excess: int, n_excess: int) -> tuple[list[str], list[str]]:
        """The first set of games whose going or coming back explains the counts exactly; none when nothing does.

        Games that changed in this snapshot are listed. Of the others the earliest start goes first, and the latest to
        vanish comes back first. A game that goes and one that comes at once is tried last.
        """
        may_go = [
            (event, len(self.quotes[event]))
            for event in sorted(
                self.listed - self.touched, key=lambda e: (self.commence_at[e], self.last_touched[e], e)
            )
            if self.quotes[event]
        ]
        may_come = [
            (event, len(self.quotes[event]))
            for event in sorted(self.vanished_at, key=lambda e: (-self.vanished_at[e], e))
            if self.quotes[event] and event not in self.listed and self.commence_at[event] > at - COMES_BACK_WITHIN
        ]
        for doubt in EVENTS_IN_DOUBT:
            wanted = n_excess + doubt
            if excess > 0 and (gone := first_combination(may_go, wanted, excess)):
                return gone, []
            if excess < 0 and (back := first_combination(may_come, -wanted, -excess)):
                return [], back
            for event, count in may_come:
                if gone := first_combination(may_go, wanted + 1, excess + count):
                    return gone, [event]
            for event, count in may_go:
                if back := first_combination(may_come, 1 - wanted, count - excess):
                    return [event], back
        return [], []


def first_combination(candidates: Sequence[tuple[str, int]], n: int, total: int) -> list[str] | None:
    """The first `n` candidates, in their order, whose counts sum to `total`; None when no `n` of them do.

    `reachable[i][j]` holds, as bits of one number, every sum that `j` of the candidates from `i` on can make.
    """
    if n <= 0 or total <= 0 or n > len(candidates):
        return None
    mask = (1 << (total + 1)) - 1
    reachable = [[1] + [0] * n]
    for _, count in reversed(candidates):
        after = reachable[-1]
        reachable.append([1] + [(after[j] | after[j - 1] << count) & mask for j in range(1, n + 1)])
    reachable.reverse()
    if not reachable[0][n] >> total & 1:
        return None
    return list(_chosen(candidates, reachable, n, total))


def _chosen(candidates: Sequence[tuple[str, int]], reachable: list[list[int]], n: int, total: int) -> Iterator[str]:
    for i, (event, count) in enumerate(candidates):
        if n and total >= count and reachable[i + 1][n - 1] >> (total - count) & 1:
            yield event
            n, total = n - 1, total - count
