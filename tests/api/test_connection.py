"""What comes over a connection before it is a request: slow, huge and broken, each answered with a problem; and HEAD."""

import json
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Api, problem
from tests.api.server import SERVE, served

COMMAND = (sys.executable, "-c", f"import stratum_api.connection; stratum_api.connection.HEAD_WITHIN_S = 1.5; {SERVE}")
HOST = b"GET /health/live HTTP/1.1\r\nHost: api.test\r\n"


@pytest.fixture
def address(environ: dict[str, str], tmp_path: Path) -> Iterator[tuple[str, int]]:
    """A server that waits for less long than usual."""
    settings = {**environ, "STRATUM_API_TIMEOUT_SECONDS": "1.5"}
    with served(settings, workers=1, log=tmp_path / "log", command=COMMAND) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        yield host, int(port)


def talk(address: tuple[str, int], *pieces: bytes, pause_s: float = 0.0) -> tuple[int, dict[str, str], dict[str, Any]]:
    """The status, headers and problem that come back when these bytes are sent; the server closes the connection."""
    with socket.create_connection(address, timeout=30) as one:
        for piece in pieces:
            try:
                one.sendall(piece)
            except OSError:
                break  # it was answered and closed before all was sent
            time.sleep(pause_s)
        said = b""
        while True:
            try:
                more = one.recv(65536)
            except ConnectionResetError:
                break
            if not more:
                break
            said += more
    head, _, body = said.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(first.split()[1]), headers, json.loads(body)


def up_to(one: socket.socket, end: bytes) -> bytes:
    """What comes on a connection until this ends it: head and body may come apart."""
    said = b""
    while not said.endswith(end):
        more = one.recv(65536)
        assert more, f"it was closed after {said!r}"
        said += more
    return said


@pytest.mark.parametrize("environ", ["sqlite"], indirect=True)
def test_slow_huge_and_broken_requests_are_problems_and_close_the_connection(address: tuple[str, int]) -> None:
    begun = time.monotonic()
    status, headers, said = talk(address, HOST + b"X-Slow: ")
    assert (status, said["code"]) == (408, "request_too_slow") and time.monotonic() - begun < 10
    assert headers["connection"] == "close" and headers["content-type"] == "application/problem+json"
    assert headers["x-request-id"] == said["request_id"]

    # A byte at a time gains nothing.
    status, _, said = talk(address, HOST, *[b"x"] * 6, pause_s=0.4)
    assert (status, said["code"]) == (408, "request_too_slow")

    for pieces in ([HOST + b"X-Long: " + b"x" * 40_000], [HOST + b"X-Long: " + b"x" * 40_000 + b"\r\n\r\n"]):
        status, _, said = talk(address, *pieces)
        assert (status, said["code"], said["max_bytes"]) == (431, "head_too_large", 32_768)

    status, headers, said = talk(address, b"NONSENSE\r\n\r\n")
    assert (status, said["code"], headers["content-type"]) == (400, "bad_request", "application/problem+json")

    # A second request on a connection has as long, and no longer.
    with socket.create_connection(address, timeout=30) as one:
        one.sendall(HOST + b"\r\n")
        assert b"200 OK" in up_to(one, b"}")
        one.sendall(HOST)
        assert b"408 Request Timeout" in up_to(one, b"}")

    # Whoever says nothing is let go of without a word.
    with socket.create_connection(address, timeout=30) as one:
        assert one.recv(10) == b""


def test_a_body_that_does_not_come_is_a_slow_request_and_no_fault_of_ours(start_api: Callable[..., Api]) -> None:
    api = start_api(STRATUM_API_TIMEOUT_SECONDS="0.5")

    async def stalls():  # type: ignore[no-untyped-def]
        import asyncio

        yield b"{"
        await asyncio.sleep(60)

    headers = {"Content-Type": "application/json"}
    answer = api.ask("POST", "/api/v1/account/keys", api.key(), content=stalls(), headers=headers)
    assert problem(answer)["code"] == "request_too_slow"
    assert answer.headers["connection"] == "close"


def test_head_is_answered_as_get_is_without_a_body(api: Api) -> None:
    key = api.key()
    for path in ("/health/live", "/api/v1/plans", "/api/v1/account", "/api/v1/intel/signals", "/docs/openapi.json"):
        got, asked = api.get(path, key), api.ask("HEAD", path, key)
        assert (asked.status_code, asked.content) == (200, b"")
        assert asked.headers["content-type"] == got.headers["content-type"]
        assert asked.headers["content-length"] == str(len(got.content))
    assert api.ask("HEAD", "/nowhere", key).status_code == 404
    for path in ("/api/v1/stream", "/api/v1/intel/export/signals"):
        answer = api.ask("HEAD", path, key)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, OPTIONS")
    assert api.ask("PUT", "/api/v1/account", key).headers["allow"] == "GET, HEAD, OPTIONS"
