"""The guarded client: where it goes, what it refuses, and that it says nothing it should keep."""

import gzip
import logging
import threading
import time
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpcore
import httpx
import pytest

from warehouse import errors
from warehouse.outbound import OutboundClient, open_client
from warehouse.outbound.addresses import is_public, resolve
from warehouse.outbound.client import _GuardedTransport
from warehouse.outbound.network import Deadline, GuardedNetwork

SECRET = "hunter2"


class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        getattr(self, self.path.partition("?")[0].strip("/").replace("-", "_"))()

    def do_POST(self) -> None:
        self.send(201, self.rfile.read(int(self.headers["content-length"])))

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"content_length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def plain(self) -> None:
        self.send(200, self.path.encode() + self.headers.get("x-key", "").encode(), x_requests_used="7")

    def refusal(self) -> None:
        self.send(429, b"slow down", retry_after="3")

    def redirect(self) -> None:
        self.send(302, b"", location=f"http://127.0.0.1/?key={SECRET}")

    def large(self) -> None:
        self.send(200, b"x" * 200_000)

    def bomb(self) -> None:
        self.send(200, gzip.compress(bytes(50_000_000)), content_encoding="gzip")

    def gzipped(self) -> None:
        self.send(200, gzip.compress(b"odds" * 1000), content_encoding="gzip")

    def half_gzipped(self) -> None:
        self.send(200, gzip.compress(b"odds" * 1000)[:-12], content_encoding="gzip")

    def not_gzipped(self) -> None:
        self.send(200, b"odds", content_encoding="gzip")

    def brotli(self) -> None:
        self.send(200, b"odds", content_encoding="br")

    def half(self) -> None:
        self.send(200, b"half", content_length="1000")
        self.close_connection = True

    def nonsense(self) -> None:
        self.wfile.write(b"nonsense\r\n\r\n")
        self.close_connection = True

    def slow(self) -> None:
        time.sleep(2)

    def dripping(self) -> None:
        self.send(200, b"", content_length="100")
        for _ in range(30):
            time.sleep(0.1)
            try:
                self.wfile.write(b".")
            except OSError:
                return

    def log_message(self, *_: Any) -> None:
        pass


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        pass  # the client hangs up in many of these tests


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with QuietServer(("127.0.0.1", 0), Server) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


@pytest.fixture
def client() -> Iterator[OutboundClient]:
    with open_client(
        allowed_hosts=["127.0.0.1"], timeout_seconds=0.8, max_bytes=100_000, allow_loopback=True
    ) as opened:
        yield opened


def client_for(addresses: list[str], **options: Any) -> OutboundClient:
    """A client for whom every name stands for these addresses."""
    return OutboundClient(allowed_hosts=None, timeout_seconds=1, resolver=lambda host, port: addresses, **options)


def test_an_answer_comes_back_whole(client: OutboundClient, server: str) -> None:
    answer = client.get(f"{server}/plain?a=1", query={"key": SECRET}, headers={"x-key": "!"})
    assert (answer.status_code, answer.body) == (200, f"/plain?a=1&key={SECRET}!".encode())
    assert answer.headers["x-requests-used"] == "7"
    assert client.post(f"{server}/", content=b"hello").body == b"hello"
    assert client.get(f"{server}/gzipped").body == b"odds" * 1000


def test_an_error_status_is_an_answer(client: OutboundClient, server: str) -> None:
    answer = client.get(f"{server}/refusal")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("redirect", errors.RedirectRefused),
        ("large", errors.AnswerTooLarge),
        ("bomb", errors.AnswerTooLarge),
        ("half", errors.AnswerBroken),
        ("nonsense", errors.AnswerBroken),
        ("half-gzipped", errors.AnswerBroken),
        ("not-gzipped", errors.AnswerBroken),
        ("brotli", errors.AnswerBroken),
        ("slow", errors.TimedOut),
        ("dripping", errors.TimedOut),
    ],
)
def test_what_goes_wrong_is_said_without_credentials(
    client: OutboundClient, server: str, path: str, error: type[errors.OutboundError], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    started = time.monotonic()
    with pytest.raises(error, match=r"127\.0\.0\.1") as raised:
        client.get(f"{server}/{path}", query={"apiKey": SECRET}, headers={"authorization": SECRET})
    assert time.monotonic() - started < 1.8, "the time allowed is for the whole answer"
    told = "".join(traceback.format_exception(raised.value)) + caplog.text
    assert SECRET not in told
    assert f"/{path}" not in str(raised.value)
    # The connection may be used again or not, but the next request works.
    assert client.get(f"{server}/plain").status_code == 200


def test_nothing_of_a_request_is_logged(client: OutboundClient, server: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client.get(f"{server}/plain", query={"apiKey": SECRET}, headers={"authorization": SECRET})
    assert SECRET not in caplog.text
    assert "x-requests-used" not in caplog.text


def test_a_redirect_says_its_status(client: OutboundClient, server: str) -> None:
    with pytest.raises(errors.RedirectRefused) as raised:
        client.get(f"{server}/redirect")
    assert raised.value.status_code == 302


def test_nobody_listening_is_unreachable(client: OutboundClient) -> None:
    with pytest.raises(errors.Unreachable, match=r"127\.0\.0\.1"):
        client.get("http://127.0.0.1:9/")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://feed.example/", "only https"),
        ("ftp://feed.example/", "only https"),
        ("//feed.example/", "only https"),
        ("https://user:hunter2@feed.example/", "user or password"),
        ("https://feed.example:port/", "not valid"),
        ("https://elsewhere.example/", "not among the hosts"),
        ("https://feed.example.elsewhere.example/", "not among the hosts"),
    ],
)
def test_these_requests_are_not_sent(url: str, reason: str) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise AssertionError("it was sent")

    client = OutboundClient(
        allowed_hosts=["Feed.example"], timeout_seconds=1, allow_loopback=True, transport=httpx.MockTransport(fail)
    )
    with pytest.raises(errors.RequestRefused, match=reason) as refused:
        client.get(url)
    assert "hunter2" not in str(refused.value)


