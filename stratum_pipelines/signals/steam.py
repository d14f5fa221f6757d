"""STEAM: many operator groups moved a market the same way, each by a full step, within minutes."""

from dataclasses import dataclass
from statistics import median

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.panel import group_weights
from stratum_pipelines.quant.weighted import weighted_median
from stratum_pipelines.signals.meta import number
from stratum_pipelines.signals.sides import column_of, falls_for, is_against, sign_of
from stratum_pipelines.signals.signal import NEVER, Hit, Memory, Settable, Signal
from stratum_pipelines.signals.tape import H2H, MARKETS, SANE_AGE_US, Tape

Ints = npt.NDArray[np.int64]

MINUTE_US = 60 * 1_000_000
LATE = np.iinfo(np.int64).max
SETTINGS_OF_MARKETS = {"h2h": "min_move_h2h", "spreads": "min_move_spread", "totals": "min_move_total"}


def detect(tape: Tape, memory: Memory) -> list[Hit]:
    """Fast moves of many, before the start.

    The window ends at the latest move toward the outcome received so far, by the books' clocks where they are sane. A
    book counts with the sum of its moves in the window, those against the outcome taken off, when that is the least move
    or more. A move that may have happened at any time in a stretch longer than the window (the book was not looked at)
    counts for nothing. The consensus must not have gone the other way meanwhile.
    """
    window_us = int(tape.parameters["window_minutes"] * MINUTE_US)
    occasions = tape.occasions(tape.parameters["min_books"], window_us + SANE_AGE_US)
    if not len(occasions):
        return []
    return _hits(tape, _together(tape, occasions, window_us))


@dataclass(frozen=True)
class Together:
    """Books that moved together, (K,) each: where, from when to when by their clocks, and since when it may have begun.

    `net` (K, B) is how far each book moved, NaN for those that do not count, `values` (K, B) where it stands now.
    """

    row: Ints
    market: Ints
    outcome: Ints
    start: Ints
    since: Ints
    end: Ints
    net: Floats
    values: Floats


def _together(tape: Tape, occasions: Ints, window_us: int) -> Together:
    """The occasions on which enough groups moved far enough."""
    row, market, outcome = occasions.T
    moves, now = tape.moves, tape.times[row]
    n, n_books = len(row), len(tape.books)
    # Earlier ones lie before the window, whatever the books' clocks say.
    whose, mine = tape.by_market.between(market, now - window_us - SANE_AGE_US, now)
    toward = moves["outcome"][mine] == outcome[whose]
    end = np.full(n, NEVER)
    np.maximum.at(end, whose[toward], moves["at"][mine[toward]])
    # Moves later than the end lead away from the outcome: they count, against it.
    at, since = moves["at"][mine], moves["since"][mine]
    within = (at > end[whose] - window_us) & (at - since <= window_us)
    whose, mine, toward = whose[within], mine[within], toward[within]
    sizes = np.where(toward, moves["size"][mine], -moves["size"][mine])
    places = whose * n_books + moves["book"][mine]
    net: Floats = np.bincount(places, sizes, n * n_books).reshape(n, n_books).astype(np.float64, copy=False)
    values = _own_values(tape, row - tape.n_past, market, outcome)
    least = np.array([float(tape.parameters[SETTINGS_OF_MARKETS[name]]) for name in MARKETS])
    moved = (net >= least[tape.kinds[market]][:, None] - 1e-9) & ~np.isnan(values)
    _, n_groups = group_weights(moved, tape.groups[:n_books])
    picked = toward & moved[whose, moves["book"][mine]]
    first, looked = np.full(n, LATE), np.full(n, LATE)
    np.minimum.at(first, whose[picked], moves["at"][mine[picked]])
    np.minimum.at(looked, whose[picked], moves["since"][mine[picked]])
    net = np.where(moved, net, np.nan)
    k = np.flatnonzero(n_groups >= tape.parameters["min_books"])
    return Together(row[k], market[k], outcome[k], first[k], looked[k], end[k], net[k], values[k])


