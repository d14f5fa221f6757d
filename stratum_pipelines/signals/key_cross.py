"""KEY_CROSS: the consensus spread has crossed a key number, a margin games often end on."""

import numpy as np

from stratum_pipelines.signals.signal import Hit, Memory, Signal
from stratum_pipelines.signals.tape import SPREADS, Tape

COOLDOWN_US = 60 * 60 * 1_000_000
NEVER = -(2**62)
MAX_KEYS = 16


def detect(tape: Tape, memory: Memory) -> list[Hit]:
    """Crossings between one consensus and the next, before the start.

    A key number k is crossed when the handicap changes between "less than k" and "k or more" for either side: -2.5 to
    -3 crosses 3, -3 to -3.5 does not again. The same crossing of the same number is reported once an hour.
    """
    keys = np.array(tape.key_numbers[:MAX_KEYS], np.float64)
    judged = np.arange(max(tape.n_past, 1), len(tape.times))
    if not len(keys) or not len(judged):
        return []
    before, after = tape.value[judged - 1, :, 0], tape.value[judged, :, 0]
    skipped = judged[0] - tape.n_past
    wanted = tape.updated[skipped:] & tape.before_start[skipped:] & (tape.kinds == SPREADS)[None, :] & (before != after)
    wanted &= ~np.isnan(before) & ~np.isnan(after)
    hits = []
    for i, m in np.argwhere(wanted).tolist():
        from_home, to_home = float(before[i, m]), float(after[i, m])
        crossed = np.flatnonzero(_sides(from_home, keys) != _sides(to_home, keys))
        if not len(crossed):
            continue
        row = int(judged[i])
        now = int(tape.times[row])
        outcome = 0 if to_home < from_home else 1
        last = memory["last_cross"]
        fresh = [k for k in crossed.tolist() if now - int(last[m, outcome, k]) > COOLDOWN_US]
        if not fresh:
            continue
        last[m, outcome, fresh] = now
        sign = 1.0 if outcome == 0 else -1.0
        books = tuple(tape.movers(row, m, outcome, int(tape.times[row - 1])).tolist())
        window = now - int(tape.times[row - 1])
        meta = {"key_numbers": [float(keys[k]) for k in fresh]}
        hits.append(Hit(row, m, outcome, sign * from_home, sign * to_home, window, books, meta))
    return hits


def _sides(home_point: float, keys: np.ndarray) -> np.ndarray:
    """For every key number: 1 where the home team receives that many or more, -1 where it gives them, else 0."""
    return np.where(home_point >= keys, 1, 0) - np.where(-home_point >= keys, 1, 0)


SIGNAL = Signal(
    name="KEY_CROSS",
    rule_version="1",
    display_type="STRUCTURAL THRESHOLD EVENT",
    description="The consensus spread crossed a key number of its league.",
    detect=detect,
    memory={"last_cross": (np.int64, NEVER, (2, MAX_KEYS))},
    parameters={"cooldown_minutes": 60},
)
