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


class Layout:
    """The cells that some changes touch, and what every book quoted there and before.

    Every market begins with a cell of its own for what the board held; its touched cells follow in order of time. A quote
    stands from the cell it was written in until the next one written for it, so the last writing of each cell is found by
    counting up along the cells of a market.
    """

    def __init__(self, board: Board, changes: Changes) -> None:
        """Lay the changes out over the board, which must have room for their markets and books."""
        self.board, self.changes = board, changes
        n_answers, n_markets, self.n_books = len(changes.times), board.n_markets, len(board.books)
        width = n_answers + 1
        touched = np.zeros((n_markets, width), np.bool_)
        touched[:, 0] = True
        place = changes.market * width
        place += changes.answer
        place += 1
        touched.ravel()[place] = True
        number = np.cumsum(touched.ravel(), dtype=np.int32)
        number -= 1
        n_cells = int(number[-1]) + 1 if len(number) else 0
        self.first = number.reshape(touched.shape)[:, 0]
        self.answer, self.market = np.nonzero(touched[:, 1:].T)
        # The cells in order of answers, and the cell of the same market before each.
        self.cells = number[self.market * width + self.answer + 1]

        slot = changes.outcome * self.n_books + changes.book
        self.written_at = slot * n_cells + number[place]
        n_slots = board.n_outcomes * self.n_books
        last = np.zeros((n_slots, n_cells), np.int32)
        last[:, self.first] = self.first
        last.ravel()[self.written_at] = number[place]
        np.maximum.accumulate(last, axis=1, out=last)
        self.last = last
        # What stands written: what the board held, then the changes.
        self.held = n_slots * n_markets
        row = np.empty((n_slots, n_cells), np.int32)
        row[:, self.first] = np.arange(self.held, dtype=np.int32).reshape(n_slots, n_markets)
        row.ravel()[self.written_at] = np.arange(self.held, self.held + len(place), dtype=np.int32)
        self.row = row

    def quotes(self, cells: npt.NDArray[np.int32]) -> dict[str, npt.NDArray]:
        """Price and point in these cells, (N, outcomes, books); laid out so that the cells of a quote lie side by side."""
        n_slots, n_cells = self.row.shape
        at = self.last.take(cells, axis=1)
        at += (np.arange(n_slots, dtype=np.int32) * n_cells)[:, None]
        rows = self.row.ravel().take(at)
        shape = (self.board.n_outcomes, self.n_books, len(cells))
        found = {}
        for name in ("price", "point"):
            held = self.board.quotes[name][:, :, : self.n_books].transpose(1, 2, 0).ravel()
            values = np.concatenate([held, getattr(self.changes, name)])
            found[name] = values.take(rows).reshape(shape).transpose(2, 0, 1)
        return found

    def latest(self) -> npt.NDArray[np.int32]:
        """The last cell of every market."""
        return np.append(self.first[1:], self.row.shape[1]).astype(np.int32) - 1 if len(self.first) else self.first

    def by_change(self, values: npt.NDArray, fill: int) -> npt.NDArray:
        """Values of the changes in the touched cells they were written in, (K, outcomes, books), `fill` elsewhere."""
        n_slots, n_cells = self.row.shape
        laid = np.full((n_slots, n_cells), fill, values.dtype)
        laid.ravel()[self.written_at] = values
        return laid.take(self.cells, axis=1).reshape(self.board.n_outcomes, self.n_books, -1).transpose(2, 0, 1)


def run_of_changes(board: Board, changes: Changes, *, with_past: bool = True) -> Run:
    """The run of answers that wrote these changes; the board's quotes are moved on to the last of them.

    Rules look at what stood before each answer; the consensus does not. Without `with_past` it is left out: `before` is empty,
    and nothing is marked as changed.
    """
    layout = Layout(board, changes)
    now = layout.quotes(layout.cells)
    active = ~np.isnan(now["price"])
    now["stale"] = never = np.zeros(active.shape, np.bool_)
    before: dict[str, npt.NDArray] = {}
    was_active = changed = never
    times = changes.times
    quoted_at = layout.by_change(changes.quoted_at, 0)
    now["sighted"] = np.where(active, np.where(quoted_at > 0, quoted_at, times[layout.answer][:, None, None]), 0)
    if with_past:
        before = layout.quotes(layout.cells - 1)
        was_active = ~np.isnan(before["price"])
        changed = layout.by_change(np.ones(len(changes.answer), np.bool_), 0)
        before["sighted"] = np.where(was_active, _seen_before(layout, changes), 0)
        before["stale"] = never
    starts = np.zeros((len(times), len(board.registry.games)), np.int64)
    starts[changes.answer, np.array(board.market_game, np.int64)[changes.market]] = changes.commence_at
    run = Run(
        times=times,
        answer=layout.answer,
        market=layout.market,
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
    last = layout.quotes(layout.latest())
    if with_past and len(times):
        # What the last answer wrote was seen when its book says, all else with the answer.
        final = layout.answer == len(times) - 1
        seen = np.where(np.isnan(last["price"]), 0, times[-1])
        seen[layout.market[final]] = now["sighted"][final]
        last["sighted"] = seen
    for name, held in last.items():
        board.quotes[name][:, :, : layout.n_books] = held
    return run


def _seen_before(layout: Layout, changes: Changes) -> npt.NDArray:
    """When the feed had last seen each quote at the answer before, (K, outcomes, books)."""
    n_slots, n_cells = layout.row.shape
    laid = np.zeros((n_slots, n_cells), np.int64)
    laid.ravel()[layout.written_at] = changes.quoted_at
    # Cells in order of markets: which of them lie one answer after the cell before.
    answer = np.full(n_cells, -2, np.int64)
    answer[layout.cells] = layout.answer
    follows = answer[layout.cells] == answer[layout.cells - 1] + 1
    seen = laid.take(layout.cells - 1, axis=1)
    seen[:, ~follows] = 0
    looked = np.append(0, changes.times[:-1])[layout.answer]
    before = np.where(seen > 0, seen, looked).reshape(layout.board.n_outcomes, layout.n_books, -1).transpose(2, 0, 1)
    at_first = layout.answer == 0
    before[at_first] = layout.board.quotes["sighted"][layout.market[at_first], :, : layout.n_books]
    return before
