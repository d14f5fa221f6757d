"""Between answers the clock goes on: books that go beyond their limit are noticed although nothing comes in."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stratum_pipelines.platform import Platform
from stratum_pipelines.quant.freshness import Now, Pace, Standing, state_between
from warehouse.database import BookStates, PolledSport
from warehouse.database.types import micros, moment


@dataclass(frozen=True)
class Turn:
    """A book whose state has changed in a market without an answer: from what to what, since when and why."""

    sport_key: str
    bookmaker: str
    market: str
    was: str
    state: str
    since_at: dt.datetime
    reason: str

    def __str__(self) -> str:
        """The change in a sentence."""
        why = f" ({self.reason.replace('_', ' ')})" if self.reason else ""
        return f"{self.bookmaker} {self.market} of {self.sport_key}: {self.was}, now {self.state} since {self.since_at:%H:%M:%S}{why}"


def watch(platform: Platform, now: dt.datetime) -> list[Turn]:
    """Bring the stored states of all books up to `now`; gives those that changed.

    A row about which an answer comes meanwhile is left to that answer.
    """
    store, turns = BookStates(platform.database), []
    polled = store.polled()
    for row in store.rows():
        there = state_at(row, polled.get(row["sport_key"]), now)
        if there.state != row["state"] and store.change(row, there.state, moment(there.since), there.reason, now):
            key = (row["sport_key"], row["bookmaker"], row["market"])
            turns.append(Turn(*key, row["state"], there.state, moment(there.since), there.reason))
    return turns


def state_at(row: Mapping[str, Any], polled: PolledSport | None, now: dt.datetime) -> Now:
    """How the book of a stored row stands at `now`."""
    standing = Standing(
        state=row["state_at_answer"],
        last_sighted_at=micros(row["last_sighted_at"]),
        limit_us=round(row["limit_s"] * 1e6),
        is_quoted=row["is_quoted"],
        is_wanted=row["is_wanted"],
        answered_at=micros(row["as_of"]),
    )
    pace = Pace(micros(polled.due_at), polled.n_failed) if polled else None
    as_answered = Now(row["state_at_answer"], micros(row["since_at_answer"]), row["reason_at_answer"])
    return state_between(standing, pace, micros(now)) or as_answered
