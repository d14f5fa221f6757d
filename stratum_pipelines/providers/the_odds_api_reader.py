"""Reading odds answers of The Odds API, version 4: bytes in, flat columns out. Pure, and it never raises for bad content.

A clean answer takes the fast way: one typed decode and a handful of list comprehensions. Whatever is not clean goes
element by element through `the_odds_api_tolerant`, which keeps what is good and says what it refused. On clean answers
both give the same reading.
"""

import math
from collections.abc import Sequence
from itertools import chain, islice
from operator import eq
from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt

from stratum_pipelines.providers.reading import Answer, Game, Reading
from stratum_pipelines.providers.the_odds_api_answer import (
    NO_TIME,
    TIMES,
    lists_whole_sport,
    microseconds,
    odds_format_of,
    resource_of,
)
from stratum_pipelines.providers.the_odds_api_tolerant import read_tolerantly

Name = Annotated[str, msgspec.Meta(min_length=1)]


class Outcome(msgspec.Struct, gc=False):
    """One outcome of a market, as a clean answer has it."""

    name: Name
    price: float
    point: float | None = math.nan
    description: str | None = None


class Market(msgspec.Struct, gc=False):
    """One market of a bookmaker, as a clean answer has it."""

    key: Name
    outcomes: list[Outcome]
    last_update: str | None = None


class Bookmaker(msgspec.Struct, gc=False):
    """One bookmaker of an event, as a clean answer has it."""

    key: Name
    markets: list[Market]
    last_update: str | None = None


class Event(msgspec.Struct, gc=False):
    """One event, as a clean answer has it."""

    id: Name
    commence_time: str
    home_team: Name
    away_team: Name
    bookmakers: list[Bookmaker]
    sport_key: str = ""


class Wrapper(msgspec.Struct, gc=False):
    """What the historical endpoint and archives put around the list of events."""

    data: list[Event]


_decode_list = msgspec.json.Decoder(list[Event]).decode
_decode_wrapper = msgspec.json.Decoder(Wrapper).decode


def read(answer: Answer) -> Reading:
    """What an answer says. Anything but a clean list of odds goes the tolerant way."""
    if answer.status_code == 200 and resource_of(answer.endpoint) == "odds":
        reading = read_clean(answer)
        if reading is not None:
            return reading
    return read_tolerantly(answer)


def read_clean(answer: Answer) -> Reading | None:
    """What a clean answer says; None when anything in it needs a closer look."""
    try:
        if answer.body.startswith(b"["):
            events = _decode_list(answer.body)
        elif answer.body.startswith(b"{"):
            events = _decode_wrapper(answer.body).data
        else:
            return None
        return _flatten(answer, events)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, OverflowError, RecursionError):
        # A time that cannot be read raises ValueError; the tolerant way says which one.
        return None


def _flatten(answer: Answer, events: list[Event]) -> Reading | None:
    """The columns, level by level: a value of an event, bookmaker or market is repeated for each quote below it."""
    books = [book for event in events for book in event.bookmakers]
    markets = [market for book in books for market in book.markets]
    listed = [market.outcomes for market in markets]
    outcomes = list(chain.from_iterable(listed))
    names = [outcome.name for outcome in outcomes]
    sizes = np.fromiter(map(len, listed), np.int64, len(listed))
    if _repeats(events, books, listed, names, sizes):
        return None
    book_of_market = _positions([len(book.markets) for book in books])
    event_of_book = _positions([len(event.bookmakers) for event in events])
    book_updates = _array([book.last_update for book in books])[book_of_market].tolist()
    updates = [TIMES[market.last_update or update] for market, update in zip(markets, book_updates, strict=True)]
    quoted_at = np.array(updates, np.int64)
    quoted_at[quoted_at == NO_TIME] = answer.received_at
    price = np.array([outcome.price for outcome in outcomes], np.float64)
    descriptions = [outcome.description for outcome in outcomes]
    return Reading(
        is_complete=answer.is_complete and lists_whole_sport(answer.endpoint),
        odds_format=odds_format_of(answer.endpoint, price),
        games=[
            Game(e.id, e.sport_key or answer.sport_key, e.home_team, e.away_team, microseconds(e.commence_time))
            for e in events
        ],
        event=np.repeat(event_of_book[book_of_market], sizes).tolist(),
        bookmaker=np.repeat(_array([book.key for book in books])[book_of_market], sizes).tolist(),
        market=np.repeat(_array([market.key for market in markets]), sizes).tolist(),
        outcome=names,
        description=[text or "" for text in descriptions] if any(descriptions) else None,
        price=price,
        # A null becomes NaN, like a point that is not there.
        point=np.array([outcome.point for outcome in outcomes], np.float64),
        quoted_at=np.repeat(quoted_at, sizes),
    )


def _positions(counts: list[int]) -> npt.NDArray[np.int64]:
    """0 as often as the first count says, then 1, and so on: the parent's position for each child."""
    return np.repeat(np.arange(len(counts)), np.array(counts, np.int64))


def _array(values: Sequence[object]) -> npt.NDArray[np.object_]:
    return np.array(values, np.object_)


def _repeats(
    events: list[Event],
    books: list[Bookmaker],
    listed: list[list[Outcome]],
    names: list[str],
    sizes: npt.NDArray[np.int64],
) -> bool:
    """Whether an event, a bookmaker of an event, a market of a bookmaker or an outcome of a market stands twice."""
    if len({event.id for event in events}) < len(events):
        return True
    if any(len({book.key for book in event.bookmakers}) < len(event.bookmakers) for event in events):
        return True
    if any(len({market.key for market in book.markets}) < len(book.markets) for book in books):
        return True
    # Markets of two outcomes are most of them: where no two neighbours in the whole column are equal, none of them repeats.
    suspects = listed if any(map(eq, names, islice(names, 1, None))) else [listed[i] for i in np.flatnonzero(sizes > 2)]
    return any(len(set(map(_identity, market))) < len(market) for market in suspects)


def _identity(outcome: Outcome) -> tuple[str, str, float | None]:
    has_point = outcome.point is not None and not math.isnan(outcome.point)
    return outcome.name, outcome.description or "", outcome.point if has_point else None
