"""One connection that sends a request and reads its answer, again and again: HTTP/1.1 by httptools.

A general client spends several times longer on a request than the request takes; what is posted here is one fixed shape.
"""

import asyncio
import time
from dataclasses import dataclass, field
from typing import cast

import httptools

from warehouse.errors import AnswerBroken, OutboundError, Unreachable

MOST_HEAD_BYTES = 32 * 1024
# Of what frames a body, however small its chunks.
MOST_AROUND_BYTES = 512 * 1024


@dataclass(frozen=True)
class Posted:
    """An answer: its status, its headers by lower-case name, and the beginning of its body."""

    status_code: int
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Exchange(asyncio.Protocol):
    """A connection to a host. It belongs to one request at a time; `is_open` says whether it can take another."""

    def __init__(self, host: str, max_bytes: int, most_bytes: int) -> None:
        """`max_bytes` of a body are kept; after `most_bytes` the rest is not read and the connection ends."""
        self.host = host
        self.max_bytes = max_bytes
        self.most_bytes = most_bytes
        self.opened_at = self.idle_since = time.monotonic()
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Posted] | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._is_over = False
        self._n_read = 0
        self._begin()

    @property
    def is_open(self) -> bool:
        """Whether it can take a request."""
        return self._transport is not None and not self._transport.is_closing() and not self._is_over

    async def send(self, request: bytes) -> Posted:
        """The answer to a request; the caller bounds how long it takes. Raises OutboundError."""
        transport = self._transport
        if transport is None or self._answer is not None:
            raise Unreachable(f"The connection to {self.host} is in use or gone.")
        self._parser = httptools.HttpResponseParser(self)
        self._begin()
        self._n_read = 0
        self._answer = asyncio.get_running_loop().create_future()
        transport.write(request)
        try:
            return await self._answer
        finally:
            if not self._is_complete:
                self.close()
            self._answer = None
            self.idle_since = time.monotonic()

    def close(self) -> None:
        """End the connection without waiting for anything."""
        self._is_over = True
        if self._transport is not None:
            self._transport.abort()

    # -- what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is there."""
        # Those of uvloop are like asyncio's and not of its class.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """A piece of an answer."""
        if self._parser is None or self._answer is None or self._answer.done():
            self.close()  # it speaks without having been asked
            return
        self._n_read += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # With 101 nothing of an answer is left; any other status was whole before the rest was to be something else.
            if self._is_complete:
                self.close()
            else:
                self._fail(AnswerBroken(f"{self.host} wants to speak something else than HTTP."))
            return
        except httptools.HttpParserError:
            self._fail(AnswerBroken(f"{self.host} did not answer in HTTP."))
            return
        if self._is_complete:
            return
        if not self._has_head and self._n_read > MOST_HEAD_BYTES:
            self._fail(AnswerBroken(f"{self.host} sent a head longer than {MOST_HEAD_BYTES} bytes."))
        elif self._n_read - self._n_body > MOST_AROUND_BYTES:
            # Whatever comes around the body: endless extensions of a chunk, or headers behind the last one.
            self._fail(AnswerBroken(f"{self.host} sent far more than an answer."))
        elif self._n_body > self.most_bytes:
            self._is_over = True
            self._succeed()
            self.close()

    def eof_received(self) -> bool:
        """The other side says no more: the connection ends."""
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """It is gone; an answer of no stated length is complete with it."""
        self._is_over = True
        if self._answer is None or self._answer.done():
            return
        if error is None and self._has_head and not self._is_framed:
            self._succeed()  # an answer of no stated length ends with its connection
        elif self._n_read:
            self._fail(AnswerBroken(f"{self.host} ended its answer early."))
        else:
            self._fail(Unreachable(f"{self.host} ended the connection without an answer."))

    # -- what the parser calls

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of the answer."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """The head is complete."""
        assert self._parser is not None
        self._status = self._parser.get_status_code()
        self._has_head = self._status >= 200
        self._is_framed = "content-length" in self._headers or "transfer-encoding" in self._headers

    def on_body(self, body: bytes) -> None:
        """A piece of the body; only the beginning is kept."""
        self._n_body += len(body)
        if len(self._body) < self.max_bytes:
            self._body += body[: self.max_bytes - len(self._body)]

    def on_message_complete(self) -> None:
        """The answer is complete."""
        assert self._parser is not None
        if not self._has_head:
            self._begin()  # 100 and its like come before the answer
            return
        if not self._parser.should_keep_alive():
            self._is_over = True
        self._succeed()

    def _begin(self) -> None:
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._status = self._n_body = 0
        self._has_head = self._is_framed = self._is_complete = False

    def _succeed(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._is_complete = True
            self._answer.set_result(Posted(self._status, self._headers, bytes(self._body)))

    def _fail(self, error: OutboundError) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        self.close()
