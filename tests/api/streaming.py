"""What tests of the stream share: a real server in a thread, messages to follow, and clients of both wires that note what they saw."""

import asyncio
import contextlib
import datetime as dt
import json
import threading
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from stratum_api.stream import CLOSE_CODES, CONTROL
from tests.api.conftest import Api
from warehouse.database import Database
from warehouse.database.outbox import CLV_FINALIZED, LIMIT_ALERT, SIGNAL_DETECTED, Draft, add_to_outbox

PATHS = {"sse": "/api/v1/stream", "websocket": "/api/v1/stream/ws"}
SIGNAL = {
    "signal_id": "s",
    "signal_type": "MOVE",
    "sport_key": "soccer_epl",
    "market": "h2h",
    "event_id": "game",
    "composite_score": 60.0,
    "is_structural_core": True,
    "detected_at": "2026-01-02T03:04:05.000000Z",
    "velocity_per_min": 0.5,
    "bookmakers": ["pinnacle"],
    "meta": "{}",
}


def commit(database: Database, *ids: str, topic: str = SIGNAL_DETECTED, **fields: Any) -> None:
    """Messages in one transaction, about signals of these ids, or to accounts of these ids."""
    identity = {SIGNAL_DETECTED: (), CLV_FINALIZED: ("scheduled", "1")}.get(topic, ("once",))
    with database.begin() as connection:
        add_to_outbox(
            connection,
            [Draft(topic, (one, *identity), {**_content(topic, one), **fields}) for one in ids],
            dt.datetime.now(dt.UTC),
        )


def _content(topic: str, one: str) -> dict[str, Any]:
    return {"account_id": one, "used": 1} if topic == LIMIT_ALERT else {**SIGNAL, "signal_id": one}


@dataclass
class Seen:
    """What a client was told: messages of the outbox, messages of the stream's own, and how it ended."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    control: list[dict[str, Any]] = field(default_factory=list)
    last_id: int | None = None
    retry_ms: int = 0
    is_over: bool = False
    close_code: int = 0

    @property
    def subjects(self) -> list[str]:
        """What the messages are about."""
        return [message["subject_id"] for message in self.messages]

    @property
    def topics(self) -> list[str]:
        """Topics of the stream's own messages, heartbeats left out."""
        return [one["topic"] for one in self.control if one["topic"] not in ("ready", "heartbeat")]

    def take(self, message: dict[str, Any]) -> None:
        """Note one message."""
        (self.control if message["topic"] in CONTROL else self.messages).append(message)
        if message["topic"] not in CLOSE_CODES:
            self.last_id = message["sequence"]


@asynccontextmanager
async def connected(
    address: str, wire: str, key: str, after: int | None = None, **query: Any
) -> AsyncIterator["Client"]:
    """An open stream on a wire, resumed after a sequence; the connection breaks off without a word at the end."""
    client: Client = (SseClient if wire == "sse" else SocketClient)(address)
    path = f"{PATHS[wire]}?{urlencode(query, doseq=True)}"
    headers = {"Authorization": f"Bearer {key}"} | ({} if after is None else {"Last-Event-ID": str(after)})
    try:
        await client.open(path, headers)
        yield client
    finally:
        client.break_off()


class Client(ABC):
    """One client."""

    def __init__(self, address: str) -> None:
        self.host, _, port = address.removeprefix("http://").partition(":")
        self.port = int(port)
        self.seen = Seen()

    @abstractmethod
    async def open(self, path: str, headers: dict[str, str]) -> None:
        """Connect; raises Refused with the problem when it is not let in."""

    @abstractmethod
    async def step(self) -> None:
        """Wait for one more piece, and note it."""

    @abstractmethod
    def break_off(self) -> None:
        """End the connection at once."""

    async def until(self, n: int = 0, *, seconds: float = 20, over: bool = False, beats: int = 0) -> Seen:
        """Read until so many messages and heartbeats came, or the stream is over."""
        async with asyncio.timeout(seconds):
            while not self.seen.is_over and (
                over
                or len(self.seen.messages) < n
                or sum(one["topic"] == "heartbeat" for one in self.seen.control) < beats
            ):
                await self.step()
        return self.seen

    async def opened(self) -> "Client":
        """Wait until the server says where the stream begins."""
        while not self.seen.control and self.seen.last_id is None:
            await self.step()
        return self


