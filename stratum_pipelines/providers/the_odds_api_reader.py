"""Reading odds answers of The Odds API, version 4: bytes in, flat columns out. Pure, and it never raises for bad content.

A clean answer takes the fast way: one typed decode and a handful of list comprehensions. Whatever is not clean goes
element by element through `the_odds_api_tolerant`, which keeps what is good and says what it refused. On clean answers
both give the same reading.
"""

import math
from operator import attrgetter
from typing import Annotated, Any

import msgspec
import numpy as np

from stratum_pipelines.providers.reading import Answer, Game, Layout, Reading
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
    """One market of a bookmaker, as a clean answer has it; its outcomes are read apart, most lists many times over."""

    key: Name
    outcomes: msgspec.Raw
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
_decode_outcomes = msgspec.json.Decoder(list[Outcome]).decode


class Listed:
    """The outcomes of one market: `names` (one object per tuple of names), prices and points as bytes of 64-bit floats.

    `descriptions` are None where there are none.
    """

    __slots__ = ("descriptions", "names", "point", "price", "size")

    def __init__(self, outcomes: list[Outcome], names: "NameTuples") -> None:
        """Lay out decoded outcomes. Raises ValueError where one stands twice."""
        if len(set(map(_identity, outcomes))) < len(outcomes):
            raise ValueError("An outcome stands twice.")
        self.size = len(outcomes)
        self.names = names[tuple([outcome.name for outcome in outcomes])]
        self.price = np.array([outcome.price for outcome in outcomes], np.float64).tobytes()
        # A null becomes NaN, like a point that is not there.
        self.point = np.array([outcome.point for outcome in outcomes], np.float64).tobytes()
        texts = [outcome.description or "" for outcome in outcomes]
        self.descriptions = texts if any(texts) else None


class Named:
    """Names of outcomes, in order. There is one object for each tuple of names, so comparing them costs nothing."""

    __slots__ = ("texts",)

    def __init__(self, texts: tuple[str, ...]) -> None:
        """Wrap the names."""
        self.texts = texts


class NameTuples(dict[tuple[str, ...], Named]):
    """Every tuple of names by its texts."""

    def __missing__(self, texts: tuple[str, ...]) -> Named:
        """A new one."""
        self[texts] = found = Named(texts)
        return found


class Known(dict[bytes, Listed]):
    """Lists of outcomes by their bytes, each read once: a market whose line stands looks the same in every answer."""

    largest = 32_000_000

    def __init__(self) -> None:
        """Know nothing yet."""
        super().__init__()
        self.size, self.names = 0, NameTuples()

    def __missing__(self, body: bytes) -> Listed:
        """Read and remember. Raises msgspec.DecodeError or ValueError for what is no clean list of outcomes."""
        found = Listed(_decode_outcomes(body), self.names)
        # Beside its bytes and numbers an entry takes about as much as 300 bytes.
        self.size += len(body) + 16 * found.size + 300
        if self.size > self.largest:
            self.clear()
            self.size, self.names = 0, NameTuples()
        self[body] = found
        return found


class Layouts(dict[tuple[tuple[object, ...], ...], Layout | None]):
    """Layouts by the books, numbers of markets, markets and names of outcomes of a game; None where anything stands twice."""

    largest = 4_096

    def __missing__(self, key: tuple[tuple[Any, ...], ...]) -> Layout | None:
        """Put one together and remember it."""
        if len(self) >= self.largest:
            self.clear()
        books, counts, markets, names = key
        book_of_market = [book for book, n in zip(books, counts, strict=True) for _ in range(n)]
        repeated = len(set(books)) < len(books) or len(set(zip(book_of_market, markets, strict=True))) < len(markets)
        sizes = [len(named.texts) for named in names]
        self[key] = found = (
            None
            if repeated
            else Layout.of(
                [book for book, n in zip(book_of_market, sizes, strict=True) for _ in range(n)],
                [market for market, n in zip(markets, sizes, strict=True) for _ in range(n)],
                [text for named in names for text in named.texts],
            )
        )
        return found


_known = Known()
_layouts = Layouts()


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
        # A time that cannot be read and an outcome listed twice raise ValueError; the tolerant way says which one.
        return None


def _flatten(answer: Answer, events: list[Event]) -> Reading | None:
    """The columns, level by level: a value of an event, bookmaker or market is repeated for each quote below it."""
    books = [book for event in events for book in event.bookmakers]
    markets = [market for book in books for market in book.markets]
    listed = [_known[bytes(market.outcomes)] for market in markets]
    layouts = _laid_out(events, books, markets, listed)
    if layouts is None:
        return None
    sizes = np.array([one.size for one in listed], np.int64)
    quoted_at = np.array([TIMES[stamp] for stamp in _stamps(books, markets)], np.int64)
    quoted_at[quoted_at == NO_TIME] = answer.received_at
    price = np.frombuffer(bytearray().join([one.price for one in listed]))
    description = None
    if any(map(attrgetter("descriptions"), listed)):
        description = [text for one in listed for text in one.descriptions or [""] * one.size]
    return Reading(
        is_complete=answer.is_complete and lists_whole_sport(answer.endpoint),
        odds_format=odds_format_of(answer.endpoint, price),
        games=[
            Game(e.id, e.sport_key or answer.sport_key, e.home_team, e.away_team, microseconds(e.commence_time))
            for e in events
        ],
        description=description,
        price=price,
        point=np.frombuffer(bytearray().join([one.point for one in listed])),
        quoted_at=np.repeat(quoted_at, sizes),
        layouts=layouts,
    )


def _stamps(books: list[Bookmaker], markets: list[Market]) -> list[str | None]:
    """When each market was last updated, else its book."""
    stamps = [market.last_update for market in markets]
    if all(stamps):
        return stamps
    of_books = [book.last_update for book in books for _ in book.markets]
    return [stamp or of_book for stamp, of_book in zip(stamps, of_books, strict=True)]


def _laid_out(
    events: list[Event], books: list[Bookmaker], markets: list[Market], listed: list[Listed]
) -> list[Layout] | None:
    """The layout of every event; None where an event, a book of an event or a market of a book stands twice."""
    if len({event.id for event in events}) < len(events):
        return None
    keys, counts = [book.key for book in books], [len(book.markets) for book in books]
    market_keys, names = [market.key for market in markets], [one.names for one in listed]
    layouts = []
    book = market = 0
    for event in events:
        last_book = book + len(event.bookmakers)
        own = tuple(counts[book:last_book])
        last_market = market + sum(own)
        of_markets = slice(market, last_market)
        layout = _layouts[tuple(keys[book:last_book]), own, tuple(market_keys[of_markets]), tuple(names[of_markets])]
        if layout is None:
            return None
        layouts.append(layout)
        book, market = last_book, last_market
    return layouts


def _identity(outcome: Outcome) -> tuple[str, str, float | None]:
    has_point = outcome.point is not None and not math.isnan(outcome.point)
    return outcome.name, outcome.description or "", outcome.point if has_point else None
