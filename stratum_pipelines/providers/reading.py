"""What a provider was asked, what it answered, and what the answer says: the three shapes every provider shares."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal, NamedTuple

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


@dataclass
class Reading:
    """What one answer says, in the provider's own words: flat columns with one entry per quote.

    `event` holds positions in `games`. `price` is as quoted (`odds_format`), NaN where it could not be read as a number;
    `point` is NaN where there is none. `quoted_at` is the market's last update, else the book's, else the receipt, in UTC
    microseconds, not yet clamped. Names are not yet canonical.

    `structures` (one number per game, if anybody counted) is the same for two games, of whatever answers, whose quotes stand
    under the same bookmakers, markets and outcomes in the same order: then what was found out about one holds for both.
    `event` rises where it is given.

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
    structures: list[int] | None = None
