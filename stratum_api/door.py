"""The door every request comes through.

Before any endpoint it looks at the request's id, its key, its limit and its bounds; afterwards come its headers, its usage, its log
line and its measure. Pure ASGI, because it stands in front of addresses that do not exist as well.
"""

import asyncio
import datetime as dt
import ipaddress
import logging
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from typing import Any

from stratum_api import measures
from stratum_api.doorkeeper import Doorkeeper
from stratum_api.headers import Headers, limit_headers, usage_headers
from stratum_api.problems import (
    MEDIA_TYPE,
    AddressTooLong,
    BadRequest,
    BodyTooLarge,
    Fault,
    Problem,
    RequestTooSlow,
    Unavailable,
)
from stratum_api.request_ids import request_id
from stratum_api.service import Service
from stratum_api.telemetry import Spans
from stratum_api.visit import Visit
from stratum_api.visitor import ANONYMOUS
from warehouse.errors import DatabaseError

logger = logging.getLogger("stratum.api")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# Neither keys nor limits here: probes must get through, and pages about the API cost next to nothing.
OPEN_PATHS = ("/health/", "/docs", "/problems")
# A line break at the end of a value would pass for none, in patterns as in lists that people read.
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
CONTROL_QUOTED = re.compile(rb"%(?:[01][0-9A-Fa-f]|7[Ff])")
LONGEST_ADDRESS = 8_192
RETRY_AFTER_S = 2
UNMATCHED = "unmatched"

SECURITY_HEADERS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-site"),
    (b"strict-transport-security", b"max-age=31536000"),
]
PLAIN_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
PAGE_POLICY = (
    b"content-security-policy",
    (
        b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        b"connect-src 'self'; frame-ancestors 'none'"
    ),
)
NOT_KEPT = (b"cache-control", b"no-store")


class Door:
    """Wraps the application. `service` is what requests are checked, counted and limited with."""

    def __init__(self, app: App, service: Service) -> None:
        self.app = app
        self.service = service
        self.keeper = Doorkeeper(service)
        self.spans = Spans(service.settings.otlp_endpoint)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection of ASGI."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = _wanted(scope["headers"])
        visit = Visit(
            request_id(headers.get(b"x-request-id")),
            scope.get("method", "GET"),
            scope["path"],
            _address(scope.get("client")),
            time.perf_counter(),
        )
        scope.setdefault("state", {})["visit"] = visit
        answer = _Answer(self, scope, visit, receive, send)
        measures.OPEN.inc()
        try:
            with self.spans.around(visit, scope["headers"]):
                await self._let_in(scope, headers, visit, answer)
        finally:
            measures.OPEN.dec()
            seconds = time.perf_counter() - visit.started
            measures.measure(visit.operation or UNMATCHED, visit.status, seconds)
            self.service.request_log.add(visit, seconds)

    async def _let_in(self, scope: Scope, headers: dict[bytes, bytes], visit: Visit, answer: "_Answer") -> None:
        try:
            # Whoever has begun to answer may take as long as it likes: an export, a stream.
            async with asyncio.timeout(self.service.settings.timeout_s) as answer.clock:
                await self._admit(scope, headers, visit)
                # The answer to HEAD is that to GET without a body; who asked for which, the visit knows.
                asked = {**scope, "method": "GET"} if visit.method == "HEAD" else scope
                await self.app(asked, answer.receive, answer.send)
        except Problem as problem:
            await answer.refuse(problem)
        except TimeoutError:
            if answer.is_waiting:
                slow = f"The body was not there within {self.service.settings.timeout_s:g} seconds."
                await answer.refuse(RequestTooSlow(slow, headers={"Connection": "close"}))
                return
            await answer.refuse(Unavailable("The answer took too long.", headers={"Retry-After": str(RETRY_AFTER_S)}))
        except DatabaseError as error:
            logger.warning("%s", error, extra={"request_id": visit.request_id})
            await answer.refuse(
                Unavailable("The database does not answer.", headers={"Retry-After": str(RETRY_AFTER_S)})
            )
        except Exception:
            logger.exception("a fault of ours", extra={"request_id": visit.request_id})
            await answer.refuse(Fault())

    async def _admit(self, scope: Scope, headers: dict[bytes, bytes], visit: Visit) -> None:
        """Raises the problem that keeps a request out before it is looked at."""
        query = scope["query_string"]
        if len(scope["raw_path"] or b"") + len(query) > LONGEST_ADDRESS:
            raise AddressTooLong
        if CONTROL.search(scope["path"]) or CONTROL_QUOTED.search(query):
            raise BadRequest("The address holds a NUL or another control character.")
        max_bytes = self.service.settings.max_body_bytes
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length[:20]) > max_bytes:
            raise BodyTooLarge(max_bytes=max_bytes)
        if visit.path.startswith(OPEN_PATHS) or _is_preflight(visit, headers):
            return
        await self.keeper.admit(_key(headers), visit)


