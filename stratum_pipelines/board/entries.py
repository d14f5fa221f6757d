"""What could still be taken when a signal was detected."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from stratum_pipelines.quant.consensus import Agreement
from stratum_pipelines.signals.entry import best_entries
from stratum_pipelines.signals.quotes import H2H
from stratum_pipelines.signals.signal import Hit
from stratum_pipelines.signals.tape import Tape


class Entry(NamedTuple):
    """A quote that could be taken: the book by name, its point on the outcome (None in h2h) and its price."""

    book: str
    point: float | None
    price: float


def entries_of(tape: Tape, agreed: Agreement, hits: Sequence[Hit]) -> list[Entry | None]:
    """The entry of every hit: the quote the rule names, else the best fresh one on the outcome; None when none was left."""
    if not hits:
        return []
    cells = np.array([tape.quotes.cell(hit.row - tape.n_past, hit.market) for hit in hits], np.int64)
    outcomes = np.array([hit.outcome for hit in hits], np.int64)
    kinds, place = tape.kinds[tape.quotes.market[cells]], (cells, outcomes)
    prices, points, fresh = tape.quotes.price[place], tape.quotes.point[place], tape.quotes.fresh[place]
    fair, at = agreed.fair_prob[place], agreed.fair_point[place]
    best = best_entries(prices, points, fresh, tape.ranks, kinds, outcomes, fair, at, tape.league)
    entries: list[Entry | None] = []
    for k, hit in enumerate(hits):
        book = int(best[k]) if hit.entry_book is None else hit.entry_book
        if book < 0 or not fresh[k, book]:
            entries.append(None)
            continue
        point = None if kinds[k] == H2H else float(points[k, book])
        entries.append(Entry(tape.books[book], point, float(prices[k, book])))
    return entries
