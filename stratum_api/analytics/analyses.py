"""Answers about trades: each computed once, in a thread, and remembered until the trades change."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Concatenate, ParamSpec, TypeVar

from stratum_api.analytics.asked import Asked
from stratum_api.analytics.trade_book import TradeBook, TradesNow

Details = ParamSpec("Details")
Found = TypeVar("Found")

# Computed at once by one worker; what comes meanwhile waits its turn, and the event loop goes on answering.
AT_ONCE = 2
# The largest is a curve of 2,000 points.
MOST_REMEMBERED = 256


class Analyses:
    """Computes answers from the trades of one lake."""

    def __init__(self, book: TradeBook, *, most: int = MOST_REMEMBERED, at_once: int = AT_ONCE) -> None:
        self.book = book
        self.most = most
        self._found: OrderedDict[Hashable, Any] = OrderedDict()
        self._computing: dict[Hashable, asyncio.Task[Any]] = {}
        self._turns = asyncio.Semaphore(at_once)

    async def get(
        self,
        work: Callable[Concatenate[TradesNow, Asked, Details], Found],
        asked: Asked,
        *details: Details.args,
        **named: Details.kwargs,
    ) -> Found:
        """What `work` makes of the trades as they stand. Whoever asks the same meanwhile waits for the same answer.

        `work` is a function of its arguments alone, and its answer is shared: nobody may change it.
        """
        now = await self.book.now()
        asked = asked.at(now.moment(asked.as_of))
        key = (now.state, work, asked, details, tuple(sorted(named.items())))
        if key in self._found:
            self._found.move_to_end(key)
            found: Found = self._found[key]
            return found
        if key not in self._computing:
            self._computing[key] = asyncio.create_task(self._compute(key, lambda: work(now, asked, *details, **named)))
            self._computing[key].add_done_callback(lambda task: self._end(key, task))
        # Shielded: a caller who goes away does not take the answer from the others.
        answer: Found = await asyncio.shield(self._computing[key])
        return answer

    async def _compute(self, key: Hashable, work: Callable[[], Any]) -> Any:
        async with self._turns:
            found = await asyncio.to_thread(work)
        self._found[key] = found
        while len(self._found) > self.most:
            self._found.popitem(last=False)
        return found

    def _end(self, key: Hashable, task: "asyncio.Task[Any]") -> None:
        del self._computing[key]
        if not task.cancelled():
            task.exception()  # seen, also where nobody waits for it
