"""What a provider was asked, what it answered, and what the answer says: the three shapes every provider shares."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from sys import intern
from typing import Any, Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt

Source = Literal["live", "archive", "simulator"]

YEAR_2200 = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000


@dataclass(frozen=True)
class Request:
    """One thing to ask a provider for. Credentials are no part of it: the fetcher adds them as the request leaves.

    `query` holds the public parameters; `cost` is the number of provider credits the request is expected to use.
    """

    provider: str
    sport_key: str
    base_url: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    cost: int = 0

    @property
    def endpoint(self) -> str:
        """Path and public parameters in one line: what raw_odds stores."""
        return self.path + ("?" + "&".join(f"{k}={v}" for k, v in self.query) if self.query else "")


@dataclass(frozen=True)
class Answer:
    """One answer as it came: bytes and circumstances, nothing interpreted. Times are UTC microseconds since 1970.

    `endpoint` says what was asked, and behind a # what we noted on the answer ourselves (`providers.notes`).
    `is_complete` is what the transport knows (status 200, body not trimmed); a reader may still find it incomplete.
    """

    provider: str
    sport_key: str
    endpoint: str
    received_at: int
    body: bytes
    source: Source
    requested_at: int | None = None
    status_code: int = 200
    credits_used: int | None = None
    credits_remaining: int | None = None
    credits_last: int | None = None
    is_complete: bool = True

    @cached_property
    def body_sha256(self) -> str:
        """SHA-256 of the body, in hex."""
        return hashlib.sha256(self.body).hexdigest()

    @cached_property
    def response_id(self) -> str:
        """First 32 hex digits of SHA-256 over provider, sport_key, endpoint, received_at and body digest."""
        return identity(self.provider, self.sport_key, self.endpoint, str(self.received_at), self.body_sha256)


def identity(*parts: str) -> str:
    """A deterministic id: the first 32 hex digits of SHA-256 over the parts, separated so that no two lists collide."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def is_plausible(at: int) -> bool:
    """Whether UTC microseconds lie in the years 1970 to 2199: outside them a time is a mistake, and some cannot be stored."""
    return 0 <= at < YEAR_2200


class Refusal(NamedTuple):
    """Something refused: the table it was meant for, a reason code, a sentence, the value and where it stood."""

    table: str
    reason: str
    detail: str
    value: str
    place: str


class Game(NamedTuple):
    """A game as one answer names it. `commence_at` is UTC microseconds."""

    event_id: str
    sport_key: str
    home_team: str
    away_team: str
    commence_at: int


@dataclass(frozen=True, eq=False)
class Layout:
    """Under which names the quotes of a game stand, in their order; (n,) each. Equal ones have the same `digest`."""

    bookmaker: tuple[str, ...]
    market: tuple[str, ...]
    outcome: tuple[str, ...]
    digest: bytes

    @classmethod
    def of(cls, bookmaker: Iterable[str], market: Iterable[str], outcome: Iterable[str]) -> Self:
        """The layout of these columns."""
        books, markets, outcomes = (tuple(map(intern, column)) for column in (bookmaker, market, outcome))
        # Names may hold anything, so their lengths tell where each begins.
        text = "".join(f"{len(name)}:{name}" for name in (*books, *markets, *outcomes))
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        return cls(books, markets, outcomes, digest)


@dataclass
class Reading:
    """What one answer says, in the provider's own words: flat columns with one entry per quote.

    `event` holds positions in `games`. `price` is as quoted (`odds_format`), NaN where it could not be read as a number;
    `point` is NaN where there is none. `quoted_at` is the market's last update, else the book's, else the receipt, in UTC
    microseconds, not yet clamped. Names are not yet canonical.

    A reader that meets the same names over and over gives them as `layouts`, one per game, the quotes then in order of the
    games: what was found out about a layout of a game holds whenever it comes again. `event`, `bookmaker`, `market` and
    `outcome` follow from the layouts, and are worked out where somebody asks.

    In a reading of kind `changes` only quotes that changed are listed: an unlisted quote stands as it was, a price of NaN
    withdraws the quote, and `unlisted` names the games that are gone.
    """

    is_complete: bool
    odds_format: Literal["american", "decimal"]
    games: list[Game] = field(default_factory=list)
    event: list[int] = field(default_factory=list)
    bookmaker: list[str] = field(default_factory=list)
    market: list[str] = field(default_factory=list)
    outcome: list[str] = field(default_factory=list)
    description: list[str] | None = None
    price: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    point: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    quoted_at: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    refusals: list[Refusal] = field(default_factory=list)
    kind: Literal["full", "changes"] = "full"
    unlisted: list[str] = field(default_factory=list)
    layouts: list[Layout] | None = None

    def __post_init__(self) -> None:
        """Leave the columns that follow from layouts to be asked for."""
        if self.layouts is not None:
            for name in _LAID_OUT:
                del self.__dict__[name]

    def __getattr__(self, name: str) -> Any:
        """Work out the columns that follow from the layouts."""
        layouts = self.__dict__.get("layouts")
        if name not in _LAID_OUT or layouts is None:
            raise AttributeError(name)
        self.event = np.repeat(np.arange(len(layouts)), self.sizes).tolist()
        for column in _LAID_OUT[1:]:
            setattr(self, column, [text for layout in layouts for text in getattr(layout, column)])
        return self.__dict__[name]

    @property
    def sizes(self) -> list[int]:
        """How many quotes each game has, where there are layouts."""
        return [len(layout.outcome) for layout in self.layouts or ()]

    @property
    def bookmakers(self) -> set[str]:
        """The bookmakers with a quote."""
        if self.layouts is None:
            return set(self.bookmaker)
        return set().union(*{layout.digest: layout.bookmaker for layout in self.layouts}.values())


_LAID_OUT = ("event", "bookmaker", "market", "outcome")
