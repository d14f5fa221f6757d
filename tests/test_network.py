"""Tests stay on this machine, and are told what to do instead of leaving it."""

import socket
import urllib.request

import httpx
import pytest

from tests.network import is_on_this_machine


@pytest.mark.parametrize("address", ["http://192.0.2.1/", "http://odds.example/"])
def test_reaching_another_machine_fails_with_advice(address: str) -> None:
    with pytest.raises(pytest.fail.Exception, match="MockTransport"):
        httpx.get(address)
    with pytest.raises(pytest.fail.Exception, match="MockTransport"):
        urllib.request.urlopen(address)


def test_datagrams_to_another_machine_fail_too() -> None:
    refused = pytest.raises(pytest.fail.Exception, match=r"192\.0\.2\.1, port 53")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, refused:
        sender.sendto(b"?", ("192.0.2.1", 53))


def test_a_server_inside_the_test_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        accepted, _ = server.accept()
        with accepted:
            client.sendall(b"hello")
            assert accepted.recv(5) == b"hello"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "::1", "0.0.0.0", "", None, b"localhost"])
def test_these_are_this_machine(host: str | bytes | None) -> None:
    assert is_on_this_machine(host)


@pytest.mark.parametrize("host", ["localhost.example", "10.0.0.1", "169.254.169.254", "fe80::1%eth0", "2001:db8::1"])
def test_these_are_other_machines(host: str) -> None:
    assert not is_on_this_machine(host)
