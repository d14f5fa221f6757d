"""STEAM: many operator groups moved a market the same way, each by a full step, within minutes."""

import numpy as np

from stratum_pipelines.quant.panel import group_weights
from stratum_pipelines.quant.weighted import weighted_median
from stratum_pipelines.signals.meta import number
from stratum_pipelines.signals.sides import column_of, is_against, sign_of
from stratum_pipelines.signals.signal import Hit, Memory, Settable, Signal
from stratum_pipelines.signals.tape import H2H, MARKETS, SANE_AGE_US, Tape

MINUTE_US = 60 * 1_000_000
SETTINGS_OF_MARKETS = {"h2h": "min_move_h2h", "spreads": "min_move_spread", "totals": "min_move_total"}


def detect(tape: Tape, memory: Memory) -> list[Hit]:
    """Fast moves of many, before the start.

    The window ends at the latest move toward the outcome received so far, by the books' clocks where they are sane. A
    book counts with the sum of its moves in the window, those against the outcome taken off, when that is the least move
    or more. A move that may have happened at any time in a stretch longer than the window (the book was not looked at)
    counts for nothing. The consensus must not have gone the other way meanwhile.
    """
    window_us = int(tape.parameters["window_minutes"] * MINUTE_US)
    hits = []
    for row, market, outcome in tape.occasions(tape.parameters["min_books"], window_us + SANE_AGE_US):
        if tape.before_start[row - tape.n_past, market]:
            hit = _judge(tape, row, market, outcome, window_us)
            if hit:
                hits.append(hit)
    return hits


def _judge(tape: Tape, row: int, market: int, outcome: int, window_us: int) -> Hit | None:
    moves, now = tape.moves, tape.times[row]
    kind = int(tape.kinds[market])
    # Earlier ones lie before the window, whatever the books' clocks say.
    mine = tape.moves_of(market, int(now) - window_us - SANE_AGE_US, int(now))
    toward = moves["outcome"][mine] == outcome
    end = int(moves["at"][mine[toward]].max())
    # Moves later than the end lead away from the outcome: they count, against it.
    within = (moves["at"][mine] > end - window_us) & (moves["at"][mine] - moves["since"][mine] <= window_us)
    mine, toward = mine[within], toward[within]
    net = np.zeros(len(tape.books))
    np.add.at(net, moves["book"][mine], np.where(toward, moves["size"][mine], -moves["size"][mine]))
    values = _own_values(tape, row - tape.n_past, market, outcome)
    least = float(tape.parameters[SETTINGS_OF_MARKETS[MARKETS[kind]]])
    moved = (net >= least - 1e-9) & ~np.isnan(values)
    books = np.flatnonzero(moved)
    if len(set(tape.groups[books].tolist())) < tape.parameters["min_books"]:
        return None
    weights, _ = group_weights(moved[None], tape.groups[: len(moved)])
    picked = mine[toward & np.isin(moves["book"][mine], books)]
    start, since = int(moves["at"][picked].min()), int(moves["since"][picked].min())
    falls = is_against(kind, outcome, 1.0)
    before = values + net if falls else values - net
    from_value, to_value = weighted_median(np.stack([before, values]), np.repeat(weights, 2, axis=0)).tolist()
    consensus = _consensus(tape, int(tape.index_at(np.array([since]))[0]), row, market, outcome)
    if consensus is None or is_against(kind, outcome, consensus[1] - consensus[0]):
        return None
    window = end - start
    move = float(np.median(net[books]))
    meta = {
        "book_move_median": round(move, 6),
        "book_moves_per_minute": round(move / max(window / MINUTE_US, 1.0), 6),
        "seconds_between_books": round(window / 1e6, 3),
        "seconds_uncertain": round((end - since) / 1e6, 3),
        "consensus_before": round(consensus[0], 6),
        "consensus_after": round(consensus[1], 6),
        "feed_gap_s": round(float(tape.gaps_us[row - tape.n_past]) / 1e6, 3),
    }
    return Hit(row, market, outcome, from_value, to_value, window, tuple(books.tolist()), meta)


def _own_values(tape: Tape, answer: int, market: int, outcome: int) -> np.ndarray:
    """Every book's point on the outcome, or its fair probability in h2h; NaN where it quotes none."""
    n = len(tape.books)
    quotes, cell = tape.quotes, tape.quotes.cell(answer, market)
    if tape.kinds[market] == H2H:
        prices = quotes.price[cell][None, :, :n]
        kinds, n_outcomes = np.array([H2H]), np.array([tape.league.n_outcomes])
        fair, _ = tape.panel.methods.remove(prices, kinds, n_outcomes, np.arange(n))
        return np.asarray(fair[0, outcome])
    return np.where(quotes.active[cell, outcome, :n], quotes.point[cell, outcome, :n], np.nan)


def _consensus(tape: Tape, first: int, row: int, market: int, outcome: int) -> tuple[float, float] | None:
    """The consensus before the first of the moves and now, from the outcome's side; None where one is not known."""
    kind = int(tape.kinds[market])
    sign, column = sign_of(kind, outcome), column_of(kind, outcome)
    path = tape.value[[max(first, 0), row], market, column] * sign
    return None if np.isnan(path).any() else (float(path[0]), float(path[1]))


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