def test_plain_http_to_this_machine_needs_permission(server: str) -> None:
    with open_client(allowed_hosts=None, timeout_seconds=1) as client:
        with pytest.raises(errors.RequestRefused, match="only https"):
            client.get(f"{server}/plain")
        with pytest.raises(errors.RequestRefused, match="not public"):
            client.get(f"{server}/plain".replace("http:", "https:"))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "240.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1",
        "fec0::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1", "2001:db8::1", "2001:0:1::1",
    ],
)  # fmt: skip
def test_a_name_that_stands_for_such_an_address_is_refused(address: str) -> None:
    assert not is_public(address)
    with client_for([address]) as client, pytest.raises(errors.RequestRefused, match="not public"):
        client.get("https://feed.example/")
    # One bad address among good ones is refused as well.
    with client_for(["93.184.215.14", address]) as client, pytest.raises(errors.RequestRefused, match="not public"):
        client.get("https://feed.example/")


@pytest.mark.parametrize("url", ["https://169.254.169.254/", "https://[::1]/", "https://[::ffff:7f00:1]/"])
def test_addresses_in_place_of_names_are_refused_too(url: str) -> None:
    with client_for([]) as client, pytest.raises(errors.RequestRefused, match="not public"):
        client.get(url)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111", "64:ff9b::5db8:d70e", "::ffff:93.184.215.14"])
def test_these_addresses_are_public(address: str) -> None:
    assert is_public(address)


class Recorder(httpcore.MockBackend):
    """A network that remembers where it was asked to connect, and for whom the certificate had to be."""

    def __init__(self, unreachable: tuple[str, ...] = ()) -> None:
        super().__init__([b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"])
        self.unreachable = unreachable
        self.places: list[Any] = []

    def connect_tcp(self, host: str, port: int, *rest: Any, **options: Any) -> httpcore.NetworkStream:
        self.places.append((host, port))
        if host in self.unreachable:
            raise httpcore.ConnectError("refused")
        stream = super().connect_tcp(host, port)
        recorder = self

        class Stream(httpcore.MockStream):
            def start_tls(self, context: Any, server_hostname: Any = None, timeout: Any = None) -> Any:
                recorder.places.append(server_hostname)
                return self

        stream.__class__ = Stream
        return stream


def test_it_connects_to_the_checked_address_and_the_certificate_must_be_for_the_name() -> None:
    asked: list[str] = []

    def changing(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["93.184.215.14"] if len(asked) == 1 else ["127.0.0.1"]

    recorder = Recorder()
    network = GuardedNetwork(changing, Deadline(), network=recorder)
    client = OutboundClient(allowed_hosts=None, timeout_seconds=1, transport=_GuardedTransport(network))
    assert client.get("https://feed.example:8443/").body == b"ok"
    assert recorder.places == [("93.184.215.14", 8443), "feed.example"]
    assert asked == ["feed.example"], "a second look-up could say something else"


def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    recorder = Recorder(unreachable=("93.184.215.14",))
    network = GuardedNetwork(lambda *_: ["93.184.215.14", "93.184.215.15"], Deadline(), network=recorder)
    client = OutboundClient(allowed_hosts=None, timeout_seconds=1, transport=_GuardedTransport(network))
    assert client.get("https://feed.example/").body == b"ok"
    assert [place[0] for place in recorder.places[:2]] == ["93.184.215.14", "93.184.215.15"]


def test_a_name_that_cannot_be_resolved_is_unreachable() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    client = OutboundClient(allowed_hosts=None, timeout_seconds=1, resolver=unknown)
    with pytest.raises(errors.Unreachable, match=r"feed\.example cannot be resolved"):
        client.get("https://feed.example/")


def test_a_name_server_that_hangs_does_not_hold_the_request() -> None:
    release = threading.Event()
    client = OutboundClient(
        allowed_hosts=None, timeout_seconds=0.1, resolver=lambda *_: ["93.184.215.14"] if release.wait(5) else []
    )
    with pytest.raises(errors.TimedOut, match=r"feed\.example was not resolved in time"):
        client.get("https://feed.example/")
    release.set()


def test_proxies_of_the_environment_are_not_used(
    client: OutboundClient, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with open_client(allowed_hosts=None, timeout_seconds=1, allow_loopback=True) as fresh:
        assert fresh.get(f"{server}/plain").status_code == 200


def test_the_system_resolves_the_name_of_this_machine() -> None:
    assert resolve("127.0.0.1", 80) == ["127.0.0.1"]


def test_the_tree_of_errors_in_the_docstring_is_the_real_one() -> None:
    drawn = errors.__doc__ or ""
    declared = [name for name, value in vars(errors).items() if isinstance(value, type)]
    assert declared
    assert all(f"{name}" in drawn for name in declared)
    assert all(issubclass(getattr(errors, name), errors.WarehouseError) for name in declared)
