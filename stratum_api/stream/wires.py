"""The two ways a stream leaves the server: server-sent events, and a WebSocket."""

import contextlib
from collections.abc import Sequence

from litestar.enums import ScopeType
from litestar.exceptions import WebSocketDisconnect
from litestar.types import Receive, Scope, Send

from stratum_api import measures
from stratum_api.stream.follower import Follower
from stratum_api.stream.frames import CLOSE_CODES, Frame
from stratum_api.stream.shown import Tier
from stratum_api.stream.streams import Streams
from stratum_api.stream.wanted import Wanted
from stratum_api.visitor import Visitor

EVENT_STREAM = "text/event-stream"
# A proxy that collects an answer before it passes it on would hold up every event.
HEADERS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]


class Stream:
    """A stream that is about to be opened: an ASGI application that answers one request with it, on either wire."""

    def __init__(self, streams: Streams, visitor: Visitor, tier: Tier, wanted: Wanted, after: int | None) -> None:
        self._follower = streams.follower(visitor, tier, wanted, after)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it until it ends or the client goes. What is wrong before it begins is raised, and answered as a problem."""
        async with self._follower as follower:
            with measures.STREAMS.labels(scope["type"]).track_inprogress():
                serve = _as_websocket if scope["type"] == ScopeType.WEBSOCKET else _as_events
                await serve(follower, receive, send)


async def _as_events(follower: Follower, receive: Receive, send: Send) -> None:
    written = measures.STREAM_MESSAGES.labels("http")

    async def write(some: Sequence[Frame]) -> None:
        body = b"".join([frame.sse for frame in some])
        await send({"type": "http.response.body", "body": body, "more_body": True})
        written.inc(len(some))

    await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
    if await follower.serve(write, _gone(receive, "http.disconnect")):
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _as_websocket(follower: Follower, receive: Receive, send: Send) -> None:
    written = measures.STREAM_MESSAGES.labels("websocket")

    async def write(some: Sequence[Frame]) -> None:
        try:
            for frame in some:
                await send({"type": "websocket.send", "bytes": None, "text": frame.text})
        except WebSocketDisconnect:
            raise ConnectionResetError("the client went away") from None
        written.inc(len(some))

    await receive()  # websocket.connect
    await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
    if await follower.serve(write, _gone(receive, "websocket.disconnect")):
        code = CLOSE_CODES[follower.ending]
        with contextlib.suppress(OSError, WebSocketDisconnect):  # it went away meanwhile
            await send({"type": "websocket.close", "code": code, "reason": follower.ending})


async def _gone(receive: Receive, farewell: str) -> None:
    """Until the client goes away. What it sends meanwhile is dropped: the stream has one direction."""
    while (await receive())["type"] != farewell:
        pass
