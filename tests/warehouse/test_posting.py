"""Posting to addresses that others name: what is answered is told apart, bounded in size and time, and no name changes its meaning on the way."""

import asyncio
import datetime as dt
import ssl
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.receiver import OK, Receiver
from warehouse.errors import (
    AnswerBroken,
    CertificateRefused,
    OutboundError,
    RedirectRefused,
    RequestRefused,
    TimedOut,
    Unreachable,
)
from warehouse.outbound import DestinationRules, Posted, Poster, posting

LOCAL = DestinationRules(vouched_for=["127.0.0.1"])


def within(work: Callable[[Receiver, Poster], Awaitable[Any]], answer: Any = OK, **options: Any) -> Any:
    """What the work gives, with a receiver that answers so and a client that may reach it."""

    async def run() -> Any:
        async with Receiver(answer if callable(answer) else lambda _: answer).listening() as receiver:
            poster = Poster(LOCAL, **options)
            try:
                return await work(receiver, poster)
            finally:
                await poster.close()

    return uvloop.run(run())


async def post(receiver: Receiver, poster: Poster, timeout_s: float = 5.0) -> Posted:
    return await poster.post(receiver.url, {"content-type": "application/json"}, b'{"a":1}', timeout_s)


def test_the_body_arrives_as_it_was_given_and_the_answer_comes_back() -> None:
    async def work(receiver: Receiver, poster: Poster) -> None:
        answer = await post(receiver, poster)
        assert (answer.status_code, answer.headers, answer.body) == (200, {"content-length": "2"}, b"ok")
        (request,) = receiver.requests
        assert (request.path, request.body) == ("/hook", b'{"a":1}')
        assert request.headers == {
            "host": f"127.0.0.1:{receiver.port}",
            "content-length": "7",
            "content-type": "application/json",
        }

    within(work)


def test_a_connection_is_used_again_and_replaced_when_the_receiver_closed_it() -> None:
    async def work(receiver: Receiver, poster: Poster) -> None:
        for _ in range(3):
            await post(receiver, poster)
        assert receiver.n_connections == 1
        receiver.answer = lambda _: b"HTTP/1.1 204 No Content\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        assert (await post(receiver, poster)).status_code == 204
        receiver.answer = lambda request: OK if len(receiver.requests) != 6 else b""
        await post(receiver, poster)
        assert receiver.n_connections == 2
        # It closes the kept connection in the place of an answer: another is made, once.
        assert (await post(receiver, poster)).status_code == 200
        assert receiver.n_connections == 3

    within(work)


def test_connections_that_were_used_at_once_are_all_used_again_and_closed_when_idle_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def work(receiver: Receiver, poster: Poster) -> None:
        for _ in range(3):
            await asyncio.gather(*(post(receiver, poster) for _ in range(60)))
        assert receiver.n_connections == 60
        monkeypatch.setattr(posting, "IDLE_SECONDS", 0.0)
        await post(receiver, poster)
        assert receiver.n_connections == 61 and receiver.n_open <= 1

    within(work, 0.05)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1/\r\ncontent-length: 0\r\n\r\n", RedirectRefused),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 0\r\n\r\n", RedirectRefused),
        (b"SSH-2.0-OpenSSH_9.6\r\n", AnswerBroken),
        (b"HTTP/1.1 200 OK\r\nx: " + b"a" * 70_000, AnswerBroken),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", AnswerBroken),
        # More and more around a body that is short: headers behind its last chunk, what a chunk says of itself.
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n" + b"x: abcde\r\n" * 100_000,
            AnswerBroken,
        ),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;" + b"a" * 1_000_000, AnswerBroken),
        (b"", Unreachable),
        (None, TimedOut),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", TimedOut),
    ],
)
def test_what_is_no_answer_is_an_error_of_its_kind(answer: bytes | None, error: type[OutboundError]) -> None:
    async def work(receiver: Receiver, poster: Poster) -> None:
        with pytest.raises(error):
            await post(receiver, poster, 0.3)

    within(work, answer)


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (b"HTTP/1.1 500 No\r\ncontent-length: 4\r\n\r\noops", 500, b"oops"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 OK\r\ncontent-length: 0\r\n\r\n", 202, b""),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200, b"ok"),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, b"until the end"),
        (b"HTTP/1.0 200 OK\r\n\r\nold", 200, b"old"),
    ],
)
def test_an_answer_is_read_however_its_end_is_told(answer: bytes, status: int, body: bytes) -> None:
    async def work(receiver: Receiver, poster: Poster) -> None:
        found = await post(receiver, poster)
        assert (found.status_code, found.body) == (status, body)

    within(work, answer)


