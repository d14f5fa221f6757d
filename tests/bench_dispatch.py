"""How fast webhooks are delivered: `python -m tests.bench dispatch`.

`stratum dispatch` runs as it would, one process, against a receiver in a process of its own on the same machine, on PostgreSQL (whose
fsync is said) and on SQLite. A delivery counts when its attempt and its state are committed.
"""

import asyncio
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from stratum_api.secret_box import SecretBox
from stratum_api.webhook_desk import WebhookDesk
from tests.api.conftest import make_account
from tests.dispatcher.process import dispatched
from tests.dispatcher.workbench import now
from tests.postgres import NoServer, fresh_database
from tests.receiver import OK, Receiver, Request
from warehouse.database import Database
from warehouse.database.operations import delivery_attempts, outbox
from warehouse.database.outbox import Draft, add_to_outbox
from warehouse.database.webhooks import EndpointTerms
from warehouse.database.webhooks.retention import queue_state
from warehouse.outbound import DestinationRules

SECRET = "a secret of the server, for benches alone"
PAYLOAD = {"event_id": "g", "sport_key": "football", "composite_score": 61.0, "meta": "x" * 900}
ENDPOINTS = 5
DRAINED = int(os.environ.get("STRATUM_BENCH_DELIVERIES", "30000"))
SECONDS = 15
PER_SECOND = 500
Say = Callable[..., None]


def _receive(told: Any) -> None:
    import uvloop

    def answer(request: Request) -> bytes | None:
        return None if request.path == "/hangs" else OK

    async def run() -> None:
        async with Receiver(answer, keeps=False).listening() as receiver:
            told.send(receiver.port)
            await asyncio.Event().wait()

    uvloop.run(run())


@contextmanager
def receiving() -> Iterator[int]:
    """The port of a receiver in a process of its own."""
    told, tells = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_receive, args=(tells,), daemon=True)
    process.start()
    try:
        yield told.recv()
    finally:
        process.kill()
        process.join()


class Deliveries:
    """A database with five endpoints at the receiver."""

    def __init__(self, database: Database, port: int, paths: Sequence[str]) -> None:
        self.database = database
        desk = WebhookDesk(database, SecretBox(SECRET.encode()), DestinationRules(vouched_for=["127.0.0.1"]), "bench")
        account_id = make_account(database, "enterprise")
        self.endpoints = {
            path: desk.register(
                account_id, EndpointTerms(f"http://127.0.0.1:{port}/{path}", ("signal.detected",)), most=10, now=now()
            ).endpoint.endpoint_id
            for path in paths
        }
        self.n_written = 0

    def write(self, n: int) -> None:
        """New messages, in one transaction as a cycle would."""
        names = [f"s{self.n_written + i}" for i in range(n)]
        drafts = [Draft("signal.detected", (name,), {"signal_id": name, **PAYLOAD}) for name in names]
        with self.database.begin() as connection:
            add_to_outbox(connection, drafts, now())
        self.n_written += n

    def wait(self, n: int, endpoint: str | None = None, seconds: float = 900) -> None:
        """Wait until so many were delivered."""
        ends_at = time.monotonic() + seconds
        while self.delivered(endpoint) < n:
            assert time.monotonic() < ends_at, f"{self.delivered(endpoint)} of {n} were delivered"
            time.sleep(0.05)

    def delivered(self, endpoint: str | None) -> int:
        """How many were delivered so far."""
        query = sa.select(sa.func.count()).where(delivery_attempts.c.is_delivered)
        if endpoint is not None:
            query = query.where(delivery_attempts.c.endpoint == endpoint)
        with self.database.read() as connection:
            return connection.execute(query).scalar_one()

    def until_first_attempt_ms(self, endpoint: str) -> list[float]:
        """From just before a message's commit to its first attempt, sorted."""
        query = (
            sa.select(delivery_attempts.c.attempted_at, outbox.c.created_at)
            .join(outbox, outbox.c.outbox_id == delivery_attempts.c.outbox_id)
            .where(delivery_attempts.c.endpoint == endpoint, delivery_attempts.c.attempt == 1)
        )
        with self.database.read() as connection:
            return sorted((row[0] - row[1]).total_seconds() * 1000 for row in connection.execute(query))


