"""Workers are killed while they answer: no billable request that was answered is lost, and none is counted twice."""

import asyncio
import os
import signal
import time
from pathlib import Path

import httpx

from tests.api.server import served
from tests.api.test_limits import key_of
from tests.api.test_metering import PAID, events
from warehouse.database import Database
from warehouse.database.usage import UsageBook
from warehouse.settings import read_settings


def test_killing_workers_loses_no_request_and_counts_none_twice(environ: dict[str, str], tmp_path: Path) -> None:
    key = key_of(environ, "enterprise", requests_per_minute=10_000_000)
    answered: list[str] = []
    n_killed = 0

    async def hammer(address: str) -> None:
        nonlocal n_killed
        stop_at = time.monotonic() + 8

        async def caller(number: int) -> None:
            nonlocal n_killed
            async with httpx.AsyncClient(base_url=address, timeout=30) as client:
                turn = 0
                while time.monotonic() < stop_at or (
                    time.monotonic() < stop_at + 90 and (not n_killed or len(answered) < 100)
                ):
                    turn += 1
                    name = f"{number}-{turn}"
                    headers = {"Authorization": f"Bearer {key}", "X-Request-ID": name}
                    try:
                        answer = await client.get(PAID, headers=headers)
                    except httpx.TransportError:
                        await asyncio.sleep(0.05)
                        continue
                    if answer.status_code == 200:
                        answered.append(name)
                        if number == 0 and turn % 15 == 14 and n_killed < 3:
                            os.kill(answer.json()["pid"], signal.SIGKILL)
                            n_killed += 1

        await asyncio.gather(*(caller(number) for number in range(8)))

    with served(environ, workers=2, log=tmp_path / "log") as address:
        asyncio.run(hammer(address))
    with served(environ, workers=1, log=tmp_path / "log again"):
        pass  # what is left in the spool is brought in by whoever starts next
    with Database(read_settings(environ).database_url) as database:
        noted = [one.request_id for one in events(database)]
        total = next(one.used for one in UsageBook(database).totals(events(database)[0].account_id) if not one.key_id)
    assert n_killed > 0 and len(answered) > 100
    assert len(noted) == len(set(noted)) == total
    assert set(answered) <= set(noted)
    # What was noted and not answered was under way when its worker was killed: at most what eight callers had open.
    assert len(set(noted) - set(answered)) <= 8 * n_killed
