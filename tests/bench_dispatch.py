"""How fast webhooks are delivered (`python -m tests.bench dispatch`), what an endpoint that hangs costs the others
(`dispatch-hanging`), and whether memory stays as it is while a million messages are queued (`dispatch-memory`).

`stratum dispatch` runs as it would, one process, against a receiver in a process of its own on the same machine, on PostgreSQL (whose
fsync is said) and on SQLite. A delivery counts when its attempt and its state are committed.
"""

import asyncio
import datetime as dt
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import threading
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
from warehouse.database.marks import Marks
from warehouse.database.operations import delivery_attempts, outbox
from warehouse.database.outbox import DISPATCHED, Draft, add_to_outbox
from warehouse.database.webhooks import EndpointTerms
from warehouse.database.webhooks.tables import PENDING, deliveries
from warehouse.outbound import DestinationRules

SECRET = "a secret of the server, for benches alone"
PAYLOAD = {"event_id": "g", "sport_key": "football", "composite_score": 61.0, "meta": "x" * 900}
ENDPOINTS = 5
DRAINED = int(os.environ.get("STRATUM_BENCH_DELIVERIES", "30000"))
QUEUED = int(os.environ.get("STRATUM_BENCH_QUEUED", "100000"))
ROUNDS = int(os.environ.get("STRATUM_BENCH_ROUNDS", "5"))
SECONDS = 20
PER_SECOND = int(os.environ.get("STRATUM_BENCH_PER_SECOND", "500"))
# Until caches are warm; the first requests to an endpoint that hangs still hang then.
WARM_S = 2
# Left to itself an endpoint that hangs is left alone after five requests, and then costs nobody anything: here it goes on hanging.
NO_BREAKER = {"STRATUM_DISPATCH_BREAKER_FAILURES": "1000000", "STRATUM_DISPATCH_DISABLE_FAILURES": "1000000"}
HANGS = "hangs"
Say = Callable[..., None]


def _receive(told: Any) -> None:
    import uvloop

    def answer(request: Request) -> bytes | None:
        return None if request.path == f"/{HANGS}" else OK

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

    def wait(self, paths: Sequence[str], seconds: float = 1800) -> None:
        """Wait until everything written was delivered to these endpoints. It looks into an index: counting would cost what is measured."""
        ends_at = time.monotonic() + seconds
        while self.is_behind() or self.is_pending(paths):
            assert time.monotonic() < ends_at, f"not everything was delivered to {paths}"
            time.sleep(0.05)

    def is_behind(self) -> bool:
        """Whether a message has not been handed on yet."""
        with self.database.read() as connection:
            newest = connection.execute(sa.select(sa.func.max(outbox.c.sequence))).scalar_one()
        return int(Marks(self.database).read(DISPATCHED) or 0) < newest

    def is_pending(self, paths: Sequence[str]) -> bool:
        """Whether something waits to be delivered to one of these endpoints."""
        mine = deliveries.c.endpoint_id.in_([self.endpoints[path] for path in paths])
        query = sa.select(deliveries.c.delivery_id).where(mine, deliveries.c.state == PENDING).limit(1)
        with self.database.read() as connection:
            return connection.execute(query).first() is not None

    def until_first_attempt_ms(self, paths: Sequence[str], since: dt.datetime) -> list[float]:
        """From just before a message's commit to its first attempt, sorted; of messages written since a moment."""
        mine = delivery_attempts.c.endpoint.in_([self.endpoints[path] for path in paths])
        query = (
            sa.select(delivery_attempts.c.attempted_at, outbox.c.created_at)
            .join(outbox, outbox.c.outbox_id == delivery_attempts.c.outbox_id)
            .where(mine, delivery_attempts.c.attempt == 1, outbox.c.created_at >= since)
        )
        with self.database.read() as connection:
            return sorted((row[0] - row[1]).total_seconds() * 1000 for row in connection.execute(query))


