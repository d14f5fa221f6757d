"""The client for programs that do many things at once, by asyncio."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
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


class AsyncStratum:
    """Asks the API within an event loop. Close it, or use it in an `async with` block.

        async with AsyncStratum(key) as stratum:
            async for message in stratum.follow(ask.open_stream(signal_type=["STEAM"]), after=place):
                place = message.sequence

    Whatever goes wrong is a StratumError.
    """

    def __init__(
        self,
        key: str = "",
        *,
        address: str = LOCAL,
        timeout_s: float = TIMEOUT_S,
        retries: Retries = USUAL,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`transport` is httpx's way out, for tests and proxies."""
        connection = Connection(key, address, timeout_s, retries)
        self._retries = retries
        self._http = httpx.AsyncClient(**connection.options(), transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(self, call: Call[T]) -> T:
        """The answer to one question. Raises Refused, NoAnswer, AnswerUnreadable."""
        return await self._ask(call, self._attempt)

    async def save(self, call: Call[bytes], file: Path) -> None:
        """Write an export to a file as it comes; the file is there once it is whole. Raises as `send`, and OSError."""
        with drafted(file) as target:
            await self._ask(call, lambda call: self._download(call, target))

    async def each(self, call: Call[Paged[T]]) -> AsyncGenerator[T, None]:
        """Every row of a question that is answered in pages, asked for as they are taken."""
        following: Call[Paged[T]] | None = call
        while following is not None:
            page = await self.send(following)
            for one in page.items:
                yield one
            following = next_page(following, page)

    async def follow(
        self, call: Call[Message] | None = None, *, after: int | None = None
    ) -> AsyncGenerator[Message, None]:
        """Messages as they come, for ever, over as many connections as it takes; `call` is `ask.open_stream(…)`, by default all.

        `after` is the sequence of the last message you have, and everything since comes first. Raises SnapshotNeeded when that is no
        longer kept, Refused when the key opens no stream.
        """
        call = call or ask.open_stream()
        place = Following(after, self._retries)
        while True:
            try:
                async with aclosing(self._connected(call, place)) as messages:
                    async for message in messages:
                        yield message
                wait_s = place.pause_s(draw())
            except (httpx.TransportError, Refused) as error:
                wait_s = place.wait_s(error, draw())
            await asyncio.sleep(wait_s)

    async def _ask(self, call: Call[T], attempt: Callable[[Call[T]], Awaitable[Outcome]]) -> T:
        asking = exchange(call, self._retries, draw)
        wait_s = next(asking)
        while True:
            await asyncio.sleep(wait_s)
            try:
                wait_s = asking.send(await attempt(call))
            except StopIteration as end:
                answer: T = end.value
                return answer

    async def _attempt(self, call: Call[T]) -> Outcome:
        try:
            return await self._http.send(call.request(self._http))
        except httpx.TransportError as error:
            return error

    async def _download(self, call: Call[bytes], target: BinaryIO) -> Outcome:
        target.seek(0)
        target.truncate()
        try:
            response = await self._http.send(call.request(self._http), stream=True)
            try:
                if not response.is_success:
                    await response.aread()
                    return response
                async for piece in response.aiter_bytes():
                    target.write(piece)
                return httpx.Response(response.status_code)
            finally:
                await response.aclose()
        except httpx.TransportError as error:
            return error

    async def _connected(self, call: Call[Message], place: Following) -> AsyncGenerator[Message, None]:
        request = call.request(self._http, headers=place.headers(), read_timeout_s=SILENT_S)
        response = await self._http.send(request, stream=True)
        try:
            if not response.is_success:
                await response.aread()
            place.opened(response)
            async for piece in response.aiter_bytes():
                for message in place.take(piece):
                    yield message
        finally:
            await response.aclose()
