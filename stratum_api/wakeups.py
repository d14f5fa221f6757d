"""Hears what the database calls out: PostgreSQL's LISTEN/NOTIFY, over a connection of its own that comes back by itself.

A call only wakes; whoever is woken asks the database what there is. So a call that is lost costs a little time and never a fact,
and on SQLite, which calls nothing out, the same parts ask by the clock alone.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping

import asyncpg

from stratum_api.rows.postgres import LOST, address
from warehouse.settings import name_driver

logger = logging.getLogger("stratum.api")

AGAIN_AFTER_S = 1.0
ALIVE_EVERY_S = 5.0


class Wakeups:
    """Calls a function whenever its channel is called out."""

    def __init__(self, database_url: str, channels: Mapping[str, Callable[[], None]]) -> None:
        url = name_driver(database_url)
        self._address = "" if url.startswith("sqlite") else address(url)
        self._channels = dict(channels)
        self._listening: asyncio.Task[None] | None = None

    def add(self, channel: str, wake: Callable[[], None]) -> None:
        """Listen to one more channel; to be said before `open`."""
        self._channels[channel] = wake

    async def open(self) -> None:
        """Begin to listen, where there is something to listen to."""
        if self._address:
            self._listening = asyncio.create_task(self._listen())

    async def close(self) -> None:
        """Stop."""
        if self._listening is not None:
            self._listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listening

    async def _listen(self) -> None:
        while True:
            try:
                connection = await asyncpg.connect(
                    self._address, timeout=ALIVE_EVERY_S, server_settings={"application_name": "stratum api wakeups"}
                )
                try:
                    for channel in self._channels:
                        await connection.add_listener(channel, self._wake)
                    for wake in self._channels.values():
                        wake()  # whatever was called out while nobody listened
                    while True:
                        await asyncio.sleep(ALIVE_EVERY_S)
                        await connection.execute("select 1", timeout=ALIVE_EVERY_S)
                finally:
                    connection.terminate()
            except (*LOST, asyncpg.PostgresError) as error:
                logger.warning("the database's calls are not heard for now: %s", type(error).__name__)
            await asyncio.sleep(AGAIN_AFTER_S)

    def _wake(self, _connection: object, _pid: int, channel: str, _payload: object) -> None:
        self._channels[channel]()
