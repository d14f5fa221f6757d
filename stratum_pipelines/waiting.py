"""What is still to be done for days already computed: ranges of days that outlive the process that noted them.

A day counts as computed once its tables are written. Its games are settled, its scorecards written and its signals bet
on after that, so a process stopped in between would leave them undone for good; the marks kept here say so, and whoever
settles, scores or bets next does it for those days too.
"""

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Literal

from stratum_pipelines.platform import Platform
from warehouse.database import Marks

Step = Literal["settle", "score", "bet"]
STEPS: tuple[Step, ...] = ("settle", "score", "bet")
# The last day of a range that goes on for as long as there are days.
OPEN_END = dt.date.max


@dataclass(frozen=True)
class Waiting:
    """Days from `first` to `last` that wait for a step, as noted at one moment: `stamp` tells apart when."""

    first: dt.date
    last: dt.date
    stamp: str

    def __contains__(self, day: dt.date) -> bool:
        return self.first <= day <= self.last

    @property
    def as_mark(self) -> str:
        """The text the database keeps."""
        return f"{self.first} {self.last} {self.stamp}"


def days_waiting(platform: Platform, step: Step) -> Waiting | None:
    """The days that wait for a step, None when there are none."""
    return _read(Marks(platform.database).read(_key(step)))


def note_waiting(platform: Platform, step: Step, first: dt.date, last: dt.date) -> None:
    """Let days wait for a step, with those that wait for it already and all between."""
    marks = Marks(platform.database)
    while True:
        was = marks.read(_key(step))
        known = _read(was)
        if known:
            first, last = min(first, known.first), max(last, known.last)
        new = Waiting(first, last, secrets.token_hex(4))
        if marks.swap(_key(step), was, new.as_mark, dt.datetime.now(dt.UTC)):
            return


def note_done(platform: Platform, step: Step, done: Waiting | None) -> None:
    """Let days wait no longer, unless some were noted after `done` was read: their rows may be newer than what was seen."""
    if done:
        Marks(platform.database).swap(_key(step), done.as_mark, None, dt.datetime.now(dt.UTC))


def _key(step: Step) -> str:
    return f"days to {step}"


def _read(mark: str | None) -> Waiting | None:
    if mark is None:
        return None
    first, last, stamp = mark.split()
    return Waiting(dt.date.fromisoformat(first), dt.date.fromisoformat(last), stamp)
