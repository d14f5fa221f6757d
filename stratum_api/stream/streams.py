"""Every open stream of one worker: who follows, at which delay, and whether they still may."""

import asyncio
import contextlib
import datetime as dt
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from stratum_api.rows import Rows
from stratum_api.scopes import STREAM_READ
from stratum_api.stream import frames
from stratum_api.stream.follower import Follower
from stratum_api.stream.frames import Frame
from stratum_api.stream.past import Past
from stratum_api.stream.seats import RENEW_EVERY_S, Seat, Seats
from stratum_api.stream.shown import Tier
from stratum_api.stream.tail import Tail
from stratum_api.stream.wanted import Wanted
from stratum_api.visitor import Visitor
from warehouse.errors import WarehouseError

logger = logging.getLogger("stratum.api")

LOOK_AFTER_EVERY_S = 0.25
# Clients of a server that stops come back spread over so long.
SPREAD_MS = 3_000

# Who a key that was accepted lets in now; None once it is ended. Raises DatabaseError.
StillLetsIn = Callable[[str], Awaitable[Visitor | None]]


class Streams:
    """The streams of one worker."""

    def __init__(self, rows: Rows, seats: Seats, still: StillLetsIn, heartbeat_s: float) -> None:
        """`rows` are connections of the stream's own, so that no request stands in front of it."""
        self.past = Past(rows)
        self.seats = seats
        self.heartbeat_s = heartbeat_s
        self._still = still
        self._tails: dict[int, Tail] = {}
        self.followers: dict[Follower, Seat] = {}
        self._making = asyncio.Lock()
        self._working: list[asyncio.Task[None]] = []
        self._is_stopping = False

    async def open(self) -> None:
        """Begin to read what is new, and to look after those who follow."""
        await self.past.rows.open()
        await self.seats.open()
        await self._tail(0)
        self._working = [asyncio.create_task(work) for work in (self._look_after(), self._beat(), self._hold_seats())]

    async def close(self) -> None:
        """Stop; who still follows is told to come back."""
        self.stop()
        for task in self._working:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for tail in self._tails.values():
            await tail.close()
        self._tails.clear()
        await self.seats.close()
        await self.past.rows.close()

    @property
    def tail(self) -> Tail | None:
        """The tail of those who see everything at once; None until the streams are opened."""
        return self._tails.get(0)

    def wake(self) -> None:
        """Messages were committed: look now."""
        for tail in self._tails.values():
            tail.wake()

    def stop(self) -> None:
        """The server is about to stop: everybody is told to come back, to another worker or after the restart."""
        self._is_stopping = True
        for follower in list(self.followers):
            self._part(follower, "the server stops")

    @asynccontextmanager
    async def follower(
        self, visitor: Visitor, tier: Tier, wanted: Wanted, after: int | None
    ) -> AsyncIterator[Follower]:
        """A follower as long as the block, with a seat of its account. Raises TooManyStreams and DatabaseError."""
        async with self.seats.held(visitor.account_id, visitor.plan.streams) as seat:
            tail = await self._tail(tier.delay_s)
            place = await tail.newest() if after is None else after
            follower = Follower(tail, visitor, tier, wanted, place, is_resumed=after is not None)
            self.followers[follower] = seat
            if self._is_stopping:
                self._part(follower, "the server stops")
            try:
                yield follower
            finally:
                del self.followers[follower]

    async def _tail(self, delay_s: int) -> Tail:
        async with self._making:
            if delay_s not in self._tails:
                tail = Tail(self.past, delay_s)
                await tail.open()
                self._tails[delay_s] = tail
            return self._tails[delay_s]

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.heartbeat_s)
            now, made = dt.datetime.now(dt.UTC), dict[int, Frame]()
            for follower in list(self.followers):
                place = follower.position
                follower.beat(made.get(place) or made.setdefault(place, frames.heartbeat(place, now)))

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(LOOK_AFTER_EVERY_S)
            now = time.monotonic()
            for follower in list(self.followers):
                follower.check(now)
            with contextlib.suppress(WarehouseError):  # whoever checks keys says so already
                await self._look_at_keys()

    async def _look_at_keys(self) -> None:
        by_key: dict[str, list[Follower]] = {}
        for follower in self.followers:
            by_key.setdefault(follower.visitor.key_id, []).append(follower)
        for key_id, followers in by_key.items():
            visitor = await self._still(key_id)
            for follower in followers:
                if visitor is None or STREAM_READ not in visitor.scopes:
                    follower.end(frames.access_ended(), "access_ended", drops=True)
                elif visitor.plan != follower.visitor.plan:
                    self._part(follower, "the account's terms have changed")

    async def _hold_seats(self) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY_S)
            holding = dict(self.followers)
            try:
                held = await self.seats.renew()
            except WarehouseError as error:
                logger.warning("seats of streams cannot be renewed for now: %s", error)
                continue
            for follower, seat in holding.items():
                if seat not in held:
                    self._part(follower, "its seat was given to another stream")

    @staticmethod
    def _part(follower: Follower, reason: str) -> None:
        retry_ms = frames.RETRY_MS + random.randrange(SPREAD_MS)  # noqa: S311 (nobody is to guess nothing)
        follower.end(frames.reconnect(reason, retry_ms), "reconnect", drops=False)
