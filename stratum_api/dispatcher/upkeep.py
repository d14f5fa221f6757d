"""What is done beside delivering: gauges of the queue, and forgetting what is old."""

import asyncio
import contextlib
import datetime as dt
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from stratum_api.dispatcher import measures
from stratum_api.dispatcher.directory import entitled
from warehouse.database import Database
from warehouse.database.webhooks import WebhookSecrets
from warehouse.database.webhooks.retention import prune
from warehouse.database.webhooks.waiting import QueueState, queue_state
from warehouse.errors import DatabaseError

logger = logging.getLogger("stratum.dispatcher")

LOOK_EVERY_S = 30.0
PRUNE_EVERY_S = 3600.0


class Upkeep:
    """Looks at the queue now and then, and prunes by the hour."""

    def __init__(self, database: Database, log_days: int) -> None:
        self.database = database
        self.log_days = log_days

    async def run(self, stopping: asyncio.Event, in_thread: Callable[[Callable[[], Any]], Awaitable[Any]]) -> None:
        """Go on until it is time to stop."""
        pruned_at = -PRUNE_EVERY_S
        while not stopping.is_set():
            try:
                self._show(await in_thread(lambda: self.look(dt.datetime.now(dt.UTC))))
                if time.monotonic() - pruned_at > PRUNE_EVERY_S:
                    await in_thread(lambda: self.forget(dt.datetime.now(dt.UTC)))
                    pruned_at = time.monotonic()
            except DatabaseError as error:
                logger.warning("the queue cannot be looked at for now: %s", error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), LOOK_EVERY_S)

    def look(self, now: dt.datetime) -> QueueState:
        """The queue of all who get messages, whichever dispatcher delivers to them."""
        return queue_state(self.database, [one.endpoint_id for one in entitled(self.database)], now)

    def forget(self, now: dt.datetime) -> int:
        """Delete deliveries, attempts and ended secrets that are old enough; gives how many."""
        n = prune(self.database, now - dt.timedelta(days=self.log_days))
        n += WebhookSecrets(self.database).forget_ended(now)
        if n:
            logger.info("%d deliveries, attempts and ended secrets older than %d days deleted", n, self.log_days)
        return n

    def _show(self, state: QueueState) -> None:
        measures.DEPTH.set(state.n_pending)
        measures.OLDEST.set(state.oldest_due_s)
        measures.LAG.set(state.oldest_message_s)
