"""MULTIBOOK_SYNC: at least three operator groups moved a market the same way within five minutes."""

import numpy as np

from stratum_pipelines.signals.signal import Hit, Memory, Signal
from stratum_pipelines.signals.tape import H2H, SPREADS, Tape

WINDOW_US = 5 * 60 * 1_000_000
MIN_GROUPS = 3
NEVER = -(2**62)


def detect(tape: Tape, memory: Memory) -> list[Hit]:
    """Synchronous moves, before the start.

    Moves are timed by the book's clock where it is sane. The window ends at the latest move of the market received so
    far; each book counts with its latest move only, so one that has turned round speaks for its new direction. After a
    signal, moves received up to it count no more for that direction.
    """
    moves = tape.moves
    of_market = _by_market(moves["market"], tape.value.shape[1])
    first = int(tape.times[tape.n_past]) if tape.n_past < len(tape.times) else 0
    fresh = np.flatnonzero(moves["received_at"] >= first)
    hits = []
    for row, market in _occasions(tape, fresh):
        judged = row - tape.n_past
        if not tape.before_start[judged, market] or np.isnan(tape.value[row, market, 0]):
            continue
        now = int(tape.times[row])
        for outcome in range(tape.value.shape[2]):
            hit = _judge(tape, row, market, outcome, int(memory["last_sync"][market, outcome]), of_market[market])
            if hit:
                memory["last_sync"][market, outcome] = now
                hits.append(hit)
    return hits


def _occasions(tape: Tape, fresh: np.ndarray) -> list[tuple[int, int]]:
    """Answers and markets in which at least one book moved while three groups could have: the only ones to judge."""
    moves = tape.moves
    markets, counts = np.unique(moves["market"], return_counts=True)
    busy = markets[counts >= MIN_GROUPS]
    fresh = fresh[np.isin(moves["market"][fresh], busy)]
    rows = np.searchsorted(tape.times, moves["received_at"][fresh])
    return sorted(set(zip(rows.tolist(), moves["market"][fresh].tolist(), strict=True)))


def _by_market(markets: np.ndarray, n_markets: int) -> list[np.ndarray]:
    """For every market, where its moves stand, in order."""
    order = markets.argsort(kind="stable")
    return np.split(order, np.searchsorted(markets[order], np.arange(1, n_markets)))


def _judge(tape: Tape, row: int, market: int, outcome: int, last: int, mine: np.ndarray) -> Hit | None:
    moves, now = tape.moves, tape.times[row]
    received = moves["received_at"][mine]
    mine = mine[(received <= now) & (received > last)]
    toward = mine[moves["outcome"][mine] == outcome]
    # A group speaks through one move at least.
    if len(toward) < MIN_GROUPS or moves["received_at"][toward].max() < now:
        return None
    end = int(moves["at"][toward].max())
    mine = mine[(moves["at"][mine] > end - WINDOW_US) & (moves["at"][mine] <= end)]
    latest = {int(moves["book"][i]): int(i) for i in mine[np.lexsort((mine, moves["at"][mine]))]}
    agreeing = {book: i for book, i in latest.items() if moves["outcome"][i] == outcome}
    groups = {int(tape.groups[book]) for book in agreeing}
    if len(groups) < MIN_GROUPS:
        return None
    picked = np.array(sorted(agreeing.values()))
    start = int(moves["at"][picked].min())
    sign = 1.0 if tape.kinds[market] != SPREADS or outcome == 0 else -1.0
    column = outcome if tape.kinds[market] == H2H else 0
    to_value = sign * float(tape.value[row, market, column])
    before = float(tape.value[row - 1, market, column]) if row else float("nan")
    from_value = sign * before if not np.isnan(before) else to_value
    if _against(int(tape.kinds[market]), outcome, to_value - from_value):
        return None
    sizes = moves["size"][picked]
    meta = {
        "book_moves_median": round(float(np.median(sizes)), 6),
        "seconds_between_books": round((end - start) / 1e6, 3),
    }
    return Hit(row, market, outcome, from_value, to_value, end - start, tuple(sorted(agreeing)), meta)


def _against(kind: int, outcome: int, move: float) -> bool:
    """Whether the consensus moved away from the outcome meanwhile: then the books named do not speak for the market.

    A favoured side's own handicap falls, and so does the total an under is bet on.
    """
    falls = kind == SPREADS or (kind != H2H and outcome == 1)
    return move > 0 if falls else move < 0


SIGNAL = Signal(
    name="MULTIBOOK_SYNC",
    rule_version="1",
    description="At least three operator groups moved a market the same way within five minutes.",
    detect=detect,
    memory={"last_sync": (np.int64, NEVER, (3,))},
    parameters={"window_minutes": 5, "min_groups": MIN_GROUPS},
)