def p99(values: Sequence[float]) -> float:
    """The value that one in a hundred exceeds."""
    return values[len(values) * 99 // 100]


@contextmanager
def working(url: str, port: int, paths: Sequence[str], folder: Path) -> Iterator[tuple[Deliveries, int]]:
    """Endpoints, and a dispatcher that delivers to them; with its process id."""
    with Database(url) as database:
        database.migrate()
        made = Deliveries(database, port, paths)
        environ = {
            "STRATUM_HOME": str(folder),
            "STRATUM_DATABASE_URL": url,
            "STRATUM_API_SECRET": SECRET,
            "STRATUM_API_LOG_LEVEL": "error",
            "STRATUM_WEBHOOK_ALLOWED_HOSTS": "127.0.0.1",
        }
        with dispatched(environ, folder / "log") as process:
            made.write(1)
            made.wait(sum(path != "hangs" for path in paths))
            yield made, process.pid


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def cpu_s(pid: int) -> float:
    """Processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def drain(say: Say, name: str, url: str, port: int, n: int) -> None:
    """Deliveries a second while a queue is worked off."""
    with (
        tempfile.TemporaryDirectory() as folder,
        working(url, port, [f"e{i}" for i in range(ENDPOINTS)], Path(folder)) as (made, pid),
    ):
        begun, spent = time.perf_counter(), cpu_s(pid)
        for _ in range(n // ENDPOINTS // 100):
            made.write(100)
        made.wait((made.n_written) * ENDPOINTS)
        seconds = time.perf_counter() - begun
        done = (made.n_written - 1) * ENDPOINTS
        cost = (cpu_s(pid) - spent) / done * 1e6
        say(
            f"dispatch: {name}, deliveries a second",
            f"{done / seconds:,.0f}",
            f"{cost:.0f} µs of processor each, {memory_mb(pid):.0f} MB",
        )


def arriving(say: Say, name: str, url: str, port: int, *, hanging: bool) -> None:
    """From commit to first attempt while messages arrive steadily, for four endpoints that answer, beside a hanging one or not."""
    paths = [*(f"e{i}" for i in range(ENDPOINTS - 1)), *(["hangs"] if hanging else [])]
    with tempfile.TemporaryDirectory() as folder, working(url, port, paths, Path(folder)) as (made, _):
        begun = time.monotonic()
        for i in range(SECONDS * 50):
            made.write(PER_SECOND // 50)
            time.sleep(max(begun + (i + 1) / 50 - time.monotonic(), 0))
        found: list[float] = []
        for path in paths[: ENDPOINTS - 1]:
            made.wait(made.n_written, made.endpoints[path])
            found += made.until_first_attempt_ms(made.endpoints[path])
        found.sort()
        beside = "and a fifth that hangs" if hanging else "four endpoints"
        say(
            f"dispatch: {name}, {PER_SECOND}/s, {beside}, p99 ms",
            f"{p99(found):.0f}",
            f"p50 {found[len(found) // 2]:.0f} ms",
        )


def queued(say: Say, name: str, url: str, port: int, n: int) -> None:
    """Memory with so many messages queued for an endpoint that hangs, and after."""
    with tempfile.TemporaryDirectory() as folder, working(url, port, ["e0", "hangs"], Path(folder)) as (made, pid):
        before = memory_mb(pid)
        for _ in range(n // 10_000):
            made.write(10_000)
        while queue_state(made.database, now()).oldest_message_s > 0:
            time.sleep(1)
        say(f"dispatch: {name}, {n:,} messages queued, MB", f"{memory_mb(pid):.0f}", f"{before:.0f} before")


def dispatch(say: Say) -> None:
    """Every measurement; STRATUM_BENCH_QUEUED messages are queued to see that memory stays."""
    say("dispatch: load of the machine before", " ".join(f"{one:.1f}" for one in os.getloadavg()))
    with receiving() as port:
        try:
            with fresh_database() as url:
                with Database(url) as database, database.read() as connection:
                    say("dispatch: PostgreSQL's fsync", connection.exec_driver_sql("show fsync").scalar_one())
                drain(say, "PostgreSQL", url, port, DRAINED)
            for hanging in (False, True):
                with fresh_database() as url:
                    arriving(say, "PostgreSQL", url, port, hanging=hanging)
            with fresh_database() as url:
                queued(say, "PostgreSQL", url, port, int(os.environ.get("STRATUM_BENCH_QUEUED", "100000")))
        except NoServer as missing:
            say("dispatch: PostgreSQL", "not measured", str(missing))
        with tempfile.TemporaryDirectory() as folder:
            drain(say, "SQLite", f"sqlite:///{folder}/stratum.db", port, DRAINED // 3)
