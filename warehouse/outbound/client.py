"""The guarded client.

It speaks https only, follows no redirect, connects only to public addresses (checked on the very address it connects to,
so that a name cannot change its meaning in between), reads no more than allowed, and ends by a deadline. It logs nothing
and reads no proxy, cookie or password from anywhere: what is sent is what the caller gave.

Retrying is the caller's: only it knows whether a request may be sent twice.
"""

import logging
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

import httpcore
import httpx

from warehouse.errors import (
    AnswerBroken,
    AnswerTooLarge,
    OutboundError,
    RedirectRefused,
    RequestRefused,
    TimedOut,
    Unreachable,
)
from warehouse.outbound.addresses import Resolver, resolve
from warehouse.outbound.network import Deadline, GuardedNetwork

MIB = 1024 * 1024


@dataclass(frozen=True)
class OutboundAnswer:
    """An answer: status, headers by lower-case name, and the whole body, decompressed."""

    status_code: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class OutboundClient:
    """Sends requests and gives whole answers; whatever else happens is an `OutboundError`.

    Keeps connections open between requests; close it, or use it in a `with` block. One client may serve several threads.
    """

    def __init__(
        self,
        *,
        allowed_hosts: Collection[str] | None,
        timeout_seconds: float,
        max_bytes: int = 64 * MIB,
        allow_loopback: bool = False,
        resolver: Resolver = resolve,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`allowed_hosts` None allows every public host; `transport` replaces the network, in tests."""
        self.allowed_hosts = None if allowed_hosts is None else {host.lower() for host in allowed_hosts}
        self.timeout_seconds = timeout_seconds
        self.max_bytes = max_bytes
        self.allow_loopback = allow_loopback
        self._deadline = Deadline()
        network = GuardedNetwork(resolver, self._deadline, allow_loopback=allow_loopback)
        self._transport = transport or _GuardedTransport(network)
        # At DEBUG these would write the headers of answers; nothing of a request may reach a log.
        logging.getLogger("httpcore").setLevel(logging.WARNING)

    def __enter__(self) -> "OutboundClient":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def get(
        self, url: str, *, query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> OutboundAnswer:
        """The answer to a GET request."""
        return self.request("GET", url, query=query, headers=headers)

    def post(self, url: str, *, content: bytes, headers: Mapping[str, str] | None = None) -> OutboundAnswer:
        """The answer to a POST request with this body."""
        return self.request("POST", url, content=content, headers=headers)

    def request(
        self,
        method: str,
        url: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> OutboundAnswer:
        """The answer to a request, whatever its status, except a redirect."""
        request = self._checked(method, url, query, headers, content)
        host = request.url.host
        # Errors of httpx carry the request, and with it query and headers: they end here ("from None").
        with self._deadline.within(self.timeout_seconds):
            try:
                response = self._transport.handle_request(request)
                try:
                    return self._answer(response, host)
                finally:
                    response.close()
            except OutboundError:
                raise
            except httpx.TimeoutException:
                raise TimedOut(f"{host} gave no complete answer within {self.timeout_seconds:g} seconds.") from None
            except httpx.RemoteProtocolError as error:
                reason = "ended its answer early" if "complete" in str(error) else "did not answer in HTTP"
                raise AnswerBroken(f"{host} {reason}. Asking again may help.") from None
            except httpx.HTTPError as error:
                raise Unreachable(f"{host} cannot be reached ({type(error).__name__}).") from None

    def _checked(
        self,
        method: str,
        url: str,
        query: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        content: bytes | None,
    ) -> httpx.Request:
        try:
            address = httpx.URL(url)
            if query:
                address = address.copy_merge_params(dict(query))
            request = httpx.Request(method, address, headers=dict(headers or {}), content=content)
        except (httpx.InvalidURL, ValueError, TypeError):
            raise RequestRefused("The request has an address or headers that are not valid in HTTP.") from None
        host = address.host
        if address.userinfo:
            raise RequestRefused(f"The address at {host} holds a user or password; send them as a header.")
        if address.scheme != "https" and not (address.scheme == "http" and self.allow_loopback and _is_local(host)):
            raise RequestRefused(
                f"A request to {host or 'no host'} over {address.scheme or 'nothing'}: only https is allowed."
            )
        if self.allowed_hosts is not None and host.lower() not in self.allowed_hosts:
            raise RequestRefused(
                f"{host} is not among the hosts this client may ask: {', '.join(sorted(self.allowed_hosts))}."
            )
        request.headers.setdefault("user-agent", "stratum")
        request.headers["accept-encoding"] = "gzip"
        request.extensions = {"timeout": httpx.Timeout(self.timeout_seconds).as_dict()}
        return request

    def _answer(self, response: httpx.Response, host: str) -> OutboundAnswer:
        if response.has_redirect_location:
            raise RedirectRefused(
                f"{host} answered {response.status_code} and sends us elsewhere; redirects are not followed.",
                response.status_code,
            )
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip", "x-gzip", ""):
            raise AnswerBroken(f"{host} compressed its answer in a way we did not ask for ({encoding[:20]!r}).")
        pieces = response.iter_raw()
        body = self._read(_gunzip(pieces, host, self.max_bytes) if "gzip" in encoding else pieces, host)
        return OutboundAnswer(response.status_code, dict(response.headers), body)

    def _read(self, pieces: Iterator[bytes], host: str) -> bytes:
        body = bytearray()
        for piece in pieces:
            body += piece
            if len(body) > self.max_bytes:
                raise AnswerTooLarge(f"The answer of {host} is longer than the {self.max_bytes} bytes allowed.")
        return bytes(body)


def open_client(
    *,
    allowed_hosts: Collection[str] | None,
    timeout_seconds: float,
    max_bytes: int = 64 * MIB,
    allow_loopback: bool = False,
) -> OutboundClient:
    """A client for these hosts, None for any public one. `allow_loopback` comes from STRATUM_ALLOW_LOOPBACK."""
    return OutboundClient(
        allowed_hosts=allowed_hosts,
        timeout_seconds=timeout_seconds,
        max_bytes=max_bytes,
        allow_loopback=allow_loopback,
    )


class _GuardedTransport(httpx.HTTPTransport):
    """The transport of httpx over a network that checks addresses; httpx has no argument for it."""

    def __init__(self, network: GuardedNetwork) -> None:
        super().__init__(trust_env=False)
        self._pool = httpcore.ConnectionPool(
            # SSL_CERT_FILE may name further authorities; proxies and .netrc are not read.
            ssl_context=httpx.create_ssl_context(trust_env=True),
            max_connections=20,
            max_keepalive_connections=5,
            keepalive_expiry=30.0,
            network_backend=network,
        )


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _gunzip(pieces: Iterator[bytes], host: str, max_bytes: int) -> Iterator[bytes]:
    """The content of a gzip stream, never more than `max_bytes` + 1 of it in one piece."""
    stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        for piece in pieces:
            yield stream.decompress(piece, max_bytes + 1)
            if stream.unconsumed_tail:  # it holds more than is allowed, which the reader has just seen
                return
        yield stream.flush()
    except zlib.error:
        raise AnswerBroken(f"The answer of {host} says it is gzip and cannot be decompressed.") from None
    if not stream.eof:
        raise AnswerBroken(f"{host} ended its answer early. Asking again may help.")
