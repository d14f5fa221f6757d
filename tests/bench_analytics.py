"""How long the equity endpoint takes over five years of trades, for eight clients at once: asked again, and asked what nobody asked before.

`python -m tests.bench analytics` prints percentiles in milliseconds beside an endpoint that computes nothing. The goal is a p99 of
50 ms. The server is a process of its own on one machine, with the lake in a folder.
"""

import asyncio
import datetime as dt
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import httpx
import numpy as np
import polars as pl

from stratum_api.key_desk import KeyDesk
from stratum_api.scopes import INTEL_READ
from stratum_api.server_secret import server_secret
from tests.api.conftest import make_account
from tests.api.server import served
from tests.warehouse.frames import sample
from warehouse.database import Database, Keys
from warehouse.lake import Lake
from warehouse.settings import Settings, read_settings
from warehouse.tables import Trades

CLIENTS = 8
REQUESTS = 250  # of each client
DAYS = 1_826
TRADES_A_DAY = 5
GOAL_MS = 50
EQUITY = "/api/v1/analytics/equity"

Say = Callable[..., None]


def analytics(say: Say) -> None:
    """Equity of five years, remembered and computed, and the floor beside them."""
    with tempfile.TemporaryDirectory() as folder:
        environ = {"STRATUM_HOME": folder, "STRATUM_API_METRICS_PORT": "0", "STRATUM_API_LOG_LEVEL": "warning"}
        storage = read_settings(environ)
        fill(Lake(storage.lake_url))
        key = issue_key(storage)
        with served(environ, workers=1, log=Path(folder, "log")) as address:
            asyncio.run(measure(say, address, key))


def issue_key(storage: Settings) -> str:
    """A key whose limit is never reached."""
    with Database(storage.database_url) as database:
        database.migrate()
        account = make_account(database, "enterprise", requests_per_minute=60_000_000)
        desk = KeyDesk(Keys(database), server_secret("", storage.home), "bench")
        return desk.issue(account, "bench", [INTEL_READ], now=dt.datetime.now(dt.UTC)).secret.text


def fill(lake: Lake) -> None:
    """Five years of trades, some every day, in a file a day."""
    chance = np.random.default_rng(7)
    plain = sample(Trades, TRADES_A_DAY)
    today = dt.datetime.now(dt.UTC).date()
    for number in range(DAYS):
        day = today - dt.timedelta(days=DAYS - number)
        entered = dt.datetime.combine(day, dt.time(12), dt.UTC)
        rows = plain.with_columns(
            trade_id=pl.Series([f"{number * TRADES_A_DAY + n:032x}" for n in range(TRADES_A_DAY)]),
            account=pl.lit("paper"),
            strategy=pl.Series([f"strategy {n % 3}" for n in range(TRADES_A_DAY)]),
            symbol=pl.lit("football"),
            entry_at=pl.lit(entered).dt.cast_time_unit("us"),
            exit_at=pl.lit(entered + dt.timedelta(hours=3)).dt.cast_time_unit("us"),
            recorded_at=pl.lit(entered + dt.timedelta(hours=4)).dt.cast_time_unit("us"),
            profit=pl.Series(chance.integers(-1000, 1010, TRADES_A_DAY)),
            stake=pl.lit(1000, pl.Int64),
            currency=pl.lit("USD"),
            status=pl.lit("closed"),
            source=pl.lit("paper"),
        )
        lake.replace(Trades, day, Trades.conform(rows))


async def measure(say: Say, address: str, key: str) -> None:
    """Milliseconds as clients see them."""
    numbers = count(1_000_000)
    asked: tuple[tuple[str, str, Callable[[], dict[str, int]]], ...] = (
        ("an answer that is not computed", "/api/v1/account", dict),
        ("equity of 5 years, asked again", EQUITY, dict),
        ("equity of 5 years, computed for every request", EQUITY, lambda: {"starting_balance": next(numbers)}),
        ("figures of 5 years, asked again", "/api/v1/analytics/metrics", dict),
    )
    limits = httpx.Limits(max_connections=CLIENTS)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=address, headers=headers, limits=limits, timeout=60) as client:
        begun = time.perf_counter()
        (await client.get(EQUITY)).raise_for_status()
        say("analytics: the first answer after a start, ms", f"{(time.perf_counter() - begun) * 1000:,.0f}")
        for name, path, parameters in asked:
            spent: list[float] = []

            async def caller(path: str, parameters: Callable[[], dict[str, int]], spent: list[float]) -> None:
                for _ in range(REQUESTS):
                    begun = time.perf_counter()
                    answer = await client.get(path, params=parameters())
                    spent.append((time.perf_counter() - begun) * 1000)
                    assert answer.status_code in (200, 403), answer.text

            begun = time.perf_counter()
            await asyncio.gather(*(caller(path, parameters, spent) for _ in range(CLIENTS)))
            seconds = time.perf_counter() - begun
            spent.sort()
            goal = f"; goal {GOAL_MS}" if path == EQUITY else ""
            say(
                f"analytics: {name}, p99 ms",
                f"{spent[len(spent) * 99 // 100]:,.1f}",
                f"p50 {spent[len(spent) // 2]:,.1f}; {len(spent) / seconds:,.0f} a second by {CLIENTS} clients{goal}",
            )


if __name__ == "__main__":
    analytics(lambda *said: print(*said, sep=" | "))
