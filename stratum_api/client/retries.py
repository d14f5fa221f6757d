"""When a request is sent again, and after how long: a decision without a clock, the same for both clients."""

import random
from dataclasses import dataclass

import httpx

# The API, or what stands before it, is busy or being replaced; what was asked for was not done.
BUSY = frozenset({429, 503})
# Something between did not get an answer: what was asked for may have been done.
LOST = frozenset({502, 504})
REPEATABLE = frozenset({"GET", "HEAD", "DELETE", "PUT"})


@dataclass(frozen=True, slots=True)
class Retries:
    """`attempts` in all, with waits drawn from 0 to `first_wait_s` doubled each time ("full jitter"), never above `longest_wait_s`.

    Where the server says how long to wait, it is waited exactly so long; longer than `longest_wait_s` is not waited at all.
    """

    attempts: int = 5
    first_wait_s: float = 0.5
    longest_wait_s: float = 60.0

    def wait_s(self, attempt: int, draw: float, asked_s: float | None = None) -> float | None:
        """Seconds before the attempt after `attempt` (1 is the first); None when there is to be none. `draw` is from 0 to 1.

        Examples:
            >>> Retries().wait_s(3, 0.5)
            1.0
            >>> Retries().wait_s(1, 0.5, asked_s=7)
            7
            >>> Retries().wait_s(5, 0.5) is None
            True
        """
        if attempt >= self.attempts:
            return None
        if asked_s is not None:
            return asked_s if asked_s <= self.longest_wait_s else None
        return draw * min(self.first_wait_s * 2 ** (attempt - 1), self.longest_wait_s)


USUAL = Retries()
NO_RETRIES = Retries(attempts=1)


def draw() -> float:
    """A number from 0 to 1, so that clients that failed together do not come back together."""
    return random.random()  # noqa: S311 - it spreads waits and guards nothing


def is_worth_repeating(method: str, outcome: int | httpx.TransportError) -> bool:
    """Whether a request that ended so may be sent again without being done twice."""
    if isinstance(outcome, int):
        return outcome in BUSY or (outcome in LOST and method in REPEATABLE)
    if isinstance(outcome, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return True  # nothing had been sent
    return method in REPEATABLE
