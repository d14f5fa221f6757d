"""What both ways of reading The Odds API share: its times, what an endpoint covers, and which odds an answer quotes."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

OddsFormat = Literal["american", "decimal"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

# Parameters that make an answer list only a part of its sport: what is missing from it has not vanished.
_NARROWING = ("eventIds", "commenceTimeFrom", "commenceTimeTo")


NO_TIME = -(2**63)


class Times(dict[str | None, int]):
    """Times by their text, parsed once: a feed repeats the same stamp thousands of times. No text is `NO_TIME`."""

    largest = 65_536

    def __missing__(self, text: str | None) -> int:
        """Parse and remember. Raises ValueError for what is no time."""
        if len(self) > self.largest:
            self.clear()
        self[text] = at = parsed(text) if text else NO_TIME
        return at


TIMES = Times()


def microseconds(text: str) -> int:
    """UTC microseconds since 1970 of an ISO 8601 time; without a zone it is UTC. Raises ValueError for anything else."""
    if not text:
        raise ValueError("An empty text is no time.")
    return TIMES[text]


def parsed(text: str) -> int:
    """As `microseconds`, without remembering."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - EPOCH) // MICROSECOND


def iso(at: int) -> str:
    """The time as the provider writes it, to the second: 2025-10-09T04:11:47Z."""
    return datetime.fromtimestamp(at // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def query_of(endpoint: str) -> dict[str, str]:
    """The public parameters of an endpoint as raw_odds stores it; our own notes behind a # are none."""
    return dict(part.split("=", 1) for part in _asked(endpoint).partition("?")[2].split("&") if "=" in part)


def resource_of(endpoint: str) -> str:
    """What an endpoint lists: the last word of its path, such as odds, scores or events."""
    return _asked(endpoint).partition("?")[0].rstrip("/").rpartition("/")[2]


def _asked(endpoint: str) -> str:
    return endpoint.partition("#")[0]


@lru_cache(maxsize=1024)
def lists_whole_sport(endpoint: str) -> bool:
    """Whether an answer of this endpoint lists all games of its sport, so that what it lacks has vanished."""
    path = _asked(endpoint).partition("?")[0]
    query = query_of(endpoint)
    return resource_of(endpoint) == "odds" and "/events/" not in path and not any(name in query for name in _NARROWING)


def odds_format_of(endpoint: str, prices: npt.NDArray[np.float64]) -> OddsFormat:
    """American or decimal: as was asked for, else by majority, since American prices are never within 100 of zero."""
    asked = query_of(endpoint).get("oddsFormat") if "?" in endpoint else None
    if asked in ("american", "decimal"):
        return "american" if asked == "american" else "decimal"
    american = int((np.abs(prices) >= 100).sum())
    return "american" if 2 * american >= prices.size else "decimal"
