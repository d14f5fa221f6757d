"""What both clients do with answers that are no success: the same, decided in one place."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from stratum_api.client import (
    NO_RETRIES,
    AnswerUnreadable,
    AsyncStratum,
    Call,
    NoAnswer,
    RateLimited,
    Refused,
    Retries,
    Stratum,
    StratumError,
)

AT_ONCE = Retries(first_wait_s=0)


class Told(msgspec.Struct):
    """An answer of one field."""

    value: int


class TellingPage(msgspec.Struct):
    """A page of answers."""

    items: list[Told]
    next_cursor: str | None = None


class Script:
    """A server that answers by a list, and remembers what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        # Anew each time: a response can be read by one kind of client only.
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def sync(script: Script, call: Call[Any], retries: Retries = AT_ONCE) -> Any:
    with Stratum("sk_a_b", retries=retries, transport=httpx.MockTransport(script)) as stratum:
        return stratum.send(call)


def asynchronous(script: Script, call: Call[Any], retries: Retries = AT_ONCE) -> Any:
    async def ask() -> Any:
        async with AsyncStratum("sk_a_b", retries=retries, transport=httpx.MockTransport(script)) as stratum:
            return await stratum.send(call)

    return asyncio.run(ask())


@pytest.fixture(params=[sync, asynchronous])
def send(request: pytest.FixtureRequest) -> Callable[..., Any]:
    return request.param


def problem(status: int, code: str, **headers: str) -> httpx.Response:
    content = {"status": status, "code": code, "title": "A title", "detail": "Why.", "request_id": "r-1"}
    return httpx.Response(
        status, json=content, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def ok() -> httpx.Response:
    return httpx.Response(200, json={"value": 7, "added_later": True})


def test_an_answer_is_typed_and_fields_added_later_are_passed_over(send: Callable[..., Any]) -> None:
    script = Script(ok())
    assert send(script, Call("/x", Told)) == Told(7)
    assert script.requests[0].headers["authorization"] == "Bearer sk_a_b"


def test_parameters_are_written_as_the_api_reads_them(send: Callable[..., Any]) -> None:
    script = Script(ok())
    since = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
    send(script, Call("/x", Told, {"since": since, "type": ["STEAM", "MOVE"], "core": True, "sport": None, "n": 5}))
    assert (
        str(script.requests[0].url.query, "ascii")
        == "since=2026-11-21T12%3A00%3A00Z&type=STEAM&type=MOVE&core=true&n=5"
    )


@pytest.mark.parametrize(
    "first", [problem(503, "unavailable"), problem(429, "too_many_requests", Retry_After="0"), httpx.ConnectError("no")]
)
def test_a_question_that_was_not_taken_is_asked_again(send: Callable[..., Any], first: Any) -> None:
    script = Script(first, httpx.Response(502, text="<html>bad gateway</html>"), httpx.ReadTimeout("slow"), ok())
    assert send(script, Call("/x", Told)) == Told(7)
    assert len(script.requests) == 4


@pytest.mark.parametrize("lost", [httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut"), httpx.Response(504)])
def test_a_change_whose_answer_was_lost_is_not_made_twice(send: Callable[..., Any], lost: Any) -> None:
    script = Script(lost)
    with pytest.raises((NoAnswer, Refused)):
        send(script, Call("/x", Told, method="POST", body={"a": 1}))
    assert script.requests[0].content == b'{"a":1}'


def test_a_change_that_was_refused_for_now_is_made_later(send: Callable[..., Any]) -> None:
    script = Script(problem(429, "too_many_requests", Retry_After="0"), ok())
    assert send(script, Call("/x", Told, method="POST")) == Told(7)


def test_attempts_are_counted(send: Callable[..., Any]) -> None:
    script = Script(*[httpx.ConnectError("no") for _ in range(3)])
    with pytest.raises(NoAnswer) as caught:
        send(script, Call("/x", Told), Retries(attempts=3, first_wait_s=0))
    assert isinstance(caught.value.__cause__, httpx.ConnectError)
    assert script.answers == []


def test_a_wait_longer_than_ours_is_told_instead_of_waited(send: Callable[..., Any]) -> None:
    script = Script(problem(429, "too_many_requests", Retry_After="61"))
    with pytest.raises(RateLimited) as caught:
        send(script, Call("/x", Told))
    assert caught.value.retry_after_s == 61


def test_a_refusal_says_all_that_the_api_said(send: Callable[..., Any]) -> None:
    with pytest.raises(Refused, match="403 plan_insufficient: Why.") as caught:
        send(Script(problem(403, "plan_insufficient")), Call("/x", Told))
    assert (caught.value.status, caught.value.request_id) == (403, "r-1")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx.Response(200, text="<html>a page of the hotel's network</html>"), "could not be read"),
        (httpx.Response(200, json={"value": "seven"}), "could not be read"),
        (httpx.Response(302, headers={"location": "http://elsewhere.test"}), "redirects are not followed"),
    ],
)
def test_an_answer_of_somebody_else_is_no_answer(send: Callable[..., Any], answer: httpx.Response, said: str) -> None:
    script = Script(answer)
    with pytest.raises(AnswerUnreadable, match=said):
        send(script, Call("/x", Told), NO_RETRIES)
    assert len(script.requests) == 1


