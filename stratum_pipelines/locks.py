"""Work that one process does at a time: computing a day, settling what days hold, and recording trades.

The locks lie beside the lake's own and end with the process that holds them. Whoever has to wait says so.
"""

import datetime as dt
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from warehouse.errors import LakeBusy
from warehouse.lake import Lake

# Longer than a day takes to compute, and than the games of a long range take to settle.
PATIENCE_S = 900.0
# A wait as short as this is not worth a word.
UNSAID_S = 2.0

logger = logging.getLogger(__name__)


class DayLocks:
    """The locks of days that one computation holds: each from before its answers are read until its tables are written.

    Days are taken oldest first, by everybody, so that two computations never wait for each other. They may be taken by
    another thread than the one that gives them back: answers are read ahead.
    """

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.held: dict[dt.date, FileLock] = {}
        self.is_over = False
        self.changing = threading.Lock()

    def take(self, day: dt.date) -> None:
        """Hold the lock of a day, when need be after waiting for it. Raises LakeBusy when another keeps it too long."""
        lock = _taken(self.lake, f"compute.{day}", f"The day {day} is being computed", lambda: self.is_over)
        with self.changing:
            self.held[day] = lock
        if self.is_over:
            self.give_back(day)

    def give_back(self, day: dt.date) -> None:
        """Let others have the day, if it was held."""
        with self.changing:
            lock = self.held.pop(day, None)
        if lock is not None:
            lock.release()

    def __enter__(self) -> "DayLocks":
        return self

    def __exit__(self, *_error: object) -> None:
        self.is_over = True
        for day in list(self.held):
            self.give_back(day)


@contextmanager
def settling_alone(lake: Lake, patience_s: float | None = None) -> Iterator[None]:
    """Keep other processes from settling and scoring meanwhile: rows from older tables must not overwrite newer ones.

    Raises LakeBusy when another does so for longer than `patience_s`, by default `PATIENCE_S`.
    """
    lock = _taken(lake, "settle", "Closing lines and scorecards are being written", lambda: False, patience_s)
    try:
        yield
    finally:
        lock.release()


@contextmanager
def trading_alone(lake: Lake, patience_s: float | None = None) -> Iterator[None]:
    """Keep other processes from recording trades meanwhile: two that read the same day would each lose the other's rows.

    Raises LakeBusy when another does so for longer than `patience_s`, by default `PATIENCE_S`.
    """
    lock = _taken(lake, "trades", "Trades are being recorded", lambda: False, patience_s)
    try:
        yield
    finally:
        lock.release()


def _taken(lake: Lake, name: str, doing: str, is_over: Callable[[], bool], patience_s: float | None = None) -> FileLock:
    """The lock of that name, held."""
    lock = lake.locks.named(name)
    try:
        lock.acquire(timeout=UNSAID_S, cancel_check=is_over)
        return lock
    except Timeout:
        logger.warning("%s by another process; waiting for it.", doing)
    patience_s = PATIENCE_S if patience_s is None else patience_s
    try:
        lock.acquire(timeout=patience_s, cancel_check=is_over)
        return lock
    except Timeout as error:
        raise LakeBusy(
            f"{doing} by another process, for over {patience_s:g} s. Look for a backfill that hangs, end it and run this "
            f"again; the lock is {lock.lock_file}, and it ends with its process."
        ) from error
