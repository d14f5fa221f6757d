"""How soon 1,000 clients of one worker have a message after its commit, over both wires, on SQLite and on PostgreSQL.

`python -m tests.bench stream`, or `python -m tests.bench_stream 100` for another number of clients. Server, writer and clients are processes
of their own on one machine; milliseconds are from just before the commit to the client's having the bytes, over every
message and client. The floor beside them is a bare server that writes the same bytes to as many sockets.
"""

import asyncio
import base64
import datetime as dt
import gc
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvloop

from stratum_api.key_desk import KeyDesk
from stratum_api.scopes import STREAM_READ
from stratum_api.server_secret import server_secret
from tests.api.conftest import make_account
from tests.api.server import served
from tests.api.streaming import PATHS, SIGNAL, commit
from tests.postgres import NoServer, fresh_database
from warehouse.database import Database, Keys
from warehouse.settings import Settings, read_settings

CLIENTS = 1_000
MESSAGES = 60
EVERY_S = 0.15
AT_ONCE = 50
SEQUENCE = re.compile(rb'"sequence":(\d+),"outbox_id"')
MESSAGE = b'{"sequence":%d,"outbox_id":"' + b"x" * 1_200 + b'"}\n\n'

Say = Callable[[str, str, str], None]
Spent = list[float]


class Listener(asyncio.Protocol):
    """One client, which notes when it had which message."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.got: list[tuple[int, float]] = []
        self.opened = asyncio.get_running_loop().create_future()
        self._rest = b""

    def connection_made(self, transport: Any) -> None:
        """Ask."""
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Note every message that is complete enough to be known."""
        now = time.perf_counter()
        if not self.opened.done():
            self.opened.set_result(data[:12])
        data = self._rest + data
        end = 0
        for found in SEQUENCE.finditer(data):
            self.got.append((int(found[1]), now))
            end = found.end()
        self._rest = data[max(end, len(data) - 60) :]


async def listen(host: str, port: int, request: bytes, n: int, write: Callable[[], dict[int, float]]) -> Spent:
    """Milliseconds of every message and client, sorted. `write` writes the messages, and says when each was."""
    loop, listeners = asyncio.get_running_loop(), []
    gc.disable()  # a pause of the clients' own would count for everybody
    for _ in range(0, n, AT_ONCE):
        for _ in range(min(AT_ONCE, n - len(listeners))):
            _, one = await loop.create_connection(lambda: Listener(request), host, port)
            listeners.append(one)
        for one in listeners[-AT_ONCE:]:
            head = await asyncio.wait_for(one.opened, 30)
            assert head in (b"HTTP/1.1 200", b"HTTP/1.1 101"), head
    await asyncio.sleep(1)
    written = await asyncio.to_thread(write)
    for _ in range(200):
        if all(len(one.got) >= len(written) for one in listeners):
            break
        await asyncio.sleep(0.05)
    for one in listeners:
        assert sorted(sequence for sequence, _ in one.got) == sorted(written), "somebody missed a message"
        one.transport.abort()
    return sorted((at - written[sequence]) * 1000 for one in listeners for sequence, at in one.got)


def request(wire: str, key: str) -> bytes:
    """The request that opens a stream."""
    lines = [f"GET {PATHS[wire]} HTTP/1.1", "Host: bench", f"Authorization: Bearer {key}"]
    if wire == "websocket":
        lines += ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
        lines += [f"Sec-WebSocket-Key: {base64.b64encode(b'0123456789abcdef').decode()}"]
    return "\r\n".join([*lines, "", ""]).encode()


def write_messages(url: str) -> None:
    """Commit messages, and print the sequence and the moment before the commit of each: what the writing process runs."""
    with Database(url) as database:
        # Connecting and preparing is no part of a commit; a message of this topic goes to nobody.
        commit(database, f"{time.time_ns()}", topic="bench.begins")
        for n in range(MESSAGES):
            begun = time.perf_counter()
            commit(database, f"{time.time_ns()}{n}", meta="x" * (1_200 - len(str(SIGNAL))))
            with database.read() as connection:
                newest = connection.exec_driver_sql("select max(sequence) from outbox").scalar_one()
            print(newest, begun, flush=True)
            time.sleep(EVERY_S)