def _hits(tape: Tape, found: Together) -> list[Hit]:
    """Those the consensus did not go against meanwhile."""
    kind, moved = tape.kinds[found.market], ~np.isnan(found.net)
    sign, column = sign_of(kind, found.outcome), column_of(kind, found.outcome)
    first = np.maximum(tape.index_at(found.since), 0)
    before, after = (tape.value[at, found.market, column] * sign for at in (first, found.row))
    known = ~np.isnan(before) & ~np.isnan(after)
    agreed = known & ~is_against(kind, found.outcome, after - before)
    weights, _ = group_weights(moved, tape.groups[: len(tape.books)])
    moves = np.where(falls_for(kind, found.outcome)[:, None], -found.net, found.net)
    own_before, own_after = (weighted_median(own, weights) for own in (found.values - moves, found.values))
    window = found.end - found.start
    hits = []
    for k in np.flatnonzero(agreed).tolist():
        move = median(found.net[k, moved[k]].tolist())
        row = int(found.row[k])
        meta = {
            "book_move_median": round(move, 6),
            "book_moves_per_minute": round(move / max(int(window[k]) / MINUTE_US, 1.0), 6),
            "seconds_between_books": round(int(window[k]) / 1e6, 3),
            "seconds_uncertain": round(int(found.end[k] - found.since[k]) / 1e6, 3),
            "consensus_before": round(float(before[k]), 6),
            "consensus_after": round(float(after[k]), 6),
            "feed_gap_s": round(float(tape.gaps_us[row - tape.n_past]) / 1e6, 3),
        }
        place = row, int(found.market[k]), int(found.outcome[k])
        values = float(own_before[k]), float(own_after[k])
        hits.append(Hit(*place, *values, int(window[k]), tuple(np.flatnonzero(moved[k]).tolist()), meta))
    return hits


def _own_values(tape: Tape, answer: Ints, market: Ints, outcome: Ints) -> Floats:
    """Every book's point on the outcome, or its fair probability in h2h; (N, B), NaN where it quotes none."""
    n = len(tape.books)
    quotes, cell, kind = tape.quotes, tape.quotes.cells(answer, market), tape.kinds[market]
    values = np.where(quotes.active[cell, outcome, :n], quotes.point[cell, outcome, :n], np.nan)
    winner = np.flatnonzero(kind == H2H)
    if len(winner):
        n_outcomes = np.full(len(winner), tape.league.n_outcomes)
        prices = quotes.price[cell[winner], :, :n]
        fair, _ = tape.panel.methods.remove(prices, kind[winner], n_outcomes, np.arange(n))
        values[winner] = fair[np.arange(len(winner)), outcome[winner]]
    return values


SIGNAL = Signal(
    name="STEAM",
    rule_version="2",
    description="At least four operator groups moved a market the same way, each by a full step, within three minutes.",
    detect=detect,
    parameters={
        "window_minutes": 3.0,
        "min_books": 4,
        "min_move_spread": 0.5,
        "min_move_total": 1.0,
        "min_move_h2h": 0.02,
        "cooldown_minutes": 15,
    },
    settable={
        # Moves are kept for half an hour, and a book's clock may be a quarter of an hour behind.
        "window_minutes": Settable(
            "How many minutes the moves of a STEAM may lie apart; at least twice the gap between polls, else it is silent.",
            at_least=0.5,
            at_most=15,
        ),
        "min_books": Settable("How many operator groups at least have to move for a STEAM.", at_least=2),
        "min_move_spread": Settable("How far each of them has to move a spread for a STEAM, in points.", at_least=0.25),
        "min_move_total": Settable("How far each of them has to move a total for a STEAM, in points.", at_least=0.25),
        "min_move_h2h": Settable(
            "How far each of them has to move the winner market for a STEAM, in fair probability.", at_least=0.01
        ),
    },
    observed_window="window_minutes",
    meta={
        "book_move_median": number("Median of the books' own moves in the window, in points or fair probability."),
        "book_moves_per_minute": number(
            "That move per minute between the first and the last of them, a minute at least."
        ),
        "seconds_between_books": number(
            "Between the first and the last of the moves, by the books' clocks.", "seconds"
        ),
        "seconds_uncertain": number(
            "The longest they can have taken: from the last look at the first book before it moved.", "seconds"
        ),
        "consensus_before": number("The consensus before the first of the moves, from the outcome's side."),
        "consensus_after": number("The consensus at detection."),
        "feed_gap_s": number("How far apart the feed's answers lay: 95th percentile of the last half hour.", "seconds"),
    },
    finds=("steam",),
)
