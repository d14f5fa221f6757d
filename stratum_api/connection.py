"""One connection of HTTP: bounds what comes before there is a request, which nothing behind it can see.

A head (the first line and the headers) has to be there within some seconds and within some kilobytes. What is refused here, and what is
no HTTP at all, is answered with a problem like everything else, and the connection is closed.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from stratum_api.door import PLAIN_POLICY, SECURITY_HEADERS
from stratum_api.problems import MEDIA_TYPE, BadRequest, HeadTooLarge, Problem, RequestTooSlow
from stratum_api.request_ids import request_id

HEAD_WITHIN_S = 15.0
LONGEST_HEAD = 32_768


class Connection(HttpToolsProtocol):
    """What uvicorn makes of a connection, within bounds."""

    cycle: RequestResponseCycle | None  # type: ignore[assignment]

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._is_in_head = True
        self._is_refused = False
        self._has_begun = False
        self._n_head = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Its first head has begun to be waited for."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless it was refused already or the head grows too long."""
        if self._is_refused:
            return
        self._has_begun = False
        was_in_head = self._is_in_head or (self.cycle is not None and self.cycle.response_complete)
        super().data_received(data)
        # Of what holds the end of a body and the beginning of a head nobody says where the one ends.
        if self._is_in_head and (was_in_head or not self._has_begun):
            self._n_head += len(data)
            if self._n_head > LONGEST_HEAD:
                self._refuse(HeadTooLarge(max_bytes=LONGEST_HEAD))

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._has_begun = self._is_in_head = True
        self._n_head = 0
        self._wait_for_head()

    def on_headers_complete(self) -> None:
        """The head is there: from here on it is a request."""
        self._is_in_head = False
        self._stop_waiting()
        if self._is_refused:
            return
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > LONGEST_HEAD:
            self._refuse(HeadTooLarge(max_bytes=LONGEST_HEAD))
            return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body; of what was refused nobody reads one."""
        if not self._is_refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The end of the body."""
        if not self._is_refused:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._refuse(BadRequest("What came is no request of HTTP/1.1."))

    def _wait_for_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_WITHIN_S, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if self._n_head:
            self._refuse(RequestTooSlow(f"The head of the request was not there within {HEAD_WITHIN_S:g} seconds."))
        elif not self.transport.is_closing():
            self.transport.close()  # nobody said anything, so there is nothing to answer

    def _refuse(self, problem: Problem) -> None:
        """Answer with a problem and close; in the middle of another answer, close alone."""
        self._is_refused = True
        self._stop_waiting()
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:
            made = request_id(None)
            body = problem.body(made)
            headers = [
                (b"content-type", MEDIA_TYPE.encode()),
                (b"content-length", b"%d" % len(body)),
                (b"x-request-id", made.encode()),
                (b"cache-control", b"no-store"),
                PLAIN_POLICY,
                *SECURITY_HEADERS,
                (b"connection", b"close"),
            ]
            lines = [STATUS_LINE[problem.status], *(name + b": " + value + b"\r\n" for name, value in headers)]
            self.transport.write(b"".join([*lines, b"\r\n", body]))
        self.transport.close()
