"""The outbox as the stream reads it: pages after a sequence, and how far back it reaches."""

import asyncio
import datetime as dt

from stratum_api.rows import Rows
from stratum_api.stream.event import Event
from warehouse.database.types import micros

PAGE = 200
# How many readers of the past ask at once: the reader of what is new must not stand behind them.
READERS = 2

BOUNDS = "select coalesce(min(sequence), 1), coalesce(max(sequence), 0) from outbox"
LATER = "select min(sequence) from outbox where created_at > $1"
FIRST = "select sequence from outbox where created_at >= $1 order by created_at limit 1"
AFTER = (
    "select sequence, outbox_id, topic, subject_id, payload, created_at from outbox "
    "where sequence > $1 order by sequence limit $2"
)


class TooOld(Exception):
    """Messages after the asked sequence are gone, or it was never given out: there is no way on without a gap."""

    def __init__(self, oldest: int, newest: int) -> None:
        super().__init__(f"The outbox holds {oldest} to {newest}.")
        self.oldest, self.newest = oldest, newest


class Past:
    """Reads the outbox. Whoever catches up takes turns; the tail does not wait for them."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self._turns = asyncio.Semaphore(READERS)

    async def new(self, after: int) -> list[Event]:
        """The next page after a sequence. Raises DatabaseError."""
        return [Event(row) for row in await self.rows.fetch(AFTER, after, PAGE)]

    async def page(self, after: int, until: dt.datetime | None = None) -> list[Event]:
        """The next page after a sequence, with nothing missing before it. Raises TooOld, as seen at `until`, and DatabaseError."""
        async with self._turns:
            events = await self.new(after)
            # Asked after the page: what was deleted while it was read shows in the bounds.
            await self._check(after, until)
        return events

    async def check(self, after: int, oldest_at: dt.datetime | None = None, until: dt.datetime | None = None) -> None:
        """Raises TooOld where messages after a sequence may be gone or are from before `oldest_at`, or it lies ahead of them all.

        Whoever sees everything late is told of no more than was there at `until`.
        """
        async with self._turns:
            oldest, newest = await self._check(after, until)
            if oldest_at is not None:
                found = await self.rows.fetch(FIRST, self._moment(oldest_at))
                first = found[0][0] if found else newest
                if after < first - 1 and oldest < first:
                    raise TooOld(first, newest)

    async def bounds(self, until: dt.datetime | None = None) -> tuple[int, int]:
        """The first sequence that is kept, and the newest (0: none), before the first message that was created after `until`."""
        ((oldest, newest),) = await self.rows.fetch(BOUNDS)
        if until is not None:
            ((later,),) = await self.rows.fetch(LATER, self._moment(until))
            newest = newest if later is None else min(newest, later - 1)
        return min(oldest, newest + 1), newest

    def _moment(self, moment: dt.datetime) -> int | dt.datetime:
        return micros(moment) if self.rows.is_sqlite else moment

    async def _check(self, after: int, until: dt.datetime | None) -> tuple[int, int]:
        oldest, newest = await self.bounds(until)
        if not oldest - 1 <= after <= newest:
            raise TooOld(oldest, newest)
        return oldest, newest
