"""The receiver for a try: it verifies, says what came, and answers as it is told."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from stratum_api.client import WebhookInvalid
from stratum_api.dispatcher.signing import Signer, make_secret
from stratum_api.local_receiver import MOST_BYTES, Answering, LocalReceiver, Received
from tests.dispatcher.workbench import now

SECRET = make_secret().text
BODY = b'{"type":"webhook.test","data":{}}'


@contextmanager
def receiving(**options: object) -> Iterator[tuple[LocalReceiver, list[Received]]]:
    told: list[Received] = []
    receiver = LocalReceiver(SECRET, told.append, **options)  # type: ignore[arg-type]
    serving = threading.Thread(target=receiver.serve)
    serving.start()
    try:
        yield receiver, told
    finally:
        receiver.stop()
        serving.join(10)


def post(receiver: LocalReceiver, body: bytes, headers: dict[str, str]) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", int(receiver.url.rpartition(":")[2].strip("/")), timeout=10)
    connection.request("POST", "/", body, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def signed(body: bytes = BODY, webhook_id: str = "a" * 32) -> dict[str, str]:
    return Signer([("v1", SECRET, None)]).headers(webhook_id, body, now())


def test_what_is_genuine_is_told_once_more_where_it_comes_again() -> None:
    with receiving() as (receiver, told):
        assert [post(receiver, BODY, signed()).status for _ in range(2)] == [200, 200]
    assert [(one.webhook_id, one.is_repeated, one.refusal) for one in told] == [
        ("a" * 32, False, ""),
        ("a" * 32, True, ""),
    ]
    assert told[0].content == json.loads(BODY)


@pytest.mark.parametrize("change", ["body", "secret", "unsigned"])
def test_what_is_not_genuine_is_refused_and_its_content_is_not_told(change: str) -> None:
    headers = {"body": signed(), "unsigned": {}}.get(change)
    if headers is None:
        headers = Signer([("v1", make_secret().text, None)]).headers("a" * 32, BODY, now())
    with receiving(answering=Answering(204)) as (receiver, told):
        assert post(receiver, BODY + b" " if change == "body" else BODY, headers).status == 400
    assert told[0].content is None and told[0].refusal and told[0].webhook_id == ""


def test_it_answers_with_the_status_the_delay_and_the_wish_it_is_told() -> None:
    with receiving(answering=Answering(503, 0.2, 7)) as (receiver, _):
        begun = time.monotonic()
        answer = post(receiver, BODY, signed())
        assert time.monotonic() - begun >= 0.2
    assert (answer.status, answer.headers["Retry-After"]) == (503, "7")


def test_a_body_that_is_too_long_or_does_not_say_how_long_it_is_is_not_read() -> None:
    with receiving() as (receiver, told):
        assert post(receiver, b"x" * (MOST_BYTES + 1), signed()).status == 413
        assert post(receiver, b"", {"Content-Length": "many"}).status == 411
    assert told == []


def test_what_is_no_secret_is_said_at_once() -> None:
    with pytest.raises(WebhookInvalid):
        LocalReceiver("not a secret!", lambda _: None)
