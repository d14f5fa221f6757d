"""Hits of all rules as columns, so that what every signal is told of itself is worked out for all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.panel import group_weights
from stratum_pipelines.signals.signal import Hit, Signal
from stratum_pipelines.signals.tape import Tape

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NO_BOOK = -1


@dataclass(frozen=True)
class Hits:
    """N hits, (N,) each, with the fields of `Hit` and the rule that found them.

    `answer` is the place among the judged answers, `cell` that in `Tape.quotes` and `Tape.opinions`, `kind` what the market is.
    `books` (N, B) are the books that took part, `n_groups` their operator groups; `behind` the groups that stand behind the
    hit, `steps` NaN and `entry_book` -1 where the rule does not say.
    """

    signals: Sequence[Signal]
    found: Sequence[Hit]
    answer: Ints
    market: Ints
    outcome: Ints
    cell: Ints
    kind: Ints
    from_value: Floats
    to_value: Floats
    window_s: Floats
    books: Bools
    n_groups: Ints
    behind: Ints
    steps: Floats
    entry_book: Ints

    def __len__(self) -> int:
        """How many."""
        return len(self.found)


def hits_of(tape: Tape, found: Sequence[tuple[Signal, Hit]]) -> Hits:
    """The columns of hits. Raises KeyError for one in a market its answer did not change."""
    hits = [hit for _, hit in found]
    answer = np.array([hit.row for hit in hits], np.int64) - tape.n_past
    market = np.array([hit.market for hit in hits], np.int64)
    books = np.zeros((len(hits), len(tape.groups)), np.bool_)
    sizes = [len(hit.books) for hit in hits]
    books[np.repeat(np.arange(len(hits)), sizes), [book for hit in hits for book in hit.books]] = True
    n_groups = group_weights(books, tape.groups)[1]
    known = np.array([NO_BOOK if hit.groups is None else hit.groups for hit in hits], np.int64)
    return Hits(
        signals=[signal for signal, _ in found],
        found=hits,
        answer=answer,
        market=market,
        outcome=np.array([hit.outcome for hit in hits], np.int64),
        cell=tape.quotes.cells(answer, market),
        kind=tape.kinds[market],
        from_value=np.array([hit.from_value for hit in hits], np.float64),
        to_value=np.array([hit.to_value for hit in hits], np.float64),
        window_s=np.array([hit.window_us for hit in hits], np.int64) / 1e6,
        books=books,
        n_groups=n_groups,
        behind=np.where(known == NO_BOOK, n_groups, known),
        steps=np.array([np.nan if hit.steps is None else hit.steps for hit in hits], np.float64),
        entry_book=np.array([NO_BOOK if hit.entry_book is None else hit.entry_book for hit in hits], np.int64),
    )
