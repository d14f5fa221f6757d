"""EXCHANGE_DIVERGENCE: exchanges, where customers set the prices, think otherwise than the bookmakers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.panel import group_weights
from stratum_pipelines.quant.weighted import weighted_median
from stratum_pipelines.signals.meta import by_book, count, number
from stratum_pipelines.signals.opinions import Opinions, Yardstick, yardstick
from stratum_pipelines.signals.signal import Hit, Memory, Settable, Signal
from stratum_pipelines.signals.tape import H2H, Tape

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
EXCHANGE = "exchange"
MAX_GAP = 0.25


@dataclass(frozen=True)
class Divergence:
    """Exchanges against the rest, (K,) each: cell, outcome; `gap` is the exchanges' probability less that of the rest."""

    cell: Ints
    outcome: Ints
    gap: Floats
    z: Floats
    exchanges: Yardstick
    rest: Yardstick


def detect(tape: Tape, memory: Memory) -> list[Hit]:
    """Exchanges that have come to stand away from the rest with this answer, before the start.

    The median of the exchanges' fair probabilities against the median of all other groups, at one number: gap and z as for
    a DISLOCATION. An exchange whose prices on all outcomes sum to much less or more than a fair book has no market worth
    the name there and is left out. The outcome is the one the exchanges think more likely. Exchanges that stood away on
    that side one answer before are old news.
    """
    if not (tape.book_kinds == EXCHANGE).any():
        return []
    opinions = tape.opinions
    suspects = _suspects(tape, opinions)
    if not len(suspects[0]):
        return []
    found = _divergence(tape, opinions, *suspects)
    stands = np.flatnonzero(_diverges(tape, found))
    # Of three outcomes two may have gained: the one that gained most speaks.
    order = stands[np.lexsort((found.outcome[stands], -found.gap[stands], found.cell[stands]))]
    chosen = order[np.unique(found.cell[order], return_index=True)[1]]
    earlier = tape.opinions_before(found.cell[chosen])
    then = _divergence(tape, earlier, np.arange(len(chosen)), found.outcome[chosen])
    return [_hit(tape, opinions, found, k) for k in chosen[~_diverges(tape, then)].tolist()]


def _sides(tape: Tape, opinions: Opinions) -> tuple[Bools, Bools]:
    """The exchanges with a sound market, and the rest, in each cell; shape (N, B)."""
    is_exchange = tape.book_kinds == EXCHANGE
    with np.errstate(invalid="ignore"):
        sound = (opinions.margin >= tape.parameters["min_margin"]) & (opinions.margin <= tape.parameters["max_margin"])
    return opinions.counted & is_exchange & sound, opinions.counted & ~is_exchange


def _suspects(tape: Tape, opinions: Opinions) -> tuple[Ints, Ints]:
    """Cells and outcomes in which some exchange stands above some other book by the least gap."""
    exchanges, rest = (side[:, None, :] & ~np.isnan(opinions.fair) for side in _sides(tape, opinions))
    high = np.where(exchanges, opinions.fair, -np.inf).max(axis=2, initial=-np.inf)
    low = np.where(rest, opinions.fair, np.inf).min(axis=2, initial=np.inf)
    far = high - low >= tape.parameters["min_gap"]
    cell, outcome = np.nonzero(far & tape.before_start[opinions.answer, opinions.market][:, None])
    return cell, outcome


def _divergence(tape: Tape, opinions: Opinions, cell: Ints, outcome: Ints) -> Divergence:
    values, floor = opinions.fair[cell, outcome], tape.parameters["spread_floor"]
    exchanges, rest = (
        yardstick(values, group_weights(side[cell], tape.groups)[0], tape.groups, floor)
        for side in _sides(tape, opinions)
    )
    gap = exchanges.centre - rest.centre
    return Divergence(cell, outcome, gap, gap / rest.spread, exchanges, rest)


def _diverges(tape: Tape, found: Divergence) -> Bools:
    p = tape.parameters
    with np.errstate(invalid="ignore"):
        far = (found.gap >= p["min_gap"]) & (found.gap <= p["max_gap"]) & (found.z >= p["min_z"])
    enough = (found.exchanges.n_groups >= p["min_exchanges"]) & (found.rest.n_groups >= p["min_books"])
    return np.asarray(far & enough)


def _hit(tape: Tape, opinions: Opinions, found: Divergence, k: int) -> Hit:
    cell, outcome = int(found.cell[k]), int(found.outcome[k])
    answer, market = int(opinions.answer[cell]), int(opinions.market[cell])
    row, gap = answer + tape.n_past, float(found.gap[k])
    exchanges, rest = (side[cell] for side in _sides(tape, opinions))
    values = [float(found.rest.centre[k]), float(found.exchanges.centre[k])]
    if tape.kinds[market] != H2H:
        points = np.repeat(opinions.point[cell, outcome][None], 2, axis=0)
        values = weighted_median(points, group_weights(np.stack([rest, exchanges]), tape.groups)[0]).tolist()
    meta = {
        "exchange_fair_prob": round(float(found.exchanges.centre[k]), 6),
        "rest_fair_prob": round(float(found.rest.centre[k]), 6),
        "gap_prob": round(gap, 6),
        "z": round(float(found.z[k]), 4),
        "spread_prob": round(float(found.rest.spread[k]), 6),
        "n_exchanges": int(found.exchanges.n_groups[k]),
        "n_other_groups": int(found.rest.n_groups[k]),
        "exchange_margin": round(float(np.median(opinions.margin[cell, exchanges])), 6),
        "other_book_age_s": tape.by_book(tape.ages(np.array([cell]), np.array([outcome])), rest[None])[0],
    }
    return Hit(
        row,
        market,
        outcome,
        values[0],
        values[1],
        int(tape.times[row] - tape.times[max(row - 1, 0)]),
        tuple(np.flatnonzero(exchanges).tolist()),
        meta,
        steps=gap / float(tape.steps[H2H]),
        groups=int(found.exchanges.n_groups[k]) + int(found.rest.n_groups[k]),
    )


SIGNAL = Signal(
    name="EXCHANGE_DIVERGENCE",
    rule_version="2",
    description="The exchanges' fair probability stands away from that of the bookmakers.",
    detect=detect,
    parameters={
        "min_exchanges": 1,
        "min_books": 4,
        "min_gap": 0.02,
        "max_gap": MAX_GAP,
        "min_z": 3.0,
        "spread_floor": 0.006,
        "min_margin": -0.02,
        "max_margin": 0.06,
        "cooldown_minutes": 60,
    },
    settable={
        "min_gap": Settable(
            "How far exchanges have to stand from the rest for an EXCHANGE_DIVERGENCE, in fair probability.",
            at_least=0.005,
            at_most=MAX_GAP,
        ),
        "min_books": Settable(
            "How many other operator groups at least an EXCHANGE_DIVERGENCE is measured against.", at_least=3
        ),
    },
    meta={
        "exchange_fair_prob": number("Median of the exchanges' fair probabilities, at the number all are compared at."),
        "rest_fair_prob": number("Median of the other operator groups there."),
        "gap_prob": number("exchange_fair_prob less rest_fair_prob."),
        "z": number("gap_prob over spread_prob."),
        "spread_prob": number("Median absolute deviation of the rest as a standard deviation, at least the floor."),
        "n_exchanges": count("Exchanges that took part, by operator group."),
        "n_other_groups": count("Operator groups they were measured against."),
        "exchange_margin": number("What the exchanges' implied probabilities sum to above 1, in the median."),
        "other_book_age_s": by_book("The other books, with the age of each quote.", "seconds"),
    },
    finds=("lead",),
)