class _Answer:
    """The answer to one request as it goes out."""

    __slots__ = ("clock", "door", "has_begun", "is_waiting", "read", "scope", "visit", "write")

    def __init__(self, door: Door, scope: Scope, visit: Visit, read: Receive, write: Send) -> None:
        self.door, self.scope, self.visit, self.read, self.write = door, scope, visit, read, write
        self.clock: asyncio.Timeout | None = None
        self.has_begun = False
        self.is_waiting = False  # for more of the request

    async def receive(self) -> Message:
        """The next of the request."""
        self.is_waiting = True
        message = await self.read()
        self.is_waiting = False
        return message

    async def send(self, message: Message) -> None:
        """Pass a message on; its beginning gets our headers, and is where usage is noted: before the caller has anything."""
        kind = message["type"]
        if kind in ("http.response.start", "websocket.accept", "websocket.http.response.start"):
            self._begin(message)
        elif kind == "http.response.body":
            if self.visit.method == "HEAD":
                message = {**message, "body": b""}
            self.visit.n_bytes += len(message.get("body", b""))
        elif kind == "websocket.close" and not self.has_begun:
            await self.refuse(self.visit.problem or Fault())
            return
        await self.write(message)

    async def refuse(self, problem: Problem) -> None:
        """Answer with a problem, unless an answer has begun: then the connection breaks off, and the caller sees that."""
        if self.has_begun:
            logger.warning("an answer broke off: %s", problem, extra={"request_id": self.visit.request_id})
            raise ConnectionAbortedError("the answer broke off")
        self.clock = None  # it has run out, or has nothing left to watch
        prefix = ""
        if self.scope["type"] == "websocket":
            if "websocket.http.response" not in self.scope.get("extensions", {}):
                self.visit.status = problem.status
                await self.write({"type": "websocket.close", "code": 4000 + problem.status})
                return
            prefix = "websocket."
        headers = [(b"content-type", MEDIA_TYPE.encode())]
        headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
        body = problem.body(self.visit.request_id)
        headers.append((b"content-length", b"%d" % len(body)))
        await self.send({"type": f"{prefix}http.response.start", "status": problem.status, "headers": headers})
        await self.send({"type": f"{prefix}http.response.body", "body": b"" if self.visit.method == "HEAD" else body})

    def _begin(self, message: Message) -> None:
        visit, service = self.visit, self.door.service
        self.has_begun = True
        if self.clock is not None:
            self.clock.reschedule(None)
        visit.status = message.get("status", 101)
        headers = [*message.get("headers", ()), (b"x-request-id", visit.request_id.encode()), *SECURITY_HEADERS]
        names = {name for name, _ in headers}
        if PLAIN_POLICY[0] not in names:
            headers.append(PAGE_POLICY if visit.path.startswith("/docs") else PLAIN_POLICY)
        if NOT_KEPT[0] not in names:
            headers.append(NOT_KEPT)
        if visit.decision is not None:
            headers += limit_headers(visit.decision, visit.visitor)
        if visit.visitor is not ANONYMOUS:
            now = dt.datetime.now(dt.UTC)
            if visit.is_billable and visit.status < 400:
                usage = service.meter.note(visit.visitor, visit.operation, visit.status, visit.request_id, now)
                measures.BILLABLE.inc()
            else:
                usage = service.meter.usage(visit.visitor, now)
            headers += usage_headers(usage)
        message["headers"] = headers


_WANTED = {
    b"authorization",
    b"x-api-key",
    b"x-request-id",
    b"content-length",
    b"origin",
    b"access-control-request-method",
}


def _wanted(headers: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    return {name: value for name, value in headers if name in _WANTED}


def _key(headers: dict[bytes, bytes]) -> str | None:
    """The key that came with a request, however it is written; None where there is none."""
    given = headers.get(b"authorization")
    if given is not None:
        kind, _, value = given.partition(b" ")
        return (value if kind.lower() == b"bearer" else given).strip().decode("latin-1")
    value = headers.get(b"x-api-key", b"")
    return value.strip().decode("latin-1") if b"x-api-key" in headers else None


def _is_preflight(visit: Visit, headers: dict[bytes, bytes]) -> bool:
    return visit.method == "OPTIONS" and b"origin" in headers and b"access-control-request-method" in headers


def _address(client: tuple[str, int] | list[Any] | None) -> str:
    return _grouped(client[0]) if client else "unknown"


@lru_cache(maxsize=4096)
def _grouped(host: str) -> str:
    """The address that limits count by: on IPv6 the /64, which is one customer, not one machine."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
