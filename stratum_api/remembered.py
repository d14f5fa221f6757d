"""What a slow reading gave, kept for some seconds: so that a request waits for the lake only when nobody asked for long."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Found = TypeVar("Found")


class Remembered(Generic[Found]):
    """Reads one time at a time, whoever asks meanwhile.

    What was read within `fresh_s` is given as it is. Older than that, it is given once more while the next reading runs;
    older than twice that, the reading is waited for. A reading that fails fails whoever waits for it, and is tried again
    by the next.
    """

    def __init__(
        self, read: Callable[[], Awaitable[Found]], fresh_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._fresh_s = fresh_s
        self._clock = clock
        self._found: tuple[float, Found] | None = None
        self._reading: asyncio.Task[Found] | None = None

    async def get(self) -> Found:
        """What was read last."""
        if self._found is not None:
            age_s = self._clock() - self._found[0]
            if age_s < self._fresh_s:
                return self._found[1]
            self._begin()
            if age_s < 2 * self._fresh_s:
                return self._found[1]
        # Shielded: a caller who goes away does not take the reading from the others.
        return await asyncio.shield(self._begin())

    def _begin(self) -> "asyncio.Task[Found]":
        if self._reading is None:
            self._reading = asyncio.create_task(self._look())
            self._reading.add_done_callback(self._end)
        return self._reading

    def _end(self, task: "asyncio.Task[Found]") -> None:
        self._reading = None
        if not task.cancelled():
            task.exception()  # seen, also where nobody waits for it

    async def _look(self) -> Found:
        began = self._clock()
        found = await self._read()
        self._found = (began, found)
        return found