def p99(values: Sequence[float]) -> float:
    """The value that one in a hundred exceeds."""
    return values[len(values) * 99 // 100]


@contextmanager
def working(
    url: str, port: int, paths: Sequence[str], folder: Path, **settings: str
) -> Iterator[tuple[Deliveries, int]]:
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
            **settings,
        }
        with dispatched(environ, folder / "log") as process:
            made.write(1)
            made.wait([path for path in paths if path != HANGS])
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
    paths = [f"e{i}" for i in range(ENDPOINTS)]
    with tempfile.TemporaryDirectory() as folder, working(url, port, paths, Path(folder)) as (made, pid):
        begun, spent = time.perf_counter(), cpu_s(pid)
        for _ in range(n // ENDPOINTS // 100):
            made.write(100)
        made.wait(paths)
        seconds = time.perf_counter() - begun
        done = (made.n_written - 1) * ENDPOINTS
        cost = (cpu_s(pid) - spent) / done * 1e6
        say(
            f"dispatch: {name}, deliveries a second",
            f"{done / seconds:,.0f}",
            f"{cost:.0f} µs of processor each, {memory_mb(pid):.0f} MB",
        )


def arriving(url: str, port: int, paths: Sequence[str], watched: Sequence[str], **settings: str) -> list[float]:
    """From commit to first attempt at the endpoints that are watched, in milliseconds, sorted, while messages arrive steadily."""
    with tempfile.TemporaryDirectory() as folder, working(url, port, paths, Path(folder), **settings) as (made, _):
        begun, counted = time.monotonic(), now() + dt.timedelta(seconds=WARM_S)
        for i in range(SECONDS * 50):
            made.write(PER_SECOND // 50)
            time.sleep(max(begun + (i + 1) / 50 - time.monotonic(), 0))
        took_s = time.monotonic() - begun
        if took_s > SECONDS * 1.1:
            sys.exit(
                f"bench: {SECONDS} s of messages took {took_s:.0f} s to write: the machine is too busy to measure on."
            )
        made.wait(watched)
        return made.until_first_attempt_ms(watched, counted)


def say_arriving(say: Say) -> None:
    """How long it takes from commit to first attempt, for five endpoints."""
    paths = [f"e{i}" for i in range(ENDPOINTS)]
    with receiving() as port, fresh_database() as url:
        found = arriving(url, port, paths, paths)
        name = f"dispatch: PostgreSQL, {PER_SECOND} messages a second to five endpoints, commit to first attempt"
        say(f"{name}, p99 ms", f"{p99(found):.0f}", f"p50 {statistics.median(found):.0f} ms")


def hanging(say: Say) -> None:
    """p99 of four endpoints beside a fifth that answers and beside one that hangs, in turns; the middle of the rounds."""
    watched = [f"e{i}" for i in range(ENDPOINTS - 1)]
    fifths = (f"e{ENDPOINTS - 1}", HANGS)
    found: dict[str, list[float]] = {fifth: [] for fifth in fifths}
    try:
        with receiving() as port:
            for turn in range(ROUNDS):
                # Now the one first and now the other, so that what changes on the machine meanwhile touches both.
                for fifth in fifths[:: 1 if turn % 2 == 0 else -1]:
                    with fresh_database() as url:
                        found[fifth].append(p99(arriving(url, port, [*watched, fifth], watched, **NO_BREAKER)))
    except NoServer as missing:
        say("dispatch: beside an endpoint that hangs", "not measured", str(missing))
        return
    beside, alone = statistics.median(found[HANGS]), statistics.median(found[fifths[0]])
    for name, fifth, middle in (("answers", fifths[0], alone), ("hangs", HANGS, beside)):
        each = ", ".join(f"{one:.0f}" for one in found[fifth])
        say(f"dispatch: PostgreSQL, p99 ms of four endpoints, a fifth {name}", f"{middle:.1f}", f"median of {each}")
    say(
        "dispatch: what an endpoint that hangs adds to the p99 of the others",
        f"{beside / alone - 1:+.0%}",
        "goal +10 %",
    )


class Watched:
    """The memory of a process, looked at twice a second in a thread."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.mb: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Watched":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.5):
            self.mb.append(memory_mb(self.pid))


def memory(say: Say) -> None:
    """Memory while so many messages are queued, for an endpoint that takes them and one that hangs, and are worked off by the one."""
    try:
        with (
            receiving() as port,
            fresh_database() as url,
            tempfile.TemporaryDirectory() as folder,
            working(url, port, ["e0", HANGS], Path(folder)) as (made, pid),
            Watched(pid) as watched,
        ):
            before = memory_mb(pid)
            steps = []
            for _ in range(10):
                for _ in range(max(QUEUED // 10 // 10_000, 1)):
                    made.write(min(QUEUED // 10, 10_000))
                while made.is_behind():
                    time.sleep(0.2)
                steps.append(memory_mb(pid))
            begun = time.monotonic()
            made.wait(["e0"])
            left_s, after = time.monotonic() - begun, memory_mb(pid)
    except NoServer as missing:
        say("dispatch: memory", "not measured", str(missing))
        return
    name = f"dispatch: PostgreSQL, {made.n_written - 1:,} messages queued"
    say(
        f"{name}, MB",
        f"{steps[-1]:.0f}",
        f"{before:.0f} before; after each tenth {', '.join(f'{one:.0f}' for one in steps)}",
    )
    say(
        f"{name}, MB at most",
        f"{max(watched.mb):.0f}",
        f"{after:.0f} when one endpoint had them all, {left_s:.0f} s later",
    )


def dispatch(say: Say) -> None:
    """How many a second on each engine, and how soon."""
    say("dispatch: load of the machine before", " ".join(f"{one:.1f}" for one in os.getloadavg()))
    with receiving() as port:
        try:
            with fresh_database() as url:
                with Database(url) as database, database.read() as connection:
                    say("dispatch: PostgreSQL's fsync", connection.exec_driver_sql("show fsync").scalar_one())
                drain(say, "PostgreSQL", url, port, DRAINED)
            say_arriving(say)
        except NoServer as missing:
            say("dispatch: PostgreSQL", "not measured", str(missing))
        with tempfile.TemporaryDirectory() as folder:
            drain(say, "SQLite", f"sqlite:///{folder}/stratum.db", port, DRAINED // 3)
