"""The network below the client: it connects to allowed addresses and to no other, and ends by the deadline."""

import contextlib
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

import httpcore

from warehouse.errors import RequestRefused, TimedOut, Unreachable
from warehouse.outbound.addresses import Resolver, is_loopback, is_public

# One of several addresses may lead nowhere; the others get their turn before the time of the request is over.
CONNECT_SECONDS = 5.0


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
            seconds = self.deadline.left(min(CONNECT_SECONDS, timeout or CONNECT_SECONDS))
            try:
                stream = self.network.connect_tcp(address, port, seconds, local_address, socket_options)
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
        failed: list[BaseException] = []

        def ask() -> None:
            try:
                found.extend(self.resolver(host, port))
            except BaseException as error:  # handed to the thread that asked
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
