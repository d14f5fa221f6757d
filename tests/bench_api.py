"""How long a key check with its limit decision takes, with 64 callers at once, on SQLite and on PostgreSQL.

`python -m tests.bench_api` prints percentiles in milliseconds. Two key plans are measured: one whose limit is never reached (what a
paying caller sees), and one of 120 a minute (where all but 120 are refused from memory). The floor beside them is the same number of
callers doing nothing but taking turns in the loop.
"""

import asyncio
import datetime as dt
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from stratum_api.key_desk import KeyDesk
from stratum_api.scopes import SCOPES
from stratum_api.service import Service, make_service
from stratum_api.settings import read_api_settings
from tests.api.conftest import make_account
from tests.postgres import fresh_database
from warehouse.database import Database, Keys
from warehouse.settings import read_settings

CALLERS = 64
TURNS = 200


async def measure(ask: Callable[[], Awaitable[object]]) -> list[float]:
    """Milliseconds of each call, sorted; every caller asks again as soon as it is answered."""
    spent: list[float] = []

    async def caller() -> None:
        for _ in range(TURNS):
            begun = time.perf_counter()
            await ask()
            spent.append((time.perf_counter() - begun) * 1000)
            await asyncio.sleep(0)

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return sorted(spent)


def said(name: str, spent: list[float], seconds: float) -> str:
    """One line."""
    p50, p99 = spent[len(spent) // 2], spent[len(spent) * 99 // 100]
    return f"{name:42} {len(spent) / seconds:10,.0f}/s   p50 {p50:7.3f} ms   p99 {p99:7.3f} ms"


async def run(service: Service, keys: dict[str, str]) -> None:
    """Measure one engine."""
    engine = "SQLite" if service.rows.is_sqlite else "PostgreSQL"
    async with service.running():
        begun = time.perf_counter()
        print(
            said(
                f"{engine}: floor, turns of the loop",
                await measure(lambda: asyncio.sleep(0)),
                time.perf_counter() - begun,
            )
        )
        for name, key in keys.items():

            async def ask(key: str = key) -> None:
                checked = await service.keys.check(key)
                assert checked.visitor is not None
                await service.limiter.admit(checked.visitor.key_id, checked.visitor.plan.requests_per_minute)

            begun, cpu = time.perf_counter(), time.process_time()
            spent = await measure(ask)
            seconds = time.perf_counter() - begun
            line = said(f"{engine}: key and limit, {name}", spent, seconds)
            print(f"{line}   {(time.process_time() - cpu) / len(spent) * 1e6:6.1f} us of this processor each")


def main(database_url: str) -> None:
    """Measure on one database."""
    with tempfile.TemporaryDirectory() as folder:
        environ = {"STRATUM_HOME": str(Path(folder) / "home"), "STRATUM_DATABASE_URL": database_url}
        storage = read_settings(environ)
        with Database(storage.database_url) as database:
            database.migrate()
        service = make_service(storage, read_api_settings(environ))
        desk = KeyDesk(Keys(service.database), service.secret, "bench")
        keys = {}
        for name, limit in (("never reached", 60_000_000), ("120 a minute", 120)):
            account = make_account(service.database, "enterprise", requests_per_minute=limit)
            keys[name] = desk.issue(account, "bench", list(SCOPES), now=dt.datetime.now(dt.UTC)).secret.text
        asyncio.run(run(service, keys))
        service.database.close()


if __name__ == "__main__":
    print(f"{CALLERS} callers, {TURNS} turns each; load of the machine {os.getloadavg()[0]:.1f}")
    main("")
    with fresh_database() as url:
        main(url)
