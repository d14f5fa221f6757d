"""What the API's tests share: a service on each engine, run in a loop of its own, an account with a key, and ways to ask."""

import asyncio
import datetime as dt
import shutil
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from stratum_api.app import make_app
from stratum_api.dispatcher.settings import read_destination_rules
from stratum_api.door import Door
from stratum_api.key_desk import Issued, KeyDesk
from stratum_api.plans import find_plan
from stratum_api.scopes import SCOPES
from stratum_api.service import Service, make_service
from stratum_api.settings import read_api_settings
from tests.postgres import fresh_database
from warehouse.database import Accounts, Database, Entitlement, Keys
from warehouse.settings import read_settings


@pytest.fixture(params=["sqlite", "postgres"])
def environ(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of an API with an empty, migrated database, on each engine."""
    settings = {"STRATUM_HOME": str(tmp_path / "home"), "STRATUM_API_METRICS_PORT": "0"}
    if request.param == "sqlite":
        (tmp_path / "home").mkdir()
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "home" / "stratum.db")
        yield settings
        return
    with fresh_database(request.getfixturevalue("migrated_name")) as url:
        yield settings | {"STRATUM_DATABASE_URL": url}


class Loop:
    """An event loop in a thread of its own, so that tests read like scripts."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def run(self, coroutine: Coroutine[Any, Any, Any], seconds: float = 240) -> Any:
        """What the coroutine gives."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(seconds)

    def close(self) -> None:
        """End the loop."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


@dataclass
class Api:
    """A running API, asked as a client would ask it, without a socket between."""

    service: Service
    app: Door
    loop: Loop
    running: Any = field(repr=False)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)

    def ask(self, method: str, path: str, key: str = "", address: str = "192.0.2.1", **options: Any) -> httpx.Response:
        """The answer; `key` is sent as a bearer token."""
        headers = {**options.pop("headers", {}), **({"Authorization": f"Bearer {key}"} if key else {})}

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=(address, 40_000))  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
                return await client.request(method, path, headers=headers, **options)

        return self.loop.run(send())

    def get(self, path: str, key: str = "", **options: Any) -> httpx.Response:
        """The answer to a GET."""
        return self.ask("GET", path, key, **options)

    def account(self, plan: str = "pro_infra", **terms: Any) -> str:
        """The id of a new account on a plan, with what was agreed otherwise."""
        return make_account(self.service.database, plan, **terms)

    def issue(self, account_id: str, *scopes: str, **options: Any) -> Issued:
        """A new key of an account, by default with every scope."""
        desk = KeyDesk(Keys(self.service.database), self.service.secret, "test")
        return desk.issue(account_id, "test", scopes or list(SCOPES), now=dt.datetime.now(dt.UTC), **options)

    def key(self, plan: str = "pro_infra", *scopes: str, **terms: Any) -> str:
        """A new key of a new account on a plan."""
        return self.issue(self.account(plan, **terms), *scopes).secret.text


def make_account(database: Database, plan: str = "pro_infra", **terms: Any) -> str:
    """The id of a new account on a plan."""
    now, found = dt.datetime.now(dt.UTC), find_plan(plan)
    account = Accounts(database).create("Test", actor="test", now=now)
    soft_limit = terms.pop("soft_limit", found.included_per_month)
    entitlement = Entitlement(True, plan, soft_limit, found.overage_rate, "active", terms, now)
    return Accounts(database).entitle(account.account_id, entitlement, actor="test", now=now).account_id


@pytest.fixture
def start_api(environ: dict[str, str]) -> Iterator[Callable[..., Api]]:
    """Starts an API on the environment, with settings of one's own; several share one database, as workers do."""
    started: list[Api] = []

    def start(**settings: str) -> Api:
        own = {**environ, **settings}
        service = make_service(read_settings(own), read_api_settings(own), read_destination_rules(own))
        loop = Loop()
        running = service.running()
        loop.run(running.__aenter__())
        started.append(Api(service, make_app(service), loop, running))
        return started[-1]

    yield start
    for api in reversed(started):
        api.loop.run(api.running.__aexit__(None, None, None))
        api.service.database.close()
        api.loop.close()


@pytest.fixture
def api(start_api: Callable[..., Api]) -> Api:
    """A running API with the usual settings."""
    return start_api()


def problem(answer: httpx.Response) -> dict[str, Any]:
    """The problem an answer is; it has to be one."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    found = answer.json()
    assert found["status"] == answer.status_code
    assert found["type"] == f"/problems/{found['code']}"
    assert found["request_id"] == answer.headers["x-request-id"]
    return found
