"""A dispatcher at work on a database of a test, and a receiver on this machine."""

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
import uvloop

from stratum_api.dispatcher.dispatcher import Dispatcher
from stratum_api.dispatcher.settings import Rules, read_dispatch_settings
from stratum_api.secret_box import SecretBox
from stratum_api.webhook_desk import WebhookDesk
from tests.api.conftest import make_account
from tests.receiver import Receiver
from warehouse.database import Database
from warehouse.database.outbox import Draft, add_to_outbox
from warehouse.database.webhooks import Attempt, AttemptLog, EndpointTerms
from warehouse.database.webhooks.tables import DELIVERED, deliveries
from warehouse.outbound import DestinationRules, Poster

SERVER_SECRET = "a secret of the server, for tests alone"
BOX = SecretBox(SERVER_SECRET.encode())


@dataclass
class Workbench:
    """A dispatcher on a database, with a receiver on this machine and an account whose plan includes webhooks."""

    database: Database
    receiver: Receiver
    desk: WebhookDesk
    account_id: str
    secrets: dict[str, str] = field(default_factory=dict, repr=False)

    def register(self, **terms: Any) -> str:
        """The id of a new endpoint at the receiver."""
        wanted = {"url": self.receiver.url, "event_types": ("signal.detected",), **terms}
        made = self.desk.register(self.account_id, EndpointTerms(**wanted), most=5, now=now())
        self.secrets[made.endpoint.endpoint_id] = made.secrets[0].text
        return made.endpoint.endpoint_id

    def dispatcher(self, **rules: Any) -> Dispatcher:
        """A dispatcher that has not begun."""
        poster = Poster(DestinationRules(vouched_for=["127.0.0.1"]))
        settings = replace(read_dispatch_settings({}), rules=Rules(**rules), grace_s=2.0)
        return Dispatcher(self.database, BOX, poster, settings)

    @asynccontextmanager
    async def dispatching(self, **rules: Any) -> AsyncIterator[Dispatcher]:
        """Within: a dispatcher is at work."""
        dispatcher = self.dispatcher(**rules)
        running = asyncio.create_task(dispatcher.run())
        try:
            yield dispatcher
        finally:
            dispatcher.stop()
            await asyncio.wait_for(running, 20)

    def write(self, *signal_ids: str, **fields: Any) -> list[str]:
        """The ids of new messages that signals were detected."""
        drafts = [
            Draft("signal.detected", (one,), {"signal_id": one, "event_id": f"game {one[0]}", **fields})
            for one in signal_ids
        ]
        with self.database.begin() as connection:
            add_to_outbox(connection, drafts, now())
        return [one.outbox_id for one in drafts]

    async def until(self, condition: Callable[[], Any], seconds: float = 20.0) -> Any:
        """Wait until something holds; gives what it gave."""
        ends_at = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < ends_at, "it did not come to that"
            await asyncio.sleep(0.01)
        return found

    def delivered(self) -> int:
        """How many deliveries are done."""
        query = sa.select(sa.func.count()).where(deliveries.c.state == DELIVERED)
        with self.database.read() as connection:
            return connection.execute(query).scalar_one()

    def log(self) -> list[Attempt]:
        """Every attempt, newest first."""
        return AttemptLog(self.database).page(self.account_id, limit=1000)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def run_with(database: Database, work: Callable[[Workbench], Awaitable[Any]]) -> Any:
    """What the work gives, with a receiver that listens."""

    async def run() -> Any:
        async with Receiver().listening() as receiver:
            desk = WebhookDesk(database, BOX, DestinationRules(vouched_for=["127.0.0.1"]), "test")
            return await work(Workbench(database, receiver, desk, make_account(database)))

    return uvloop.run(run())
