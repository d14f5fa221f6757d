"""Which hits become signals: the one place where repetition is stopped, for every rule alike.

Within one event, market, type and direction a rule that declares `cooldown_minutes` speaks once in that time, unless it also
declares `further_steps` and the line has gone so many steps beyond where it last spoke. One that declares `max_per_hour`
speaks at most so often per market in any hour. All are parameters, so they are part of what decides a day's rows and stand
in every meta. A rule whose window the feed is too coarse for is not heard at all.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from stratum_pipelines.signals.sides import falls_for
from stratum_pipelines.signals.signal import ADMITTED, BUDGET, COOLDOWN, FURTHER, REACHED, SPENT, Hit, Memory, Signal
from stratum_pipelines.signals.tape import Tape

MINUTE_US = 60 * 1_000_000
HOUR_US = 60 * MINUTE_US
# A window has to span so many of the feed's gaps: with fewer, "within the window" says more about the feed than the market.
GAPS_IN_A_WINDOW = 2.0


def refused(signal: Signal, tape: Tape) -> npt.NDArray[np.bool_]:
    """The judged answers (P,) at which the feed is too coarse for the rule's window."""
    if not signal.observed_window:
        return np.zeros(len(tape.gaps_us), np.bool_)
    window_us = float(signal.parameters[signal.observed_window]) * MINUTE_US
    return np.asarray(GAPS_IN_A_WINDOW * tape.gaps_us > window_us)


def admit(signal: Signal, hits: Iterable[Hit], tape: Tape, memory: Memory) -> list[Hit]:
    """The hits, which come in order of row, that become signals; notes in the memory of the rule what it has said.

    One per row, market and outcome: the first the rule gave. A hit with several places is admitted when any of them is out
    of its cooldown, and starts it anew for those.
    """
    silent = refused(signal, tape)
    said: set[tuple[int, int, int]] = set()
    admitted = []
    for hit in hits:
        what = (hit.row, hit.market, hit.outcome)
        if what in said or silent[hit.row - tape.n_past]:
            continue
        now = int(tape.times[hit.row])
        if _is_cool(signal, hit, tape, memory, now) and _is_affordable(signal, hit, memory, now):
            _note(signal, hit, tape, memory, now)
            said.add(what)
            admitted.append(hit)
    return admitted


def _is_cool(signal: Signal, hit: Hit, tape: Tape, memory: Memory, now: int) -> bool:
    return COOLDOWN not in signal.parameters or bool(len(_cooled(signal, hit, tape, memory, now)))


def _cooled(signal: Signal, hit: Hit, tape: Tape, memory: Memory, now: int) -> npt.NDArray[np.int64]:
    """The places of a hit that are out of their cooldown, or that the line has left behind by enough to tell of it again."""
    places = np.array(hit.places, np.int64)
    free = now - memory[ADMITTED][hit.market, hit.outcome, places] > signal.parameters[COOLDOWN] * MINUTE_US
    if FURTHER in signal.parameters:
        kind = int(tape.kinds[hit.market])
        beyond = hit.to_value - memory[REACHED][hit.market, hit.outcome, places]
        least = signal.parameters[FURTHER] * tape.steps[kind] - 1e-9
        free |= np.where(falls_for(kind, hit.outcome), -beyond, beyond) >= least
    return places[free]


def _is_affordable(signal: Signal, hit: Hit, memory: Memory, now: int) -> bool:
    if BUDGET not in signal.parameters:
        return True
    spent = memory[SPENT][hit.market]
    return int((now - spent < HOUR_US).sum()) < signal.parameters[BUDGET]


def _note(signal: Signal, hit: Hit, tape: Tape, memory: Memory, now: int) -> None:
    if COOLDOWN in signal.parameters:
        places = _cooled(signal, hit, tape, memory, now)
        memory[ADMITTED][hit.market, hit.outcome, places] = now
        if FURTHER in signal.parameters:
            memory[REACHED][hit.market, hit.outcome, places] = hit.to_value
    if BUDGET in signal.parameters:
        spent = memory[SPENT][hit.market]
        spent[int(spent.argmin())] = now
