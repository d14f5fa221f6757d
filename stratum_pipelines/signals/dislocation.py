"""DISLOCATION: one book's quote stands away from what all other operator groups agree on."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.one_number import moved_fair
from stratum_pipelines.quant.weighted import weighted_median
from stratum_pipelines.signals.meta import by_book, count, flag, number, text
from stratum_pipelines.signals.opinions import Opinions, Yardstick, yardstick
from stratum_pipelines.signals.rounding import rounded
from stratum_pipelines.signals.signal import Hit, Memory, Settable, Signal
from stratum_pipelines.signals.tape import H2H, SPREADS, TOTALS, Tape

Ints = npt.NDArray[np.int64]

MAX_GAP, MAX_EDGE = 0.25, 0.15


@dataclass(frozen=True)
class Apart:
    """Quotes against the others, (K,) each: cell, outcome, book; `gap` is the others' probability less the book's."""

    cell: Ints
    outcome: Ints
    book: Ints
    gap: npt.NDArray[np.float64]
    z: npt.NDArray[np.float64]
    others: Yardstick


def detect(tape: Tape, memory: Memory) -> list[Hit]:
    """Quotes that have come to stand apart with this answer, before the start.

    A book is compared, at one number, with the median of the other groups: gap = median - its own fair probability, z = gap
    / their median absolute deviation (as a standard deviation, with a floor). Both must reach their least, and the other
    groups must be enough. Stale books are neither judged nor asked. A gap beyond the largest is a slip of the feed, no
    offer, and so is a price worth far more than it asks for (`max_edge`); a quote that costs more than the others think it is worth is
    none either (`min_edge`). Of several books off on one side
    the farthest is named. A book that stood apart on that side one answer before is old news.
    """
    opinions = tape.opinions
    suspects = _suspects(tape, opinions)
    if not len(suspects[0]):
        return []
    found = _apart(tape, opinions, *suspects)
    stands = np.flatnonzero(_stands_apart(tape, found))
    if not len(stands):
        return []
    edge = _edge(tape, opinions, found, stands)
    worth = (edge >= tape.parameters["min_edge"]) & (edge <= tape.parameters["max_edge"])
    stands, edge = stands[worth], edge[worth]
    order = np.lexsort((tape.ranks[found.book[stands]], -found.gap[stands], found.outcome[stands], found.cell[stands]))
    places = np.stack([found.cell, found.outcome])[:, stands[order]]
    first = np.ones(len(order), np.bool_)
    first[1:] = (places[:, 1:] != places[:, :-1]).any(axis=0)
    chosen = order[first]
    news = chosen[_is_news(tape, found, stands[chosen])]
    return _hits(tape, opinions, found, stands[news], edge[news])


def _suspects(tape: Tape, opinions: Opinions) -> tuple[Ints, Ints, Ints]:
    """Cell, outcome and book of quotes that might stand apart: as far as the least gap from the farthest other book."""
    ready = opinions.n_groups > tape.parameters["min_books"]
    ready &= tape.before_start[opinions.answer, opinions.market]
    highest = np.where(np.isnan(opinions.fair), -np.inf, opinions.fair).max(axis=2, initial=-np.inf)
    with np.errstate(invalid="ignore"):
        far = highest[:, :, None] - opinions.fair >= tape.parameters["min_gap"]
    cell, outcome, book = np.nonzero(far & ready[:, None, None])
    return cell, outcome, book


def _apart(tape: Tape, opinions: Opinions, cell: Ints, outcome: Ints, book: Ints) -> Apart:
    values = opinions.fair[cell, outcome]
    weights = np.where(tape.groups[None, :] != tape.groups[book][:, None], opinions.weights[cell], 0.0)
    others = yardstick(values, weights, tape.groups, tape.parameters["spread_floor"])
    gap = others.centre - opinions.fair[cell, outcome, book]
    return Apart(cell, outcome, book, gap, gap / others.spread, others)


def _stands_apart(tape: Tape, found: Apart) -> npt.NDArray[np.bool_]:
    p = tape.parameters
    stands = (found.gap >= p["min_gap"]) & (found.gap <= p["max_gap"]) & (found.z >= p["min_z"])
    return np.asarray(stands & (found.others.n_groups >= p["min_books"]))


def _is_news(tape: Tape, found: Apart, chosen: Ints) -> npt.NDArray[np.bool_]:
    """Which of the chosen did not stand apart one answer before, by the books as they stood then."""
    earlier = tape.opinions_before(found.cell[chosen])
    then = _apart(tape, earlier, np.arange(len(chosen)), found.outcome[chosen], found.book[chosen])
    return ~_stands_apart(tape, then)


def _edge(tape: Tape, opinions: Opinions, found: Apart, chosen: Ints) -> npt.NDArray[np.float64]:
    """The others' probability at each book's own number less what its price asks for, 1 / price; shape of `chosen`."""
    cell, outcome, book = found.cell[chosen], found.outcome[chosen], found.book[chosen]
    kinds, price = tape.kinds[opinions.market[cell]], tape.quotes.price[cell, outcome, book]
    own_point, worth = opinions.point[cell, outcome, book], found.others.centre[chosen].copy()
    for kind in (SPREADS, TOTALS):
        of_kind = np.flatnonzero(kinds == kind)
        sign = np.where((kind == SPREADS) & (outcome[of_kind] == 1), -1.0, 1.0)
        at = sign * opinions.number[cell[of_kind]]
        worth[of_kind] = moved_fair(worth[of_kind], at, own_point[of_kind], kind, outcome[of_kind], tape.league)
    return worth - 1.0 / price


def _hits(tape: Tape, opinions: Opinions, found: Apart, chosen: Ints, edge: npt.NDArray[np.float64]) -> list[Hit]:
    if not len(chosen):
        return []
    cell, outcome, book = found.cell[chosen], found.outcome[chosen], found.book[chosen]
    market, row = opinions.market[cell], opinions.answer[cell] + tape.n_past
    centre, gap = found.others.centre[chosen], found.gap[chosen]
    own = centre - gap
    others = opinions.counted[cell] & (tape.groups != tape.groups[book][:, None])
    weights = np.where(others, opinions.weights[cell], 0.0)
    is_lined = tape.kinds[market] != H2H
    own_point = np.where(is_lined, opinions.point[cell, outcome, book], np.nan)
    their_point = np.where(is_lined, weighted_median(opinions.point[cell, outcome], weights), np.nan)
    columns = {
        "book": np.array(tape.books, np.object_)[book],
        "book_kind": tape.book_kinds[book],
        "book_moved": tape.quotes.moved(cell, book),
        "book_price_decimal": tape.quotes.price[cell, outcome, book],
        "book_point": own_point,
        "book_fair_prob": rounded(own, 6),
        "consensus_fair_prob": rounded(centre, 6),
        "consensus_point": their_point,
        "gap_prob": rounded(gap, 6),
        "z": rounded(found.z[chosen], 4),
        "spread_prob": rounded(found.others.spread[chosen], 6),
        "edge_prob": rounded(edge, 6),
        "n_other_groups": found.others.n_groups[chosen],
    }
    rows = zip(
        row.tolist(),
        market.tolist(),
        outcome.tolist(),
        np.where(is_lined, own_point, own).tolist(),
        np.where(is_lined, their_point, centre).tolist(),
        (tape.times[row] - tape.times[np.maximum(row - 1, 0)]).tolist(),
        book.tolist(),
        zip(*(column.tolist() for column in columns.values()), strict=True),
        tape.by_book(tape.ages(cell, outcome), others),
        (gap / tape.steps[H2H]).tolist(),
        found.others.n_groups[chosen].tolist(),
        strict=True,
    )
    return [
        Hit(
            row=at,
            market=where,
            outcome=toward,
            from_value=from_value,
            to_value=to_value,
            window_us=window,
            books=(apart,),
            meta={**dict(zip(columns, meta, strict=True)), "other_book_age_s": ages},
            steps=steps,
            groups=n_groups,
            entry_book=apart,
        )
        for at, where, toward, from_value, to_value, window, apart, meta, ages, steps, n_groups in rows
    ]


SIGNAL = Signal(
    name="DISLOCATION",
    rule_version="3",
    description="One book's fresh quote stands apart from what the other operator groups agree on.",
    detect=detect,
    parameters={
        "min_books": 4,
        "min_gap": 0.03,
        "max_gap": MAX_GAP,
        "min_edge": 0.01,
        "max_edge": MAX_EDGE,
        "min_z": 4.0,
        "spread_floor": 0.006,
        "cooldown_minutes": 60,
    },
    settable={
        "min_books": Settable("How many other operator groups at least a DISLOCATION is measured against.", at_least=3),
        "min_gap": Settable(
            "How far a book has to stand apart for a DISLOCATION, in fair probability.",
            at_least=0.005,
            at_most=MAX_GAP,
        ),
        "min_z": Settable("The same in robust standard deviations of the other groups.", at_least=1.0),
        "min_edge": Settable(
            "How much more than its price asks for the others must think a quote worth for a DISLOCATION, in probability.",
            at_most=MAX_EDGE,
        ),
    },
    meta={
        "book": text("The book that stands apart; its quote is the entry."),
        "book_kind": text("What it is: sharp, retail or exchange."),
        "book_moved": flag(
            "Whether it quotes otherwise than one answer before; if not, the others have left it behind."
        ),
        "book_price_decimal": number("Its price on the outcome.", "decimal odds"),
        "book_point": number("Its point on the outcome, null in h2h.", "points", nullable=True),
        "book_fair_prob": number("Its fair probability of the outcome, at the number all are compared at."),
        "consensus_fair_prob": number("Median of the other groups there."),
        "consensus_point": number("Median point of the other groups, null in h2h.", "points", nullable=True),
        "gap_prob": number("consensus_fair_prob less book_fair_prob."),
        "z": number("gap_prob over spread_prob."),
        "spread_prob": number(
            "Median absolute deviation of the other groups as a standard deviation, at least the floor."
        ),
        "n_other_groups": count("Operator groups it was measured against."),
        "other_book_age_s": by_book("Their books, with the age of each quote.", "seconds"),
        "edge_prob": number("Median of the other groups at the book's own number, less 1 / its price."),
    },
    finds=("outlier", "steam"),
)
