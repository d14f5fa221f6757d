"""Stored changes of quotes laid out again as the run of answers that wrote them.

odds_snapshots holds every change of a quote and nothing else, so the board after each answer follows from it. Three things
an answer said are not in it, and are taken so: a quote that stands is fresh; it was seen again at every answer; and every
answer listed every game. Where nothing went stale the numbers are those of the first computation, to the last bit; only the
ages of quotes, and what hangs on them, are younger than they were.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from stratum_pipelines.board.observe import Run
from stratum_pipelines.board.state import Board

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Changes:
    """R changes of quotes of one sport at P answers.

    `times` (P,) are the receipts, all of them, rising. The other arrays are (R,): `answer`, `market`, `outcome` and `book` are
    positions in `times` and on the board, `price` (NaN where the quote vanished) and `point` what was written, `quoted_at` the
    book's time and `commence_at` the start of the game as then known. Each quote's own changes come in order of time.
    """

    times: Ints
    answer: Ints
    market: Ints
    outcome: Ints
    book: Ints
    price: Floats
    point: Floats
    quoted_at: Ints
    commence_at: Ints

    def between(self, first: int, end: int) -> "Changes":
        """Those of the answers from `first` up to `end`."""
        if first == 0 and end == len(self.times):
            return self
        own = self.chosen(np.flatnonzero((self.answer >= first) & (self.answer < end)))
        return replace(own, times=self.times[first:end], answer=own.answer - first)

    def chosen(self, rows: Ints) -> "Changes":
        """Some of them, by position."""
        return replace(self, **{f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name != "times"})


def run_of_changes(board: Board, changes: Changes, *, with_past: bool = True) -> Run:
    """The run of answers that wrote these changes; the board's quotes are moved on to the last of them.

    Rules look at what stood before each answer; the consensus does not. Without `with_past` it is left out: `before` is empty,
    nothing is marked as changed, and when quotes were seen is not told.
    """
    from stratum_pipelines.board.laying import cells, lay

    times, n_books = changes.times, len(board.books)
    cell, answer, market, earlier = cells(changes.answer, changes.market, len(times), board.n_markets)
    held = {
        name: array[:, :, :n_books] for name, array in board.quotes.items() if name in ("price", "point", "sighted")
    }
    last = {name: held[name].copy() for name in ("price", "point")}
    shape = (len(answer), board.n_outcomes, n_books)
    now: dict[str, npt.NDArray] = {"price": np.empty(shape), "point": np.empty(shape)}
    written = (cell, changes.outcome, changes.book)
    lay(*written, changes.price, changes.point, market, last["price"], last["point"], now["price"], now["point"])
    active = ~np.isnan(now["price"])
    now["stale"] = never = np.zeros(shape, np.bool_)
    before: dict[str, npt.NDArray] = {}
    was_active = changed = never
    quoted_at = np.zeros(shape, np.int64)
    if with_past:
        quoted_at[written] = changes.quoted_at
        now["sighted"] = np.where(active, np.where(quoted_at > 0, quoted_at, times[answer][:, None, None]), 0)
        first = (earlier < 0)[:, None, None]
        before = {name: np.where(first, held[name][market], now[name][earlier]) for name in last}
        was_active = ~np.isnan(before["price"])
        before["sighted"] = np.where(
            was_active, _seen_before(answer, earlier, quoted_at, times, held["sighted"][market]), 0
        )
        before["stale"] = never
        changed = np.zeros(shape, np.bool_)
        changed[written] = True
        # What the last answer wrote was seen when its book says, all else with the answer.
        final = answer == len(times) - 1
        last["sighted"] = np.where(np.isnan(last["price"]), 0, times[-1] if len(times) else 0)
        last["sighted"][market[final]] = now["sighted"][final]
    starts = np.zeros((len(times), len(board.registry.games)), np.int64)
    starts[changes.answer, np.array(board.market_game, np.int64)[changes.market]] = changes.commence_at
    for name, array in last.items():
        board.quotes[name][:, :, :n_books] = array
    return Run(
        times=times,
        answer=answer,
        market=market,
        now=now,
        before=before,
        active=active,
        was_active=was_active,
        changed=changed,
        restaled=never,
        quoted_at=quoted_at,
        is_american=np.ones(len(times), np.bool_),
        commence_at=starts,
    )


def _seen_before(answer: Ints, earlier: Ints, quoted_at: Ints, times: Ints, held: Ints) -> Ints:
    """When the feed had last seen each quote of K cells at the answer before, (K, outcomes, books); `held` is when by the board."""
    looked = np.append(0, times[:-1])[answer][:, None, None]
    # What the answer before wrote was seen when its book says.
    follows = ((earlier >= 0) & (answer[earlier] == answer - 1))[:, None, None]
    seen = np.where(follows & (quoted_at[earlier] > 0), quoted_at[earlier], looked)
    return np.where((answer == 0)[:, None, None], held, seen)
