"""A delivery is believed when its signature is right, and for no other reason."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_api.client import AnswerUnreadable, Webhook, WebhookInvalid

# The example that the documents of Standard Webhooks' first implementation work through.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
SENT_AT = 1614265330
HEADERS = {
    "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "Webhook-Timestamp": str(SENT_AT),
    "Webhook-Signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def test_the_published_example_is_believed() -> None:
    assert Webhook(SECRET).verify(BODY, HEADERS, now=SENT_AT) == {"test": 2432232314}


@pytest.mark.parametrize("age_s", [-300, 0, 300])
def test_a_delivery_within_five_minutes_of_this_clock_is_believed(age_s: int) -> None:
    assert Webhook(SECRET).verify(BODY, HEADERS, now=SENT_AT + age_s)


@pytest.mark.parametrize(("age_s", "said"), [(301, "too old"), (-301, "from the future")])
def test_an_old_delivery_cannot_be_played_again(age_s: int, said: str) -> None:
    with pytest.raises(WebhookInvalid, match=said):
        Webhook(SECRET).verify(BODY, HEADERS, now=SENT_AT + age_s)


def test_one_right_signature_among_several_is_enough_while_a_secret_is_changed() -> None:
    several = HEADERS | {"Webhook-Signature": "v1,AAAA v1a,BBBB " + HEADERS["Webhook-Signature"]}
    assert Webhook(SECRET).verify(BODY, several, now=SENT_AT)


def test_a_signature_counts_only_under_the_version_it_was_made_for() -> None:
    renamed = HEADERS | {"Webhook-Signature": HEADERS["Webhook-Signature"].replace("v1,", "v2,")}
    with pytest.raises(WebhookInvalid, match="made with this secret"):
        Webhook(SECRET).verify(BODY, renamed, now=SENT_AT)


@given(st.sampled_from(["Webhook-Id", "Webhook-Timestamp", "body"]), st.integers(0, 200), st.integers(0, 255))
def test_whatever_is_changed_is_noticed(part: str, place: int, byte: int) -> None:
    original = {**HEADERS, "body": BODY.decode("latin-1")}
    text = original[part]
    place %= len(text)
    changed = text[:place] + chr(byte) + text[place + 1 :]
    if changed == text:
        return
    altered = original | {part: changed}
    body = altered.pop("body").encode("latin-1")
    with pytest.raises(WebhookInvalid):
        Webhook(SECRET, tolerance_s=10**11).verify(body, altered, now=SENT_AT)


@pytest.mark.parametrize("missing", sorted(HEADERS))
def test_a_delivery_without_one_of_its_headers_is_refused(missing: str) -> None:
    with pytest.raises(WebhookInvalid, match="lacks"):
        Webhook(SECRET).verify(BODY, {name: value for name, value in HEADERS.items() if name != missing})


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!!", "no base64 at all", "whsec_\u00e9"])
def test_what_is_no_secret_is_said_before_the_first_delivery(secret: str) -> None:
    with pytest.raises(WebhookInvalid, match="secret"):
        Webhook(secret)


def test_the_plain_signature_is_hex_of_the_body_under_the_secret_as_it_is_written() -> None:
    made = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()
    assert Webhook(SECRET).verify_plain(BODY, made) == {"test": 2432232314}
    assert Webhook(SECRET).verify_plain(BODY, "00" * 32 + ", " + made) == {"test": 2432232314}
    with pytest.raises(WebhookInvalid):
        Webhook(SECRET).verify_plain(BODY + b" ", made)
    with pytest.raises(WebhookInvalid):
        Webhook(SECRET).verify_plain(BODY, made[:-1])


def test_a_genuine_delivery_that_is_no_json_is_another_error() -> None:
    body = b"not json"
    made = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    with pytest.raises(AnswerUnreadable):
        Webhook(SECRET).verify_plain(body, made)


def test_a_header_of_megabytes_is_refused_before_it_is_compared() -> None:
    with pytest.raises(WebhookInvalid, match="too long"):
        Webhook(SECRET).verify(BODY, HEADERS | {"Webhook-Signature": "v1,AA " * 1_000_000}, now=SENT_AT)
