"""MOVE: the consensus of a market has moved by a full step within half an hour."""

from collections.abc import Iterator

import numpy as np

from stratum_pipelines.signals.signal import ADMITTED, NEVER, Hit, Memory, Settable, Signal
from stratum_pipelines.signals.tape import H2H, SPREADS, Tape

WINDOW_US = 30 * 60 * 1_000_000


def detect(tape: Tape, memory: Memory) -> Iterator[Hit]:
    """Moves against the consensus half an hour ago, or as it stood at the market's last MOVE, whichever is later.

    Only before the start. Starting again from the last MOVE reports every step once. What fewer operator groups agree on
    is no consensus to move from or to, and enough groups must have moved their own lines: a median also moves when books come and go.
    """
    value = tape.value_of(tape.parameters["min_books"])
    judged = np.arange(tape.n_past, len(tape.times))
    anchors = tape.index_at(tape.times[judged] - WINDOW_US)
    steps = tape.steps[tape.kinds]
    now = value[judged]
    # A market that moved at all within the window is worth a closer look; the exact anchor depends on its last MOVE.
    far = _reach(value, judged, anchors) >= steps[None, :] - 1e-9
    wanted = far & tape.updated & tape.before_start & ~np.isnan(now[:, :, 0])
    admitted = memory[ADMITTED]
    for i, m in np.argwhere(wanted).tolist():
        row = int(judged[i])
        last = admitted[m].max()
        anchor = max(int(anchors[i]), int(np.searchsorted(tape.times, last)) if last != NEVER else -1)
        known = np.flatnonzero(~np.isnan(value[max(anchor, 0) : row, m, 0]))
        if not len(known):
            continue
        anchor = max(anchor, 0) + int(known[0])
        hit = _hit(tape, value, row, anchor, m, float(steps[m]))
        if hit:
            yield hit


def _reach(value: np.ndarray, judged: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """The range of each market's consensus over the window of each judged answer: no move can exceed it."""
    reach = np.zeros((len(judged), value.shape[1]))
    first = np.maximum(anchors, 0)
    # The extremes of every stretch of 1, 2, 4 … answers: any window is covered by two stretches of one length.
    high = low = value
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


def _hit(tape: Tape, value: np.ndarray, row: int, anchor: int, market: int, step: float) -> Hit | None:
    before, after = value[anchor, market], value[row, market]
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
    books = tape.movers(row, market, outcome, since)
    if len(np.unique(tape.groups[books])) < tape.parameters["min_movers"]:
        return None
    return Hit(row, market, outcome, from_value, to_value, int(tape.times[row]) - since, tuple(books.tolist()))


def _toward(kind: int, change: float) -> tuple[float, int]:
    """The sign of the outcome's own points and the outcome a change of home or over points moves toward."""
    if kind == SPREADS:
        return (1.0, 0) if change < 0 else (-1.0, 1)
    return 1.0, 0 if change > 0 else 1


SIGNAL = Signal(
    name="MOVE",
    rule_version="4",
    description="The consensus moved by a full step of its league within 30 minutes: 0.5 points of spread, 1.0 of total, 0.03 fair probability in h2h.",
    detect=detect,
    parameters={"window_minutes": 30, "min_books": 3, "min_movers": 2, "cooldown_minutes": 30, "further_steps": 1.0},
    settable={
        "min_books": Settable("How many operator groups at least agree on both ends of a MOVE.", at_least=1),
        "min_movers": Settable("How many of them at least moved their own line for a MOVE.", at_least=1),
        "cooldown_minutes": Settable(
            "For how many minutes a MOVE is not repeated for its side, unless the line goes a further step.",
            at_most=1440,
        ),
    },
    finds=("steam", "key_cross"),
)
