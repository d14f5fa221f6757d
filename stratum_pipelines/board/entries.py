"""What could still be taken when a signal was detected."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.consensus import Agreement
from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.signals.entry import best_entries
from stratum_pipelines.signals.hits import NO_BOOK, Hits
from stratum_pipelines.signals.quotes import H2H
from stratum_pipelines.signals.tape import Tape


class Entries(NamedTuple):
    """A quote per hit that could be taken, (N,) each: the book's position (-1 for none), its point (NaN in h2h), its price."""

    book: npt.NDArray[np.int64]
    point: Floats
    price: Floats


def entries_of(tape: Tape, agreed: Agreement, hits: Hits) -> Entries:
    """The entry of every hit: the quote the rule names, else the best fresh one on the outcome; none when none was left."""
    place = (hits.cell, hits.outcome)
    prices, points, fresh = tape.quotes.price[place], tape.quotes.point[place], tape.offered(*place)
    fair, at = agreed.fair_prob[place], agreed.fair_point[place]
    best = best_entries(prices, points, fresh, tape.ranks, hits.kind, hits.outcome, fair, at, tape.league)
    book = np.where(hits.entry_book == NO_BOOK, best, hits.entry_book)
    rows = np.arange(len(hits))
    book = np.where((book >= 0) & fresh[rows, book], book, NO_BOOK)
    there = book != NO_BOOK
    return Entries(
        book,
        np.where(there & (hits.kind != H2H), points[rows, book], np.nan),
        np.where(there, prices[rows, book], np.nan),
    )
