"""MULTIBOOK_SYNC: at least three operator groups moved a market the same way within five minutes."""

import numpy as np

from stratum_pipelines.signals.meta import number
from stratum_pipelines.signals.sides import column_of, is_against, sign_of
from stratum_pipelines.signals.signal import NEVER, Hit, Memory, Signal
from stratum_pipelines.signals.tape import SANE_AGE_US, Tape

WINDOW_US = 5 * 60 * 1_000_000
MIN_GROUPS = 3


def detect(tape: Tape, memory: Memory) -> list[Hit]:
    """Synchronous moves, before the start.

    Moves are timed by the book's clock where it is sane. The window ends at the latest move of the market received so
    far; each book counts with its latest move only, so one that has turned round speaks for its new direction. After a
    signal, moves received up to it count no more for that direction.
    """
    hits = []
    for row, market, outcome in tape.occasions(MIN_GROUPS, WINDOW_US + SANE_AGE_US):
        if not tape.before_start[row - tape.n_past, market] or np.isnan(tape.value[row, market, 0]):
            continue
        hit = _judge(tape, row, market, outcome, int(memory["last_sync"][market, outcome]))
        if hit:
            memory["last_sync"][market, outcome] = tape.times[row]
            hits.append(hit)
    return hits


def _judge(tape: Tape, row: int, market: int, outcome: int, last: int) -> Hit | None:
    moves, now = tape.moves, tape.times[row]
    # Earlier ones lie before the window, whatever the books' clocks say.
    mine = tape.moves_of(market, max(last, int(now) - WINDOW_US - SANE_AGE_US), int(now))
    toward = mine[moves["outcome"][mine] == outcome]
    if not len(toward) or moves["received_at"][toward].max() < now:
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
    kind = int(tape.kinds[market])
    sign, column = sign_of(kind, outcome), column_of(kind, outcome)
    to_value = sign * float(tape.value[row, market, column])
    before = float(tape.value[row - 1, market, column]) if row else float("nan")
    from_value = sign * before if not np.isnan(before) else to_value
    # Books that moved one way while the consensus went the other do not speak for the market.
    if is_against(kind, outcome, to_value - from_value):
        return None
    sizes = moves["size"][picked]
    meta = {
        "book_moves_median": round(float(np.median(sizes)), 6),
        "seconds_between_books": round((end - start) / 1e6, 3),
    }
    return Hit(row, market, outcome, from_value, to_value, end - start, tuple(sorted(agreeing)), meta)


SIGNAL = Signal(
    name="MULTIBOOK_SYNC",
    rule_version="3",
    description="At least three operator groups moved a market the same way within five minutes.",
    detect=detect,
    memory={"last_sync": (np.int64, NEVER, (3,))},
    parameters={"window_minutes": 5, "min_groups": MIN_GROUPS},
    meta={
        "book_moves_median": number("Median size of the books' own moves, in points or fair probability."),
        "seconds_between_books": number(
            "Between the first and the last of the moves, by the books' clocks.", "seconds"
        ),
    },
    finds=("steam",),
)
