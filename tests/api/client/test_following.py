"""The stream goes on over broken connections, without a gap and without a double."""

import asyncio
import json
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_api.client import AnswerUnreadable, AsyncStratum, Refused, Retries, SnapshotNeeded, Stratum
from stratum_api.client.following import Message

AT_ONCE = Retries(first_wait_s=0)
QUIET = b"retry: 0\n\n"


def event(sequence: int) -> bytes:
    said = {
        "sequence": sequence,
        "outbox_id": f"o{sequence}",
        "topic": "signal.detected",
        "subject_id": "s",
        "created_at": "2026-11-21T12:00:00Z",
        "payload": {"signal_id": "s"},
    }
    return f"id: {sequence}\nevent: signal.detected\ndata: {json.dumps(said)}\n\n".encode()


class Cut(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that breaks off, as a lost connection does."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self.content
        raise httpx.ReadError("cut")

    async def __aiter__(self):  # type: ignore[no-untyped-def]
        yield self.content
        raise httpx.ReadError("cut")


class Server:
    """Has messages 1 to `last`, and breaks each connection after so many bytes."""

    def __init__(self, last: int, cuts: list[int]) -> None:
        self.last, self.cuts = last, list(cuts)
        self.resumed: list[str | None] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.resumed.append(request.headers.get("last-event-id"))
        after = int(self.resumed[-1] or 0)
        body = QUIET + b"".join(event(number) for number in range(after + 1, self.last + 1))
        headers = {"content-type": "text/event-stream"}
        if not self.cuts:
            return httpx.Response(200, content=body, headers=headers)
        return httpx.Response(200, stream=Cut(body[: self.cuts.pop(0)]), headers=headers)


@given(st.lists(st.integers(0, 1500), max_size=6))
def test_however_often_it_breaks_every_message_comes_once(cuts: list[int]) -> None:
    server = Server(8, cuts)
    with Stratum(retries=Retries(attempts=20, first_wait_s=0), transport=httpx.MockTransport(server)) as stratum:
        messages = stratum.follow(after=0)
        assert [next(messages).sequence for _ in range(8)] == list(range(1, 9))


def test_the_same_in_an_event_loop() -> None:
    one = len(event(1))
    # Within the first message, after the second (of which the third's beginning came), and at once.
    server = Server(5, [len(QUIET) + 30, len(QUIET) + 2 * one + 30, 0])

    async def follow() -> list[int]:
        found: list[int] = []
        async with AsyncStratum(retries=AT_ONCE, transport=httpx.MockTransport(server)) as stratum:
            async for message in stratum.follow(after=0):
                found.append(message.sequence)
                if message.sequence == 5:
                    return found
        return found

    assert asyncio.run(follow()) == [1, 2, 3, 4, 5]
    assert server.resumed == ["0", "0", "2", "2"]


def answering(*bodies: bytes, status: int = 200) -> httpx.MockTransport:
    left = list(bodies)
    headers = {"content-type": "text/event-stream"}
    return httpx.MockTransport(lambda _request: httpx.Response(status, content=left.pop(0), headers=headers))


def test_a_heartbeat_moves_the_place_on() -> None:
    asked: list[str | None] = []

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("last-event-id"))
        body = b"retry: 0\nid: 40\n\n: heartbeat\nid: 44\n\n" if len(asked) == 1 else event(45)
        return httpx.Response(200, content=body, headers={"content-type": "text/event-stream"})

    with Stratum(transport=httpx.MockTransport(serve)) as stratum:
        assert next(stratum.follow()).sequence == 45
    assert asked == [None, "44"]


def test_a_place_that_is_not_kept_any_more_is_an_error_of_its_own() -> None:
    gone = b'id: 90\nevent: snapshot_required\ndata: {"topic": "snapshot_required", "newest_sequence": 90}\n\n'
    with (
        Stratum(transport=answering(event(1) + gone)) as stratum,
        pytest.raises(SnapshotNeeded) as caught,
    ):
        list(stratum.follow(after=0))
    assert caught.value.document["newest_sequence"] == 90


def test_a_key_that_was_revoked_ends_it() -> None:
    ended = b'event: access_ended\ndata: {"topic": "access_ended", "detail": "It was revoked."}\n\n'
    with Stratum(transport=answering(ended)) as stratum, pytest.raises(Refused, match="revoked"):
        next(stratum.follow())


def test_a_client_that_was_too_slow_resumes() -> None:
    slow = b'event: slow_consumer\ndata: {"topic": "slow_consumer", "n_dropped": 3}\n\n'
    with Stratum(transport=answering(QUIET + event(1) + slow, event(2))) as stratum:
        messages = stratum.follow(after=0)
        assert [next(messages).sequence, next(messages).sequence] == [1, 2]


def test_a_refusal_ends_it_and_an_overloaded_server_does_not() -> None:
    left = [
        httpx.Response(503, json={"code": "unavailable"}),
        httpx.Response(200, content=event(1), headers={"content-type": "text/event-stream"}),
        httpx.Response(403, json={"code": "plan_insufficient", "detail": "No stream."}),
    ]
    transport = httpx.MockTransport(lambda _request: left.pop(0))
    with Stratum(retries=AT_ONCE, transport=transport) as stratum:
        assert next(stratum.follow(after=0)).payload == {"signal_id": "s"}
        with pytest.raises(Refused, match="No stream"):
            next(stratum.follow(after=1))


@pytest.mark.parametrize("data", ["no json", '{"sequence": "one"}', "[]"])
def test_a_message_that_cannot_be_read_is_not_passed_over(data: str) -> None:
    with (
        Stratum(transport=answering(f"id: 1\nevent: signal.detected\ndata: {data}\n\n".encode())) as stratum,
        pytest.raises(AnswerUnreadable),
    ):
        next(stratum.follow(after=0))


def test_a_page_in_the_place_of_a_stream_is_not_read_for_ever() -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, html="<p>hello</p>"))
    with Stratum(transport=transport) as stratum, pytest.raises(AnswerUnreadable, match="no stream"):
        next(stratum.follow())


def test_a_message_says_when_it_was_written() -> None:
    with Stratum(transport=answering(event(3))) as stratum:
        message = next(stratum.follow(after=2))
    assert isinstance(message, Message)
    assert message.created_at.isoformat() == "2026-11-21T12:00:00+00:00"
