"""The client for programs that wait."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, TypeVar

import httpx

from stratum_api.client import ask
from stratum_api.client.connection import LOCAL, TIMEOUT_S, Connection
from stratum_api.client.drafts import drafted
from stratum_api.client.errors import Refused
from stratum_api.client.exchange import Call, Outcome, exchange
from stratum_api.client.following import SILENT_S, Following, Message
from stratum_api.client.paging import Paged, next_page
from stratum_api.client.retries import USUAL, Retries, draw

T = TypeVar("T")


class Stratum:
    """Asks the API, one thing after the other. Close it, or use it in a `with` block.

        with Stratum(key) as stratum:
            for signal in stratum.each(ask.list_signals(sport="americanfootball_nfl", min_score=75)):
                print(signal.signal_type, signal.move)

    Whatever goes wrong is a StratumError.
    """

    def __init__(
        self,
        key: str = "",
        *,
        address: str = LOCAL,
        timeout_s: float = TIMEOUT_S,
        retries: Retries = USUAL,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`transport` is httpx's way out, for tests and proxies."""
        connection = Connection(key, address, timeout_s, retries)
        self._retries = retries
        self._http = httpx.Client(**connection.options(), transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, call: Call[T]) -> T:
        """The answer to one question. Raises Refused, NoAnswer, AnswerUnreadable."""
        return self._ask(call, self._attempt)

    def save(self, call: Call[bytes], file: Path) -> None:
        """Write an export to a file as it comes; the file is there once it is whole. Raises as `send`, and OSError."""
        with drafted(file) as target:
            self._ask(call, lambda call: self._download(call, target))

    def each(self, call: Call[Paged[T]]) -> Iterator[T]:
        """Every row of a question that is answered in pages, asked for as they are taken."""
        following: Call[Paged[T]] | None = call
        while following is not None:
            page = self.send(following)
            yield from page.items
            following = next_page(following, page)

    def follow(self, call: Call[Message] | None = None, *, after: int | None = None) -> Iterator[Message]:
        """Messages as they come, for ever, over as many connections as it takes; `call` is `ask.open_stream(…)`, by default all.

        `after` is the sequence of the last message you have, and everything since comes first. Raises SnapshotNeeded when that is no
        longer kept, Refused when the key opens no stream.
        """
        call = call or ask.open_stream()
        place = Following(after, self._retries)
        while True:
            try:
                yield from self._connected(call, place)
                wait_s = place.pause_s(draw())
            except (httpx.TransportError, Refused) as error:
                wait_s = place.wait_s(error, draw())
            time.sleep(wait_s)

    def _ask(self, call: Call[T], attempt: Callable[[Call[T]], Outcome]) -> T:
        asking = exchange(call, self._retries, draw)
        wait_s = next(asking)
        while True:
            time.sleep(wait_s)
            try:
                wait_s = asking.send(attempt(call))
            except StopIteration as end:
                answer: T = end.value
                return answer

    def _attempt(self, call: Call[T]) -> Outcome:
        try:
            return self._http.send(call.request(self._http))
        except httpx.TransportError as error:
            return error

    def _download(self, call: Call[bytes], target: BinaryIO) -> Outcome:
        target.seek(0)
        target.truncate()
        try:
            response = self._http.send(call.request(self._http), stream=True)
            try:
                if not response.is_success:
                    response.read()
                    return response
                for piece in response.iter_bytes():
                    target.write(piece)
                return httpx.Response(response.status_code)
            finally:
                response.close()
        except httpx.TransportError as error:
            return error

    def _connected(self, call: Call[Message], place: Following) -> Iterator[Message]:
        request = call.request(self._http, headers=place.headers(), read_timeout_s=SILENT_S)
        response = self._http.send(request, stream=True)
        try:
            if not response.is_success:
                response.read()
            place.opened(response)
            for piece in response.iter_bytes():
                yield from place.take(piece)
        finally:
            response.close()