def test_a_refusal_that_is_no_problem_is_shown_shortened(send: Callable[..., Any]) -> None:
    with pytest.raises(Refused) as caught:
        send(Script(httpx.Response(418, text="<html>\n" + "x" * 10_000)), Call("/x", Told))
    assert caught.value.detail.startswith("<html> xxx") and len(caught.value.detail) == 200


@pytest.mark.parametrize("key", ["sk_a b", "sk_a\n", "sk_\u00e9"])
def test_a_key_that_was_copied_wrongly_is_said_before_anything_is_sent(key: str) -> None:
    with pytest.raises(StratumError, match="no key") as caught:
        Stratum(key)
    assert key not in str(caught.value)


@pytest.mark.parametrize("address", ["", "127.0.0.1:8000", "ftp://x.test", "http://", "http://x:port"])
def test_what_is_no_address_is_said_at_once(address: str) -> None:
    with pytest.raises(StratumError, match="no address"):
        Stratum(address=address)


def test_pages_are_asked_for_as_their_rows_are_taken() -> None:
    script = Script(
        httpx.Response(200, json={"items": [{"value": 1}, {"value": 2}], "next_cursor": "c&1"}),
        httpx.Response(200, json={"items": [{"value": 3}], "next_cursor": None}),
    )
    call = Call("/x", TellingPage, {"sport": "nfl"})
    with Stratum(transport=httpx.MockTransport(script)) as stratum:
        rows = stratum.each(call)
        assert [next(rows).value, next(rows).value] == [1, 2]
        assert len(script.requests) == 1
        assert [one.value for one in rows] == [3]
    assert str(script.requests[1].url.query, "ascii") == "sport=nfl&cursor=c%261"
    assert "authorization" not in script.requests[0].headers


def test_pages_come_the_same_in_an_event_loop() -> None:
    script = Script(
        httpx.Response(200, json={"items": [{"value": 1}], "next_cursor": "c"}),
        httpx.Response(200, json={"items": [{"value": 2}]}),
    )

    async def ask() -> list[int]:
        async with AsyncStratum(transport=httpx.MockTransport(script)) as stratum:
            return [one.value async for one in stratum.each(Call("/x", TellingPage))]

    assert asyncio.run(ask()) == [1, 2]


def test_waits_grow_and_are_drawn_from_the_whole_range() -> None:
    retries = Retries(attempts=9, first_wait_s=1, longest_wait_s=10)
    assert [retries.wait_s(attempt, 1) for attempt in range(1, 10)] == [1, 2, 4, 8, 10, 10, 10, 10, None]
    assert retries.wait_s(3, 0) == 0


class CutFile(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A file that breaks off."""

    def __iter__(self) -> Iterator[bytes]:
        yield b"half of a longer "
        raise httpx.ReadError("cut")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"half of a longer "
        raise httpx.ReadError("cut")


def saved(file: Path, left: list[httpx.Response], *, in_loop: bool) -> None:
    transport = httpx.MockTransport(lambda _request: left.pop(0))
    call = Call("/export", bytes)
    if not in_loop:
        with Stratum(retries=AT_ONCE, transport=transport) as stratum:
            return stratum.save(call, file)

    async def ask() -> None:
        async with AsyncStratum(retries=AT_ONCE, transport=transport) as stratum:
            await stratum.save(call, file)

    return asyncio.run(ask())


@pytest.mark.parametrize("in_loop", [False, True])
def test_an_export_that_broke_off_is_begun_anew_and_there_once_it_is_whole(tmp_path: Path, in_loop: bool) -> None:
    left = [httpx.Response(200, stream=CutFile()), httpx.Response(200, content=b"whole")]
    saved(tmp_path / "signals.csv", left, in_loop=in_loop)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("signals.csv", b"whole")]


@pytest.mark.parametrize("in_loop", [False, True])
def test_an_export_that_is_refused_leaves_what_was_there(tmp_path: Path, in_loop: bool) -> None:
    (tmp_path / "signals.csv").write_bytes(b"before")
    with pytest.raises(Refused, match="plan_insufficient"):
        saved(tmp_path / "signals.csv", [problem(403, "plan_insufficient")], in_loop=in_loop)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("signals.csv", b"before")]
