"""Kinds of parameters that endpoints share, so that each means the same and is refused the same way everywhere.

Texts take letters, digits and marks of ASCII only: no NUL, no control characters, nothing that looks like something else. Moments
come as text and become moments by `moment("since", since)`.
"""

import datetime as dt
import re
from functools import lru_cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl
from litestar.params import PathParameter, QueryParameter

from stratum_api.problems import ParameterInvalid
from stratum_api.tiers.sight import invalid

NAME = "^[A-Za-z0-9_]{1,60}$"
# Providers make ids of games as they like.
ID = "^[!-~]{1,200}$"
# What stands for itself in a path (RFC 3986); a game with any other id is asked for by `event=`.
PATH_ID = r"^[A-Za-z0-9][A-Za-z0-9._~:@+-]{0,199}$"
HEX_ID = "^[0-9a-f]{32}$"
LONGEST_MOMENT = 40
EARLIEST = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MOST_NAMED = 50

Sport = Annotated[
    str | None, QueryParameter(name="sport", pattern=NAME, description="A sport, as in americanfootball_nfl.")
]
Market = Annotated[
    str | None, QueryParameter(name="market", pattern=NAME, description="A market: h2h, spreads or totals.")
]
SignalType = Annotated[
    str | None, QueryParameter(name="signal_type", pattern=NAME, description="A type of signal, as in KEY_CROSS.")
]
TimeBucket = Annotated[
    Literal["0-15m", "15-60m", "1-3h", "3-6h", "6-24h", "1-3d", "3d+", "live"] | None,
    QueryParameter(description="Time to start at detection."),
]
Event = Annotated[str | None, QueryParameter(name="event", pattern=ID, description="The id of a game.")]
Events = Annotated[
    list[str] | None,
    QueryParameter(
        name="event",
        max_items=MOST_NAMED,
        description="The id of a game; several may be named, as many as the plan follows.",
    ),
]
Book = Annotated[str | None, QueryParameter(name="book", pattern=NAME, description="A bookmaker, as in pinnacle.")]


def moment_parameter(name: str, description: str) -> QueryParameter:
    """The declaration of a parameter whose text `moment` reads."""
    extra = {"format": "date-time"}
    return QueryParameter(name=name, max_length=LONGEST_MOMENT, schema_extra=extra, description=description)


Since = Annotated[
    str | None,
    moment_parameter(
        "since", "From this moment on: ISO 8601 with Z or an offset, not in the future, within the plan's history."
    ),
]
Until = Annotated[
    str | None,
    moment_parameter(
        "until", "Up to this moment, included: ISO 8601 with Z or an offset. One that has not come means now."
    ),
]
AsOf = Annotated[
    str | None,
    moment_parameter(
        "as_of", "The moment the answer speaks for: ISO 8601 with Z or an offset, not in the future. Now by default."
    ),
]
SignalId = Annotated[str, PathParameter(pattern=HEX_ID, description="The id of a signal: 32 hex digits.")]
EventId = Annotated[
    str, PathParameter(pattern=PATH_ID, description="The id of a game: letters, digits and . _ ~ : @ + - in it.")
]


def moment(name: str, text: str | None) -> dt.datetime | None:
    """The moment that a parameter names, in UTC; None where it is not given. Raises ParameterInvalid.

    A plus that arrived as a space, as unescaped ones do, is taken for what was meant.
    """
    if text is None:
        return None
    try:
        found = dt.datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text)
    except ValueError:
        raise _no_moment(name, text) from None
    if found.tzinfo is None:
        raise invalid(name, f"{_quoted(text)} has no zone: write Z for UTC, or an offset such as +02:00")
    try:
        found = found.astimezone(dt.UTC)
    except OverflowError:
        raise _no_moment(name, text) from None
    if found < EARLIEST:
        raise invalid(name, f"{_quoted(text)} lies before 1970: nothing is older")
    return found


def named(name: str, values: list[str] | None, pattern: str = ID) -> list[str] | None:
    """The values of a parameter that may be given several times, each once, sorted. Raises ParameterInvalid."""
    if not values:
        return None
    for value in values:
        if re.fullmatch(pattern, value) is None:
            raise invalid(name, f"{_quoted(value)} is no such name")
    return sorted(set(values))


def _no_moment(name: str, text: str) -> ParameterInvalid:
    return invalid(name, f"{_quoted(text)} is no moment: write it as 2026-11-21T18:00:00Z")


def _quoted(text: str) -> str:
    return ascii(text[:60])


@lru_cache(maxsize=1024)
def zone_of(name: str, text: str) -> str:
    """The time zone that a parameter names, as in Europe/London. Raises ParameterInvalid for one nobody knows."""
    try:
        ZoneInfo(text)
        pl.select(pl.lit(EARLIEST).dt.convert_time_zone(text))
    except (ValueError, OSError, ZoneInfoNotFoundError, pl.exceptions.PolarsError):
        raise invalid(name, f"{_quoted(text)} is no time zone: name one such as Europe/London or UTC") from None
    return text