class Refused(Exception):
    """The stream was not opened; `problem` says why."""

    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        super().__init__(f"{status} {body.decode()}")
        self.status, self.headers, self.problem = status, headers, json.loads(body)


class SseClient(Client):
    """Server-sent events over a bare socket, read as a browser does: a block counts once its empty line is there."""

    async def open(self, path: str, headers: dict[str, str]) -> None:
        """Send the request and read the head of the answer."""
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port, limit=2**24)
        lines = [f"GET {path} HTTP/1.1", "Host: test", *(f"{name}: {value}" for name, value in headers.items())]
        self.writer.write("\r\n".join([*lines, "", ""]).encode())
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        status = int(head.split()[1])
        self.head = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head.splitlines()[1:])}
        if status != 200:
            raise Refused(status, self.head, await self.reader.readexactly(int(self.head["content-length"])))
        self.waiting = b""

    async def step(self) -> None:
        """One chunk of the answer."""
        try:
            size = int(await self.reader.readuntil(b"\r\n"), 16)
            self.waiting += (await self.reader.readexactly(size + 2))[:-2]
        except (asyncio.IncompleteReadError, ConnectionError):
            self.seen.is_over = True
            return
        self.seen.is_over = size == 0
        *blocks, self.waiting = self.waiting.split(b"\n\n")
        for block in blocks:
            self._block(block.decode())

    def _block(self, block: str) -> None:
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        if "retry" in fields:
            self.seen.retry_ms = int(fields["retry"])
        if "id" in fields:
            self.seen.last_id = int(fields["id"])
        if "" in fields and fields[""].startswith("heartbeat"):
            self.seen.control.append({"topic": "heartbeat", "sequence": self.seen.last_id})
        if "data" in fields:
            message = json.loads(fields["data"])
            assert fields["event"] == message["topic"]
            if message["topic"] not in CONTROL:
                assert int(fields["id"]) == message["sequence"]
            self.seen.take(message)

    def break_off(self) -> None:
        """Abort the connection."""
        if hasattr(self, "writer"):
            self.writer.transport.abort()


class SocketClient(Client):
    """A WebSocket."""

    async def open(self, path: str, headers: dict[str, str]) -> None:
        """Shake hands."""
        try:
            self.socket = await connect(
                f"ws://{self.host}:{self.port}{path}",
                additional_headers=headers,
                compression=None,
                proxy=None,
                max_size=None,
                ping_interval=None,
            )
        except InvalidStatus as error:
            answer = error.response
            raise Refused(answer.status_code, answer.headers, bytes(answer.body or b"")) from None

    async def step(self) -> None:
        """One message."""
        try:
            self.seen.take(json.loads(await self.socket.recv()))
        except ConnectionClosed as closed:
            self.seen.is_over = True
            self.seen.close_code = closed.rcvd.code if closed.rcvd else 1006

    def break_off(self) -> None:
        """Abort the connection."""
        if hasattr(self, "socket"):
            self.socket.transport.abort()


@contextmanager
def listening(api: Api) -> Iterator[str]:
    """The address of a real server in front of a running API, in its loop."""
    config = uvicorn.Config(
        api.app,  # type: ignore[arg-type]
        host="127.0.0.1",
        port=0,
        lifespan="off",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=3,
    )
    server = uvicorn.Server(config)
    serving = asyncio.run_coroutine_threadsafe(server.serve(), api.loop.loop)
    try:
        while not server.started:
            threading.Event().wait(0.01)
            assert not serving.done(), serving.exception()
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            serving.result(30)
