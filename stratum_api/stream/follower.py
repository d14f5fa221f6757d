"""One open stream: what waits for its client, how far it has come, and how it ends.

At most `MOST_WAITING` messages wait for a client, and what waits is shared with all others who see the same, so a slow client costs no
memory of its own. One that falls that far behind, or whose connection takes nothing for `STUCK_S`, is told and dropped.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from stratum_api import measures
from stratum_api.stream import frames
from stratum_api.stream.event import Event
from stratum_api.stream.frames import Frame
from stratum_api.stream.past import TooOld
from stratum_api.stream.shown import Tier
from stratum_api.stream.wanted import Wanted
from stratum_api.visitor import Visitor
from warehouse.errors import WarehouseError

if TYPE_CHECKING:
    from stratum_api.stream.tail import Tail

MOST_WAITING = 1_000
# Written at once, and a message more: a client that has fallen behind costs few system calls, and one that takes nothing little memory.
BYTES_AT_ONCE = 65_536
STUCK_S = 10.0
# A connection that took nothing for so long is not merely waiting for the network.
BLOCKED_S = 0.25
# How long a client that is dropped has to take what it is told, and one whose access has ended.
GRACE_S = 5.0
ENDED_S = 0.5

Write = Callable[[Sequence[Frame]], Awaitable[None]]


class Follower:
    """A client of the stream."""

    __slots__ = (
        "_deadline",
        "_more",
        "_pump",
        "_write",
        "_writing_since",
        "ending",
        "is_resumed",
        "position",
        "tail",
        "tier",
        "visitor",
        "waiting",
        "wanted",
    )

    def __init__(
        self, tail: "Tail", visitor: Visitor, tier: Tier, wanted: Wanted, position: int, *, is_resumed: bool
    ) -> None:
        """`position` is the sequence it begins after, the client's own word where the stream is resumed."""
        self.tail, self.visitor, self.tier, self.wanted = tail, visitor, tier, wanted
        # Everything up to here was offered to it; what it did not want counts as well.
        self.position, self.is_resumed = position, is_resumed
        self.waiting = deque([frames.ready(self.position)])
        # The topic of its last message, once it is to end.
        self.ending = ""
        self._deadline = 0.0
        self._more = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._write: Write | None = None
        self._writing_since: float | None = None

    @property
    def is_busy(self) -> bool:
        """Whether much waits for a connection that does take what is written."""
        since = self._writing_since
        blocked_s = 0.0 if since is None else time.monotonic() - since
        return len(self.waiting) > MOST_WAITING // 2 and blocked_s < BLOCKED_S

    def offer(self, event: Event) -> None:
        """Take the next message, if it is wanted and was not taken before."""
        if event.sequence <= self.position or self.ending:
            return
        self.position = event.sequence
        if self.wanted.takes(event, self.visitor.account_id):
            frame = event.frame(self.tier)
            if frame is not None:
                self._add(frame)

    def beat(self, frame: Frame) -> None:
        """Take a heartbeat, unless messages wait: they say as much."""
        if not self.waiting and not self.ending:
            self._add(frame)

    def end(self, frame: Frame, topic: str, *, drops: bool) -> None:
        """Tell the client why the stream ends, and end it; `drops` leaves out what still waits."""
        if self.ending:
            return
        self.ending = topic
        self._deadline = time.monotonic() + (ENDED_S if topic == "access_ended" else GRACE_S)
        if drops:
            self.waiting.clear()
        self.waiting.append(frame)
        self._more.set()
        measures.STREAMS_ENDED.labels(topic).inc()

    def check(self, now: float) -> None:
        """Drop it where its connection takes nothing any more; `now` is the monotonic clock's."""
        if not self.ending and self._writing_since is not None and now - self._writing_since > STUCK_S:
            self._fall_behind()
        if self.ending and now > self._deadline and self._pump is not None:
            self._pump.cancel()

    async def serve(self, write: Write, gone: Awaitable[None]) -> bool:
        """Write until the stream ends or the client is `gone`; gives whether it was told how it ends."""
        self._write = write
        self._pump = asyncio.create_task(self._run())
        leaving = asyncio.ensure_future(gone)
        try:
            await asyncio.wait({self._pump, leaving}, return_when=asyncio.FIRST_COMPLETED)
            return self._pump.done() and not self._pump.cancelled() and self._pump.exception() is None
        finally:
            self.tail.leave(self)
            for task in (self._pump, leaving):
                task.cancel()
                # Whoever has gone away cannot be written to; that is no fault.
                with contextlib.suppress(asyncio.CancelledError, OSError):
                    await task

    async def write_waiting(self) -> None:
        """Write everything that waits."""
        assert self._write is not None
        while self.waiting:
            some, n_bytes = [], 0
            while self.waiting and n_bytes < BYTES_AT_ONCE:
                some.append(self.waiting.popleft())
                n_bytes += len(some[-1].sse)
            self._writing_since = time.monotonic()
            await self._write(some)
            self._writing_since = None

    async def _run(self) -> None:
        try:
            await self.tail.join(self)
        except TooOld as error:
            self.end(frames.snapshot_required(error.oldest, error.newest), "snapshot_required", drops=False)
        except WarehouseError:
            self.end(frames.reconnect("the database does not answer", frames.RETRY_MS), "reconnect", drops=False)
        while True:
            await self.write_waiting()
            if self.ending:
                return
            self._more.clear()
            await self._more.wait()

    def _add(self, frame: Frame) -> None:
        if len(self.waiting) >= MOST_WAITING:
            self._fall_behind()
            return
        self.waiting.append(frame)
        self._more.set()

    def _fall_behind(self) -> None:
        self.end(frames.slow_consumer(len(self.waiting)), "slow_consumer", drops=True)