def bare(port: int) -> None:
    """A server that does nothing but write: the floor."""

    async def serve() -> None:
        transports: list[Any] = []

        class Connection(asyncio.Protocol):
            def connection_made(self, transport: Any) -> None:
                transport.write(b"HTTP/1.1 200 OK\r\n\r\n")
                transports.append(transport)

        await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", port)
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        for n in range(MESSAGES):
            begun, text = time.perf_counter(), MESSAGE % (n + 1)
            for transport in transports:
                transport.write(text)
            print(n + 1, begun, flush=True)
            await asyncio.sleep(EVERY_S)

    uvloop.run(serve())


def lines_of(process: subprocess.Popen[str]) -> dict[int, float]:
    """What a process printed: sequences, and when each was written."""
    assert process.stdout is not None
    return {int(sequence): float(begun) for sequence, begun in (line.split() for line in process.stdout)}


@contextmanager
def started(call: str) -> Iterator[subprocess.Popen[str]]:
    """A process that calls a function of this module."""
    code = f"from tests import bench_stream; bench_stream.{call}"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


def floor(n: int) -> Spent:
    """What the machine takes for the bytes alone."""
    from tests.api.server import free_port

    port = free_port()
    with started(f"bare({port})") as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline() == "ready\n"

        def write() -> dict[int, float]:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
            return lines_of(process)

        return uvloop.run(listen("127.0.0.1", port, b"", n, write))


def measure(storage: Settings, environ: dict[str, str], wire: str, n: int) -> Spent:
    """Serve on one database and listen over one wire."""
    with Database(storage.database_url) as database:
        database.migrate()
        account = make_account(database, "enterprise", streams=2 * n, requests_per_minute=1_000_000)
        desk = KeyDesk(Keys(database), server_secret("", storage.home), "bench")
        key = desk.issue(account, "bench", [STREAM_READ], now=dt.datetime.now(dt.UTC)).secret.text

    def write() -> dict[int, float]:
        with started(f"write_messages({storage.database_url!r})") as process:
            return lines_of(process)

    with served(environ, workers=1, log=storage.home / "log") as address:
        port = int(address.rpartition(":")[2])
        return uvloop.run(listen("127.0.0.1", port, request(wire, key), n, write))


def bench_stream(say: Say, n: int = CLIENTS) -> None:
    """Both wires on both engines, beside the floor."""
    load = os.getloadavg()[0]
    least = floor(n)
    say(f"stream: floor, bare sockets, {n:,} clients", shown(least), f"load of the machine {load:.1f}")
    for engine, url in engines():
        for wire in PATHS:
            with tempfile.TemporaryDirectory() as folder:
                environ = {
                    "STRATUM_HOME": str(Path(folder) / "home"), "STRATUM_API_METRICS_PORT": "0",
                    "STRATUM_API_LOG_LEVEL": "warning", **({"STRATUM_DATABASE_URL": url} if url else {}),
                }  # fmt: skip
                spent = measure(read_settings(environ), environ, wire, n)
            say(f"stream: {engine}, {wire}, {n:,} clients", shown(spent), f"{p99(spent) / p99(least):.1f} x floor")


def engines() -> Iterator[tuple[str, str]]:
    """Both databases; the second where there is a server."""
    yield "SQLite", ""
    try:
        with fresh_database() as url:
            yield "PostgreSQL", url
    except NoServer:
        return


def p99(spent: Spent) -> float:
    """What 99 of 100 take at most."""
    return spent[len(spent) * 99 // 100]


def shown(spent: Spent) -> str:
    """Milliseconds in the median, of 99 of 100, and at most."""
    return f"p50 {spent[len(spent) // 2]:.1f} p99 {p99(spent):.1f} max {spent[-1]:.1f} ms"


if __name__ == "__main__":
    bench_stream(
        lambda name, value, ratio: print(f"{name:<50} {value:>36}   {ratio}", flush=True),
        int(sys.argv[1]) if len(sys.argv) > 1 else CLIENTS,
    )
