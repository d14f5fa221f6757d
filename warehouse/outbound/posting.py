"""The guarded client for bodies that are posted to addresses others have named: many at once, in an event loop.

Each request goes to an address that was checked as it was connected to; a connection that is kept stays with that address, so a
name cannot change its meaning in between. No redirect is followed, no more of an answer is read than is kept, nothing is logged.
"""

import asyncio
import ssl
import time
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import httpx

from warehouse.errors import CertificateRefused, OutboundError, RedirectRefused, TimedOut, Unreachable
from warehouse.outbound.addresses import Resolver, resolve
from warehouse.outbound.destinations import Destination, DestinationRules, check_addresses
from warehouse.outbound.exchange import Exchange, Posted

# A host that cannot be resolved holds up one thread; hosts that can be share the others.
RESOLVING_THREADS = 32
CONNECT_SECONDS = 3.0
IDLE_SECONDS = 20.0
OLDEST_SECONDS = 120.0
# Kept per host: as many as are likely to be used at once.
IDLE_CONNECTIONS = 100
URLS_REMEMBERED = 4096

Place = tuple[str, str, int]


class Poster:
    """Posts bodies. Belongs to one event loop; close it at the end."""

    def __init__(
        self,
        rules: DestinationRules,
        *,
        max_bytes: int = 4096,
        most_bytes: int = 64 * 1024,
        resolver: Resolver = resolve,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`max_bytes` of an answer are kept, `most_bytes` read; `resolver` and `tls` are replaced in tests."""
        self.rules = rules
        self.max_bytes = max_bytes
        self.most_bytes = most_bytes
        # SSL_CERT_FILE may name further authorities; proxies and .netrc are not read.
        self._tls = tls or httpx.create_ssl_context(trust_env=True)
        # What an address means does not change; what its host stands for is asked each time it is connected to.
        self._check = lru_cache(URLS_REMEMBERED)(rules.check)
        self._resolver = resolver
        self._threads = ThreadPoolExecutor(RESOLVING_THREADS, thread_name_prefix="resolve")
        self._resolving: dict[tuple[str, int], asyncio.Future[list[str]]] = {}
        self._idle: defaultdict[Place, list[Exchange]] = defaultdict(list)
        self._swept_at = time.monotonic()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout_s: float) -> Posted:
        """The answer to a POST, whatever its status, except a redirect. Raises OutboundError.

        A kept connection that turns out to be closed is replaced once by a new one: nothing was answered on it.
        """
        destination = self._check(url)
        request = _request(destination, headers, body)
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self._exchange(destination, request)
        except TimeoutError:
            raise TimedOut(f"{destination.host} gave no complete answer within {timeout_s:g} seconds.") from None
        if 300 <= answer.status_code < 400:
            raise RedirectRefused(
                f"{destination.host} answered {answer.status_code}; redirects are not followed.", answer.status_code
            )
        return answer

    async def check(self, url: str, timeout_s: float = 5.0) -> None:
        """Whether an address could be posted to as things stand, without connecting to it. Raises OutboundError."""
        destination = self.rules.check(url)
        try:
            async with asyncio.timeout(timeout_s):
                await self._addresses(destination)
        except TimeoutError:
            raise TimedOut(f"The name {destination.host} was not resolved in time.") from None

    async def close(self) -> None:
        """Close the connections that are kept."""
        for kept in self._idle.values():
            for one in kept:
                one.close()
        self._idle.clear()
        self._threads.shutdown(wait=False, cancel_futures=True)
        await asyncio.sleep(0)

    async def _exchange(self, destination: Destination, request: bytes) -> Posted:
        place = (destination.scheme, destination.host, destination.port)
        kept = self._take(place)
        if kept is not None:
            try:
                return await self._send(place, kept, request)
            except Unreachable:
                pass  # it was closed before it answered anything
        return await self._send(place, await self._connect(destination), request)

    async def _send(self, place: Place, connection: Exchange, request: bytes) -> Posted:
        try:
            return await connection.send(request)
        finally:
            kept = self._idle[place]
            if connection.is_open and len(kept) < IDLE_CONNECTIONS:
                kept.append(connection)
            else:
                connection.close()

    def _take(self, place: Place) -> Exchange | None:
        kept, now = self._idle[place], time.monotonic()
        while kept:
            one = kept.pop()
            if _is_fresh(one, now):
                return one
            one.close()
        return None

    def _sweep(self) -> None:
        """Close what has been idle for too long, also at hosts that nothing is posted to any more."""
        now = time.monotonic()
        if now - self._swept_at < IDLE_SECONDS:
            return
        self._swept_at = now
        for place, kept in list(self._idle.items()):
            fresh = [one for one in kept if _is_fresh(one, now)]
            for one in set(kept).difference(fresh):
                one.close()
            self._idle[place] = fresh
            if not fresh:
                del self._idle[place]

    async def _connect(self, destination: Destination) -> Exchange:
        """A connection to the first address of the host that answers; all of them must be allowed."""
        host = destination.host
        self._sweep()
        failure: OutboundError = Unreachable(f"{host} cannot be reached.")
        for address in await self._addresses(destination):
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    return await self._connect_to(destination, address)
            except (ssl.SSLError, ssl.CertificateError) as error:
                reason = getattr(error, "verify_message", "") or getattr(error, "reason", "") or "no TLS"
                raise CertificateRefused(f"No secure connection to {host} could be made ({reason}).") from None
            except TimeoutError:
                failure = Unreachable(f"{host} did not take a connection within {CONNECT_SECONDS:g} seconds.")
            except OSError as error:
                failure = Unreachable(f"{host} cannot be reached ({type(error).__name__}).")
        raise failure

    async def _connect_to(self, destination: Destination, address: str) -> Exchange:
        is_secure = destination.scheme == "https"
        _, made = await asyncio.get_running_loop().create_connection(
            lambda: Exchange(destination.host, self.max_bytes, self.most_bytes),
            address,
            destination.port,
            ssl=self._tls if is_secure else None,
            # The certificate is checked against the name, whatever address it stood for.
            server_hostname=destination.host if is_secure else None,
        )
        return made

    async def _addresses(self, destination: Destination) -> list[str]:
        """What the host stands for now; those who ask for the same host at once share the question."""
        asked = (destination.host, destination.port)
        asking = self._resolving.get(asked)
        if asking is None:
            loop = asyncio.get_running_loop()
            asking = self._resolving[asked] = loop.run_in_executor(self._threads, self._resolver, *asked)
            asking.add_done_callback(lambda _: self._resolving.pop(asked, None))
        try:
            found = await asyncio.shield(asking)
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise Unreachable(f"The name {destination.host} cannot be resolved.")
        if not destination.is_vouched_for:
            check_addresses(destination.host, found)
        return found


def _is_fresh(connection: Exchange, now: float) -> bool:
    return (
        connection.is_open
        and now - connection.idle_since < IDLE_SECONDS
        and now - connection.opened_at < OLDEST_SECONDS
    )


def _request(destination: Destination, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [
        b"POST " + destination.target + b" HTTP/1.1",
        b"host: " + destination.host_header,
        b"content-length: %d" % len(body),
    ]
    lines += [f"{name}: {value}".encode("ascii") for name, value in headers.items()]
    head = b"\r\n".join(lines)
    if head.count(b"\n") != len(lines) - 1:
        raise ValueError("A header holds a line break.")
    return head + b"\r\n\r\n" + body
