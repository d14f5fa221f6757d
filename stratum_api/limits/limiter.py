"""Decides whether a request is within its limit, and asks the shared counts as rarely as that can be done exactly.

Requests of one key that arrive while a question is under way wait for it and share the next one, which asks for exactly as many as
are waiting. So nothing is over-admitted, nothing within the limit is refused, and a burst costs two questions instead of one
per request. Where a limit is so high that a question per request would cost more than it is worth (above AHEAD_FROM a minute), a
worker takes up to 1/64 of it ahead, less towards the end of the minute; what it does not use is lost until the next one.
Windows are the minutes of the clock, in UTC.
"""

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from stratum_api.limits.windows import KEPT_MINUTES, Windows
from warehouse.errors import DatabaseError

logger = logging.getLogger("stratum.api")

WINDOW_S = 60
AHEAD_FROM = 1_000


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a request is admitted, how many are left in its minute, and when the next minute begins (seconds since 1970)."""

    is_admitted: bool
    limit: int
    remaining: int
    reset_at: int
    reset_in_s: int


@dataclass(slots=True, eq=False)
class _Window:
    minute: int
    limit: int
    held: int = 0  # granted to this worker and not used yet
    taken: int = 0
    is_spent: bool = False
    waiting: int = 0
    question: asyncio.Future[None] | None = field(default=None, repr=False)


class Limiter:
    """Admits requests of a subject, a key or an address, up to a limit per minute."""

    def __init__(self, windows: Windows, clock: Callable[[], float] = time.time) -> None:
        self.windows = windows
        self._clock = clock
        self._of: dict[str, _Window] = {}
        self._tidying: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open the shared counts."""
        await self.windows.open()
        self._tidying = asyncio.create_task(self._tidy())

    async def close(self) -> None:
        """Close them."""
        if self._tidying is not None:
            self._tidying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._tidying
        await self.windows.close()

    async def admit(self, subject: str, limit: int) -> Decision:
        """The decision about one request that arrives now. Raises DatabaseError."""
        now = self._clock()
        minute = int(now // WINDOW_S)
        window = self._of.get(subject)
        if window is None or window.minute != minute or window.limit != limit:
            window = self._of[subject] = _Window(minute, limit)
        while not window.held and not window.is_spent:
            if window.question is None:
                window.question = asyncio.ensure_future(self._ask(subject, window))
            window.waiting += 1
            try:
                # Shielded: a caller who goes away does not take the answer from the others.
                await asyncio.shield(window.question)
            finally:
                window.waiting -= 1
        is_admitted = window.held > 0
        window.held -= is_admitted
        reset_at = (minute + 1) * WINDOW_S
        remaining = max(limit - window.taken + window.held, 0) if is_admitted else 0
        return Decision(is_admitted, limit, remaining, reset_at, max(math.ceil(reset_at - now), 1))

    def is_spent(self, subject: str, limit: int) -> bool:
        """Whether nothing is left of the subject's minute, as far as this worker knows: nobody is asked. True is certain, False is not."""
        window = self._of.get(subject)
        if window is None or window.minute != int(self._clock() // WINDOW_S) or window.limit != limit:
            return False
        return window.is_spent and not window.held

    async def _ask(self, subject: str, window: _Window) -> None:
        try:
            # One turn of the loop, in which those who arrive together come to wait together.
            await asyncio.sleep(0)
            wanted = max(window.waiting, 1) + _ahead(window)
            answer = await self.windows.take(subject, window.minute, wanted, window.limit)
            window.held += answer.granted
            window.taken = answer.taken
            window.is_spent = answer.granted < wanted or answer.taken >= window.limit
        finally:
            window.question = None

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(WINDOW_S / 2)
            minute = int(self._clock() // WINDOW_S)
            self._of = {subject: window for subject, window in self._of.items() if window.minute == minute}
            try:
                await self.windows.forget(minute - KEPT_MINUTES)
            except DatabaseError as error:
                logger.warning("old counts of limits are kept for now: %s", error)


def _ahead(window: _Window) -> int:
    """How many are taken beyond those waiting."""
    if window.limit < AHEAD_FROM:
        return 0
    return min(window.limit // 64, (window.limit - window.taken) // 8)
