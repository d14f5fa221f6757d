"""KEY_CROSS: the consensus spread has crossed a key number, a margin games often end on."""

import numpy as np

from stratum_pipelines.signals.meta import number, numbers
from stratum_pipelines.signals.severity import mass_crossed
from stratum_pipelines.signals.signal import Hit, Memory, Settable, Signal
from stratum_pipelines.signals.tape import SPREADS, Tape

MAX_KEYS = 16
WINDOW_US = 30 * 60 * 1_000_000


def detect(tape: Tape, memory: Memory) -> list[Hit]:
    """Crossings between one consensus and the next, before the start.

    A key number k is crossed when the handicap changes between "less than k" and "k or more" for either side: -2.5 to
    -3 crosses 3, -3 to -3.5 does not again. The cooldown holds per number. What fewer operator groups agree on is no
    consensus to cross from or to; and enough groups must have moved toward the same side within half an hour, so that neither
    one book in the middle nor books that come and go carry a median across.
    """
    keys = np.array(tape.key_numbers[:MAX_KEYS], np.float64)
    judged = np.arange(max(tape.n_past, 1), len(tape.times))
    if not len(keys) or not len(judged):
        return []
    value = tape.value_of(tape.parameters["min_books"])[:, :, 0]
    before, after = value[judged - 1], value[judged]
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
        movers = tape.movers(row, m, outcome, int(tape.times[row]) - WINDOW_US)
        if len(np.unique(tape.groups[movers])) < tape.parameters["min_movers"]:
            continue
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
                int(tape.times[row] - tape.times[row - 1]),
                tuple(movers.tolist()),
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
    rule_version="4",
    display_type="STRUCTURAL THRESHOLD EVENT",
    description="The consensus spread crossed a key number of its league.",
    detect=detect,
    parameters={"window_minutes": 30, "min_books": 3, "min_movers": 2, "cooldown_minutes": 60},
    settable={
        "min_books": Settable("How many operator groups at least agree on both sides of a KEY_CROSS.", at_least=1),
        "min_movers": Settable(
            "How many of them at least moved their own line that way within half an hour for a KEY_CROSS.", at_least=1
        ),
    },
    meta={
        "key_numbers": numbers("The key numbers crossed.", "points"),
        "severity": number("Chance that the game ends on a margin the move crossed, half for one it stands on."),
    },
    cooldown_places=MAX_KEYS,
    finds=("key_cross",),
)
