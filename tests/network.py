"""Refuses every connection to another machine while tests run: loopback and unix sockets stay open."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

import pytest

ADVICE = (
    "A test tried to reach {place}. Tests never leave this machine: give the code an httpx.MockTransport with the answer "
    "it should get, or start a server on 127.0.0.1 inside the test."
)


def is_on_this_machine(host: str | bytes | None) -> bool:
    """Whether a host is loopback (or nothing: the name of this machine itself)."""
    name = host.decode() if isinstance(host, bytes) else host
    if not name or name in ("localhost", "localhost.localdomain"):
        return True
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


@contextmanager
def only_this_machine() -> Iterator[None]:
    """Within: connecting, sending or asking for the address of any other machine fails the test, with advice."""
    originals = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex", "sendto")}
    look_up = socket.getaddrinfo

    def guard(call: Callable) -> Callable:
        def guarded(self: socket.socket, *arguments: Any) -> Any:
            address = arguments[-1]
            if self.family in (socket.AF_INET, socket.AF_INET6) and not is_on_this_machine(address[0]):
                _refuse(f"{address[0]}, port {address[1]}")
            return call(self, *arguments)

        return guarded

    def guarded_look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        if not is_on_this_machine(host):
            _refuse(str(host))
        return look_up(host, *arguments, **options)

    for name, call in originals.items():
        setattr(socket.socket, name, guard(call))
    socket.getaddrinfo = guarded_look_up
    try:
        yield
    finally:
        for name, call in originals.items():
            setattr(socket.socket, name, call)
        socket.getaddrinfo = look_up


def _refuse(place: str) -> None:
    # Not an OSError: code under test may retry or swallow those, and the test would then pass for the wrong reason.
    pytest.fail(ADVICE.format(place=place))
