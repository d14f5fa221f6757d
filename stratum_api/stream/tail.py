"""Reads what is new in the outbox, once per worker and delay, and offers it to everybody who follows.

On PostgreSQL it is woken when messages are committed (NOTIFY), on SQLite it looks many times a second, which costs some microseconds.
Messages are read in pages by their sequence; a call that is lost delays them and loses none.
"""

import asyncio
import contextlib
import datetime as dt
import logging
from collections import deque

from stratum_api import measures
from stratum_api.stream.event import Event
from stratum_api.stream.follower import Follower
from stratum_api.stream.past import PAGE, Past
from warehouse.errors import WarehouseError

logger = logging.getLogger("stratum.api")

# Without a call. SQLite calls nothing out.
LOOK_EVERY_S = 1.0
LOOK_EVERY_S_ON_SQLITE = 0.025
AGAIN_AFTER_S = 0.5
# Messages kept in memory: who comes back within so many asks the database for nothing.
RECENT = 500


class Tail:
    """The newest end of the outbox, as those see it who see it so many seconds late."""

    def __init__(self, past: Past, delay_s: int) -> None:
        self.past = past
        self.delay = dt.timedelta(seconds=delay_s)
        # Everything up to here was offered; `recent` holds all of it after `_recent_from`.
        self.position = 0
        self.recent: deque[Event] = deque()
        self._recent_from = 0
        self.followers: set[Follower] = set()
        self._called = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None
        self._look_every_s = LOOK_EVERY_S_ON_SQLITE if past.rows.is_sqlite else LOOK_EVERY_S

    async def open(self) -> None:
        """Find the newest message there is to see, and begin to read on from it. Raises DatabaseError."""
        self.position = self._recent_from = await self.newest()
        self._reading = asyncio.create_task(self._read_on())

    async def close(self) -> None:
        """Stop reading."""
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading

    @property
    def is_reading(self) -> bool:
        """Whether it goes on to read what is new."""
        return self._reading is not None and not self._reading.done()

    async def newest(self) -> int:
        """The sequence of the newest message there is to see now. Raises DatabaseError."""
        _, newest = await self.past.bounds(self._until())
        return newest

    def wake(self) -> None:
        """Look now. Who sees everything late is in no hurry: nothing that is committed now is to be seen."""
        if not self.delay:
            self._called.set()

    async def join(self, follower: Follower) -> None:
        """Offer a follower everything after its position, and from then on what is new.

        What is in memory comes from there, what is older from the outbox, a page at a time, each when the one before is written.
        Raises TooOld and DatabaseError.
        """
        if follower.is_resumed:
            # The outbox says, not memory: another worker may have read more, and told the client.
            await self.past.check(follower.position, follower.tier.oldest_at(dt.datetime.now(dt.UTC)), self._until())
        while not follower.ending and not self._attach(follower):
            offered = self.position
            page = [
                event for event in await self.past.page(follower.position, self._until()) if self._wait_s(event) <= 0
            ]
            for event in page:
                follower.offer(event)
            if len(page) < PAGE:
                follower.position = max(follower.position, offered)
            await follower.write_waiting()

    def leave(self, follower: Follower) -> None:
        """Offer it nothing more."""
        self.followers.discard(follower)

    def _attach(self, follower: Follower) -> bool:
        """Whether memory reaches back to where the follower is; then it has everything and gets what comes. Never waits."""
        if follower.position < self._recent_from:
            return False
        for event in self.recent:
            follower.offer(event)
        self.followers.add(follower)
        return True

    async def _read_on(self) -> None:
        while True:
            wait_s = self._look_every_s
            try:
                wait_s = await self._read_new()
            except WarehouseError as error:
                logger.warning("the stream waits for the database: %s", error)
                wait_s = AGAIN_AFTER_S
            except Exception:
                logger.exception("the stream cannot read on")
                wait_s = AGAIN_AFTER_S
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._called.wait(), wait_s)
            self._called.clear()

    async def _read_new(self) -> float:
        """Offer what is new; gives for how long nothing more can be."""
        while True:
            page = await self.past.new(self.position)
            for event in page:
                wait_s = self._wait_s(event)
                if wait_s > 0:
                    return wait_s
                self._offer(event)
            if len(page) < PAGE:
                return self._look_every_s
            await self._let_write()

    def _until(self) -> dt.datetime | None:
        return dt.datetime.now(dt.UTC) - self.delay if self.delay else None

    def _wait_s(self, event: Event) -> float:
        if not self.delay:
            return 0.0
        return (event.created_at + self.delay - dt.datetime.now(dt.UTC)).total_seconds()

    def _offer(self, event: Event) -> None:
        self.position = event.sequence
        if event.facts is None:
            # One row that somebody wrote wrongly must not hold up all that come after it.
            measures.STREAM_UNREADABLE.inc()
            logger.error(
                "the message %d of the outbox (%s) cannot be read and is shown to nobody", event.sequence, event.topic
            )
        self.recent.append(event)
        if len(self.recent) > RECENT:
            self._recent_from = self.recent.popleft().sequence
        for follower in self.followers:
            follower.offer(event)
        if not self.delay:
            measures.STREAM_LAG.observe(max((dt.datetime.now(dt.UTC) - event.created_at).total_seconds(), 0.0))

    async def _let_write(self) -> None:
        """In a burst, wait for everybody whose connection takes what is written: only those it does not may fall behind."""
        while any(follower.is_busy for follower in self.followers):
            await asyncio.sleep(0.001)
