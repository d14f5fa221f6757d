"""The hours in which a market place is open, on its own clocks, so that summer time shifts them where it should."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

OUTSIDE = "outside"
SATURDAY = 6


@dataclass(frozen=True)
class Session:
    """A market place: from `opens` up to `closes`, local hours of its zone, Monday to Friday of its own calendar."""

    name: str
    zone: str
    opens: int
    closes: int


SESSIONS = (
    Session("tokyo", "Asia/Tokyo", 9, 18),
    Session("london", "Europe/London", 8, 17),
    Session("new_york", "America/New_York", 8, 17),
)


def session_labels(sessions: Sequence[Session] = SESSIONS) -> list[str]:
    """Every label `session_of` gives: each session alone, neighbours that overlap, and `outside`."""
    alone = [session.name for session in sessions]
    together = ["+".join(pair) for pair in pairwise(alone)]
    ordered = [name for pair in zip(alone, [*together, ""], strict=True) for name in pair if name]
    return [*ordered, OUTSIDE]


def session_of(moment: pl.Expr, sessions: Sequence[Session] = SESSIONS) -> pl.Expr:
    """The open sessions at a UTC moment, joined by "+" in their order; `outside` when all are closed.

    12:30 UTC on a winter Wednesday is `london` alone (07:30 in New York); in July it is `london+new_york`.
    """
    is_open = []
    for session in sessions:
        local = moment.dt.convert_time_zone(session.zone)
        in_hours = (local.dt.hour() >= session.opens) & (local.dt.hour() < session.closes)
        is_open.append(pl.when(in_hours & (local.dt.weekday() < SATURDAY)).then(pl.lit(session.name)))
    joined = pl.concat_str(is_open, separator="+", ignore_nulls=True)
    return pl.when(moment.is_null()).then(None).when(joined == "").then(pl.lit(OUTSIDE)).otherwise(joined)
