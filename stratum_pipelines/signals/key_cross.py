"""KEY_CROSS: the consensus spread has crossed a key number, a margin games often end on."""

import numpy as np

from stratum_pipelines.signals.meta import number, numbers
from stratum_pipelines.signals.severity import mass_crossed
from stratum_pipelines.signals.signal import Hit, Memory, Signal
from stratum_pipelines.signals.tape import SPREADS, Tape

MAX_KEYS = 16


def detect(tape: Tape, memory: Memory) -> list[Hit]:
    """Crossings between one consensus and the next, before the start.

    A key number k is crossed when the handicap changes between "less than k" and "k or more" for either side: -2.5 to
    -3 crosses 3, -3 to -3.5 does not again. The cooldown holds per number.
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
        outcome = 0 if to_home < from_home else 1
        sign = 1.0 if outcome == 0 else -1.0
        since = int(tape.times[row - 1])
        meta = {
            "key_numbers": keys[crossed].tolist(),
            "severity": round(mass_crossed(tape.league, from_home, to_home), 6),
        }
        hits.append(
            Hit(
                row,
                m,
                outcome,
                sign * from_home,
                sign * to_home,
                int(tape.times[row]) - since,
                tuple(tape.movers(row, m, outcome, since).tolist()),
                meta,
                places=tuple(crossed.tolist()),
            )
        )
    return hits


def _sides(home_point: float, keys: np.ndarray) -> np.ndarray:
    """For every key number: 1 where the home team receives that many or more, -1 where it gives them, else 0."""
    return np.where(home_point >= keys, 1, 0) - np.where(-home_point >= keys, 1, 0)


SIGNAL = Signal(
    name="KEY_CROSS",
    rule_version="3",
    display_type="STRUCTURAL THRESHOLD EVENT",
    description="The consensus spread crossed a key number of its league.",
    detect=detect,
    parameters={"cooldown_minutes": 60},
    meta={
        "key_numbers": numbers("The key numbers crossed.", "points"),
        "severity": number("Chance that the game ends on a margin the move crossed, half for one it stands on."),
    },
    cooldown_places=MAX_KEYS,
    finds=("key_cross",),
)
