"""The floor of the feed: a bare Litestar handler that runs the same statement on the raw driver, and does nothing else."""

import os
import sqlite3
from typing import Any

import asyncpg
import sqlalchemy as sa
from litestar import Litestar, get

from stratum_api.rows.postgres import address
from stratum_api.signal_feed import CHRONOLOGICAL, COLUMNS, NEWEST
from warehouse.settings import read_settings

STATEMENT = f"select {COLUMNS}, {NEWEST} as newest from signals s order by {CHRONOLOGICAL} limit 51"


def serve() -> Litestar:
    """The application, for as many workers as are wanted."""
    url = read_settings(os.environ).database_url
    connections: dict[str, Any] = {}

    @get("/health/live", sync_to_thread=False)
    def live() -> dict[str, bool]:
        return {"alive": True}

    @get("/signals")
    async def signals() -> dict[str, Any]:
        if "sqlite" in connections:
            found = [dict(row) for row in connections["sqlite"].execute(STATEMENT)]
        else:
            async with connections["pool"].acquire() as connection:
                found = [dict(row) for row in await connection.fetch(STATEMENT)]
        return {"items": found[:50]}

    async def open_database() -> None:
        if url.startswith("sqlite"):
            connections["sqlite"] = sqlite3.connect(sa.make_url(url).database or "", isolation_level=None)
            connections["sqlite"].row_factory = sqlite3.Row
        else:
            connections["pool"] = await asyncpg.create_pool(address(url), min_size=1, max_size=10)

    return Litestar([live, signals], on_startup=[open_database], openapi_config=None, logging_config=None)
