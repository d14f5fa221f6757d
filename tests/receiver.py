"""A receiver on this machine that answers as it is told, for tests and benches of what is posted."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httptools

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@dataclass
class Request:
    """A request that came in."""

    path: str
    headers: dict[str, str]
    body: bytes


# What answers: bytes to send, None to say nothing, or a number of seconds to wait and then answer 200. Bytes that do not
# keep the connection open by their own headers end it.
Answer = bytes | float | None


@dataclass
class Receiver:
    """Where it listens, what came in, and how many connections were made."""

    answer: Callable[[Request], Answer] = lambda _: OK
    requests: list[Request] = field(default_factory=list)
    n_connections: int = 0
    n_open: int = 0
    keeps: bool = True
    port: int = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/hook"

    @asynccontextmanager
    async def listening(self, tls: ssl.SSLContext | None = None) -> AsyncIterator["Receiver"]:
        """Within: it listens on a port of its own, or on the one it had before."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Serving(self), "127.0.0.1", self.port, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await asyncio.sleep(0)


class _Serving(asyncio.Protocol):
    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.receiver.n_connections += 1
        self.receiver.n_open += 1
        self.parser = httptools.HttpRequestParser(self)

    def connection_lost(self, _error: Exception | None) -> None:
        self.receiver.n_open -= 1

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.path, self.headers, self.body = "", {}, bytearray()

    def on_url(self, url: bytes) -> None:
        self.path = url.decode()

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode().lower()] = value.decode()

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        request = Request(self.path, self.headers, bytes(self.body))
        if self.receiver.keeps:
            self.receiver.requests.append(request)
        answer = self.receiver.answer(request)
        if isinstance(answer, bytes):
            self._send(answer)
        elif answer is not None:
            asyncio.get_running_loop().call_later(answer, self._send, OK)

    def _send(self, answer: bytes) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(answer)  # type: ignore[attr-defined]
        if b"content-length" not in answer and b"chunked" not in answer:
            self.transport.close()
