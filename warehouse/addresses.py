"""Which addresses may be connected to, and the network that connects to no other.

Used by `warehouse.outbound` alone.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

import httpcore

from warehouse.errors import RequestRefused, TimedOut, Unreachable

Resolver = Callable[[str, int], list[str]]

GLOBAL_UNICAST = IPv6Network("2000::/3")
NAT64 = IPv6Network("64:ff9b::/96")


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host as the system knows them, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def is_public(address: str) -> bool:
    """Whether an address belongs to the public internet: not to this machine, its network, or a reserved range.

    Examples:
        >>> is_public("93.184.215.14"), is_public("169.254.169.254"), is_public("::ffff:10.0.0.1")
        (True, False, False)
    """
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        # Addresses that carry an IPv4 address lead there.
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if parsed in NAT64:
            inner = IPv4Address(int(parsed) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
        return parsed in GLOBAL_UNICAST and parsed.is_global and parsed.teredo is None
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


def is_loopback(address: str) -> bool:
    """Whether an address is this machine itself."""
    return _parsed(address).is_loopback


def _parsed(address: str) -> IPv4Address | IPv6Address:
    return ip_address(address.partition("%")[0])


class Deadline(threading.local):
    """The moment by which the request of this thread must be over."""

    until: float | None = None

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Ends the request of this thread after so many seconds, however it spends them."""
        self.until = time.monotonic() + seconds
        try:
            yield
        finally:
            self.until = None

    def left(self, at_most: float | None) -> float | None:
        """Seconds left, `at_most` at most; never below a millisecond, so that a socket times out and does not poll."""
        if self.until is None:
            return at_most
        left = max(self.until - time.monotonic(), 0.001)
        return left if at_most is None else min(left, at_most)

    def passed(self) -> bool:
        """Whether the time is up."""
        return self.until is not None and time.monotonic() >= self.until


class GuardedNetwork(httpcore.NetworkBackend):
    """Connects to public addresses only, and to exactly the address it checked."""

    def __init__(
        self,
        resolver: Resolver,
        deadline: Deadline,
        *,
        allow_loopback: bool = False,
        network: httpcore.NetworkBackend | None = None,
    ) -> None:
        self.resolver = resolver
        self.deadline = deadline
        self.allow_loopback = allow_loopback
        self.network = network or httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address of the host that answers; all of them must be allowed.

        The certificate is still checked against the name, which the caller of this method passes on itself.
        """
        addresses = self._addresses(host, port)
        refused = [address for address in addresses if not self._may(address)]
        if refused:
            raise RequestRefused(
                f"{host} stands for an address that is not public. Requests go to the public internet only"
                + ("." if self.allow_loopback else ", and to this machine where STRATUM_ALLOW_LOOPBACK is true.")
            )
        failure: Exception = httpcore.ConnectError("no address")
        for address in addresses:
            try:
                stream = self.network.connect_tcp(
                    address, port, self.deadline.left(timeout), local_address, socket_options
                )
                return GuardedStream(stream, self.deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                if self.deadline.passed():
                    break
        raise failure

    def connect_unix_socket(self, *_arguments: Any, **_options: Any) -> httpcore.NetworkStream:
        """Never: a socket file is this machine."""
        raise RequestRefused("Requests to the outside do not go to socket files.")

    def sleep(self, seconds: float) -> None:
        """Wait, for httpcore's own retries."""
        self.network.sleep(seconds)

    def _may(self, address: str) -> bool:
        return is_public(address) or (self.allow_loopback and is_loopback(address))

    def _addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host, asked in a thread because the system's resolver takes no time limit."""
        with contextlib.suppress(ValueError):
            return [str(ip_address(host))]
        found: list[str] = []
        failed: list[Exception] = []

        def ask() -> None:
            try:
                found.extend(self.resolver(host, port))
            except Exception as error:  # handed to the thread that asked
                failed.append(error)

        asking = threading.Thread(target=ask, daemon=True, name=f"resolve {host}")
        asking.start()
        asking.join(self.deadline.left(None))
        if asking.is_alive():
            raise TimedOut(f"The name {host} was not resolved in time. Is the name server of this machine reachable?")
        if failed and not isinstance(failed[0], OSError):
            raise failed[0]
        if not found:
            raise Unreachable(f"The name {host} cannot be resolved. Is it spelled right, and is this machine online?")
        return list(found)


class GuardedStream(httpcore.NetworkStream):
    """A connection whose every step ends by the deadline of the request, so that dripping bytes cannot prolong it."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self.stream = stream
        self.deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """The next bytes."""
        if self.deadline.passed():
            raise httpcore.ReadTimeout("deadline")
        return self.stream.read(max_bytes, self.deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send bytes."""
        if self.deadline.passed():
            raise httpcore.WriteTimeout("deadline")
        self.stream.write(buffer, self.deadline.left(timeout))

    def close(self) -> None:
        """Close the connection."""
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same connection, encrypted; the certificate must be for `server_hostname`."""
        encrypted = self.stream.start_tls(ssl_context, server_hostname, self.deadline.left(timeout))
        return GuardedStream(encrypted, self.deadline)

    def get_extra_info(self, info: str) -> Any:
        """Facts about the connection."""
        return self.stream.get_extra_info(info)
