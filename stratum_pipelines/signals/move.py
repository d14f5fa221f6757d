"""MOVE: the consensus of a market has moved by a full step within half an hour."""

import numpy as np

from stratum_pipelines.signals.signal import NEVER, Hit, Memory, Signal
from stratum_pipelines.signals.tape import H2H, SPREADS, Tape

WINDOW_US = 30 * 60 * 1_000_000


def detect(tape: Tape, memory: Memory) -> list[Hit]:
    """Moves against the consensus half an hour ago, or as it stood at the market's last MOVE, whichever is later.

    Only before the start. Starting again from the last MOVE reports every step once.
    """
    judged = np.arange(tape.n_past, len(tape.times))
    anchors = tape.index_at(tape.times[judged] - WINDOW_US)
    steps = tape.steps[tape.kinds]
    now = tape.value[judged]
    # A market that moved at all within the window is worth a closer look; the exact anchor depends on its last MOVE.
    far = _reach(tape, judged, anchors) >= steps[None, :] - 1e-9
    wanted = far & tape.updated & tape.before_start & ~np.isnan(now[:, :, 0])
    last = memory["last_move"]
    hits = []
    for i, m in np.argwhere(wanted).tolist():
        row = int(judged[i])
        anchor = max(int(anchors[i]), int(np.searchsorted(tape.times, last[m])) if last[m] != NEVER else -1)
        known = np.flatnonzero(~np.isnan(tape.value[max(anchor, 0) : row, m, 0]))
        if not len(known):
            continue
        anchor = max(anchor, 0) + int(known[0])
        hit = _hit(tape, row, anchor, m, float(steps[m]))
        if hit:
            last[m] = tape.times[row]
            hits.append(hit)
    return hits


def _reach(tape: Tape, judged: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """The range of each market's consensus over the window of each judged answer: no move can exceed it."""
    reach = np.zeros((len(judged), tape.value.shape[1]))
    first = np.maximum(anchors, 0)
    # The extremes of every stretch of 1, 2, 4 … answers: any window is covered by two stretches of one length.
    high = low = tape.value
    doublings = np.frexp(judged - first + 1)[1] - 1
    for doubling in range(int(doublings.max(initial=0)) + 1):
        length = 2**doubling
        if doubling:
            high = np.fmax(high[: -length // 2], high[length // 2 :])
            low = np.fmin(low[: -length // 2], low[length // 2 :])
        own = np.flatnonzero(doublings == doubling)
        begin, end = first[own], judged[own] - length + 1
        widths = np.fmax(high[begin], high[end]) - np.fmin(low[begin], low[end])
        reach[own] = np.fmax.reduce(widths, axis=2, initial=0.0)
    return reach


def _hit(tape: Tape, row: int, anchor: int, market: int, step: float) -> Hit | None:
    before, after = tape.value[anchor, market], tape.value[row, market]
    kind = int(tape.kinds[market])
    if kind == H2H:
        change = np.where(np.isnan(after - before), -np.inf, after - before)
        outcome = int(change.argmax())
        from_value, to_value = float(before[outcome]), float(after[outcome])
    else:
        sign, outcome = _toward(kind, float(after[0] - before[0]))
        from_value, to_value = sign * float(before[0]), sign * float(after[0])
    if not abs(to_value - from_value) >= step - 1e-9:
        return None
    since = int(tape.times[anchor])
    books = tuple(tape.movers(row, market, outcome, since).tolist())
    return Hit(row, market, outcome, from_value, to_value, int(tape.times[row]) - since, books)


def _toward(kind: int, change: float) -> tuple[float, int]:
    """The sign of the outcome's own points and the outcome a change of home or over points moves toward."""
    if kind == SPREADS:
        return (1.0, 0) if change < 0 else (-1.0, 1)
    return 1.0, 0 if change > 0 else 1


SIGNAL = Signal(
    name="MOVE",
    rule_version="3",
    description="The consensus moved by a full step of its league within 30 minutes: 0.5 points of spread, 1.0 of total, 0.03 fair probability in h2h.",
    detect=detect,
    memory={"last_move": (np.int64, NEVER, ())},
    parameters={"window_minutes": 30},
    finds=("steam", "key_cross"),
)