def test_an_answer_that_wants_another_protocol_is_broken_and_no_fault_of_ours() -> None:
    async def work(receiver: Receiver, poster: Poster) -> None:
        faults: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))
        with pytest.raises(AnswerBroken, match="something else than HTTP"):
            await post(receiver, poster)
        await asyncio.sleep(0.05)
        assert faults == [] and receiver.n_open == 0

    within(work, b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\nhello")


def test_no_more_of_an_answer_is_kept_or_read_than_allowed() -> None:
    async def work(receiver: Receiver, poster: Poster) -> None:
        found = await post(receiver, poster)
        assert (found.status_code, found.body) == (200, b"x" * 100)

    within(work, b"HTTP/1.1 200 OK\r\ncontent-length: 900000000\r\n\r\n" + b"x" * 5000, max_bytes=100, most_bytes=1000)


def test_dripping_bytes_do_not_prolong_a_request() -> None:
    async def work(_: Receiver, poster: Poster) -> None:
        over = asyncio.Event()

        async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for _ in range(30):
                if not writer.is_closing():
                    writer.write(b"H")
                await asyncio.sleep(0.02)
            writer.close()
            over.set()

        server = await asyncio.start_server(drip, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        with pytest.raises((TimedOut, AnswerBroken)):
            await poster.post(f"http://127.0.0.1:{port}/", {}, b"", 0.3)
        await over.wait()
        server.close()

    within(work)


def test_a_name_that_stands_for_this_machine_is_refused_whatever_it_stood_for_before() -> None:
    """DNS rebinding: public when it is registered, local when it is connected to."""
    told = iter([["93.184.215.14"], ["127.0.0.1"], ["93.184.215.14", "10.0.0.8"], ["::ffff:127.0.0.1"]])

    async def work() -> None:
        poster = Poster(DestinationRules(), resolver=lambda _host, _port: next(told))
        await poster.check("https://partner.example/hook")
        for _ in range(3):
            with pytest.raises(RequestRefused, match="not public"):
                await poster.post("https://partner.example/hook", {}, b"", 1.0)
        await poster.close()

    uvloop.run(work())


def test_a_name_that_cannot_be_resolved_is_unreachable() -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    async def work() -> None:
        poster = Poster(DestinationRules(), resolver=unknown)
        for call in (poster.check("https://a.example/"), poster.post("https://a.example/", {}, b"", 1.0)):
            with pytest.raises(Unreachable, match="cannot be resolved"):
                await call
        await poster.close()

    uvloop.run(work())


def test_a_name_that_takes_forever_to_resolve_delays_no_other() -> None:
    gate = threading.Event()

    def resolver(host: str, _port: int) -> list[str]:
        if host == "slow.example":
            gate.wait(5)
        return ["127.0.0.1"]

    async def run() -> None:
        async with Receiver().listening() as receiver:
            rules = DestinationRules(vouched_for=["slow.example", "fast.example"])
            poster = Poster(rules, resolver=resolver)
            slow = [
                asyncio.create_task(poster.post(f"http://slow.example:{receiver.port}/", {}, b"", 0.5))
                for _ in range(100)
            ]
            await asyncio.sleep(0)
            answer = await poster.post(f"http://fast.example:{receiver.port}/", {}, b"", 2.0)
            assert answer.status_code == 200
            failed = await asyncio.gather(*slow, return_exceptions=True)
            assert {type(one) for one in failed} == {TimedOut}
            gate.set()
            await poster.close()

    uvloop.run(run())


def test_a_header_cannot_hold_a_line_break() -> None:
    async def work(receiver: Receiver, poster: Poster) -> None:
        with pytest.raises(ValueError, match="line break"):
            await poster.post(receiver.url, {"a": "b\r\nc: d"}, b"", 1.0)

    within(work)


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate of its own authority for a name, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


def test_a_certificate_has_to_be_trusted_and_made_for_the_name(tmp_path: Path) -> None:
    pem, key = certificate(tmp_path, "partner.test")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pem, key)
    trusting = ssl.create_default_context(cafile=str(pem))
    rules = DestinationRules(vouched_for=["partner.test", "other.test"])

    async def run() -> None:
        async with Receiver().listening(serving) as receiver:
            for host, tls, is_fine in (
                ("partner.test", trusting, True),
                ("other.test", trusting, False),
                ("partner.test", None, False),
            ):
                poster = Poster(rules, resolver=lambda _host, _port: ["127.0.0.1"], tls=tls)
                sent = poster.post(f"https://{host}:{receiver.port}/", {}, b"{}", 5.0)
                if is_fine:
                    assert (await sent).status_code == 200
                else:
                    with pytest.raises(CertificateRefused):
                        await sent
                await poster.close()
            assert len(receiver.requests) == 1

    uvloop.run(run())
