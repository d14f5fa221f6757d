"""The dispatcher as a process: migrated, alone where it has to be, and told to stop by a signal."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import Iterator

from filelock import FileLock, Timeout

from stratum_api.dispatcher.dispatcher import Dispatcher
from stratum_api.dispatcher.settings import DispatchSettings
from stratum_api.secret_box import SecretBox
from warehouse.database import Database
from warehouse.database.webhooks.retention import release_all
from warehouse.errors import DatabaseBusy
from warehouse.outbound import DestinationRules, Poster

# Objects made and not yet freed before the youngest are looked through.
GARBAGE_AFTER = 10_000


def dispatch(database: Database, secret: bytes, settings: DispatchSettings, destinations: DestinationRules) -> None:
    """Deliver until a signal says stop; within `alone`."""
    import uvloop

    # What is there by now stays for good: looking through it for garbage would stop every request, so it is left out, and the rest is
    # looked through seldom.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER, 10, 10)
    uvloop.run(_run(database, secret, settings, destinations))


@contextlib.contextmanager
def alone(database: Database) -> Iterator[None]:
    """Within: no other dispatcher serves this SQLite file. The lock ends with its process, so what was claimed before is free.

    On PostgreSQL several may, and nothing is locked. Raises DatabaseBusy when another one serves the same file.
    """
    if database.file is None:
        yield
        return
    lock = FileLock(f"{database.file}.dispatcher.lock", thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise DatabaseBusy(
            f"Another dispatcher serves {database.file}.", "On SQLite there is one; on PostgreSQL there may be several."
        ) from None
    try:
        release_all(database)
        yield
    finally:
        lock.release()


async def _run(database: Database, secret: bytes, settings: DispatchSettings, destinations: DestinationRules) -> None:
    dispatcher = Dispatcher(database, SecretBox(secret), Poster(destinations), settings)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, dispatcher.stop)
    await dispatcher.run()
