"""Signatures, as the reference verifiers of Standard Webhooks read them in Python and JavaScript, and as the product's guide does."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from stratum_api.dispatcher.signing import Signer, make_secret
from stratum_api.secret_box import SecretBox
from tests.conftest import REPOSITORY, not_run
from warehouse.errors import SettingInvalid

BODY = '{"type":"signal.detected","data":{"team":"1. FC Köln"}}'.encode()
JAVASCRIPT = REPOSITORY / "tests" / "javascript"


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def as_the_guide_does(payload_body: bytes, secret_key: str, received_signature: str) -> bool:
    """The example of the user guide, word for word."""
    expected_sig = hmac.new(secret_key.encode(), msg=payload_body, digestmod=hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected_sig, received_signature)


def test_the_signature_is_the_one_of_the_specification() -> None:
    # The example of the specification's reference implementations.
    signer = Signer([("v1", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", None)])
    at = dt.datetime.fromtimestamp(1614265330, dt.UTC)
    found = signer.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', at)
    assert found["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert (found["webhook-id"], found["webhook-timestamp"]) == ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330")


def test_the_guides_own_example_accepts_what_is_sent_and_nothing_else() -> None:
    secret = make_secret().text
    headers = Signer([("v1", secret, None)]).headers("id", BODY, now())
    assert as_the_guide_does(BODY, secret, headers["x-stratum-signature"])
    assert not as_the_guide_does(BODY + b" ", secret, headers["x-stratum-signature"])
    assert not as_the_guide_does(BODY, make_secret().text, headers["x-stratum-signature"])


def test_the_python_verifier_accepts_old_and_new_secret_while_both_sign() -> None:
    old, new, end = make_secret().text, make_secret().text, now() + dt.timedelta(hours=1)
    signer = Signer([("v1", new, None), ("v1", old, end)])
    headers = signer.headers("id", BODY, now())
    for secret in (old, new):
        assert Webhook(secret).verify(BODY, headers) == json.loads(BODY)
        assert any(as_the_guide_does(BODY, secret, one) for one in headers["x-stratum-signature"].split(","))
    with pytest.raises(WebhookVerificationError):
        Webhook(make_secret().text).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(BODY + b" ", headers)
    later = signer.headers("id", BODY, end)
    assert len(later["webhook-signature"].split()) == 1 and "," not in later["x-stratum-signature"]


def verified_in_javascript(secret: str, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
    node = shutil.which("node")
    if node is None or not (JAVASCRIPT / "node_modules" / "standardwebhooks").is_dir():
        not_run("JavaScript", "node or the package standardwebhooks is missing: npm ci --prefix tests/javascript.")
    asked = json.dumps({"secret": secret, "headers": headers, "body": body.decode()})
    answer = subprocess.run(
        [str(node), "verify.mjs"], cwd=JAVASCRIPT, input=asked, capture_output=True, text=True, timeout=120, check=False
    )
    return answer.returncode, answer.stdout.strip() or answer.stderr


def test_the_javascript_verifier_accepts_what_is_sent_and_nothing_else() -> None:
    old, new = make_secret().text, make_secret().text
    headers = Signer([("v1", new, None), ("v1", old, None), (*_ed25519()[:2], None)]).headers("id", BODY, now())
    status, said = verified_in_javascript(old, headers, BODY)
    assert (status, json.loads(said)) == (0, json.loads(BODY))
    assert verified_in_javascript(new, headers, BODY + b" ") == (1, "refused: No matching signature found")


def _ed25519() -> tuple[str, str, str]:
    made = make_secret("v1a")
    return made.scheme, made.text, made.public_key


def test_an_ed25519_signature_is_verified_with_the_public_half_alone() -> None:
    scheme, private, public = _ed25519()
    at = now()
    headers = Signer([(scheme, private, None)]).headers("id", BODY, at)
    assert public.startswith("whpk_") and private.startswith("whsk_")
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix("whpk_")))
    kind, _, signature = headers["webhook-signature"].partition(",")
    content = f"id.{int(at.timestamp())}.".encode() + BODY
    assert kind == "v1a" and headers["x-stratum-signature"] == ""
    key.verify(base64.b64decode(signature), content)
    with pytest.raises(InvalidSignature):
        key.verify(base64.b64decode(signature), content + b" ")


def test_a_secret_is_not_shown_where_it_is_held() -> None:
    secret = make_secret()
    assert secret.text not in repr(secret) and secret.text.startswith("whsec_")
    assert len(base64.b64decode(secret.text.removeprefix("whsec_"))) == 32
    assert secret.text not in repr(vars(Signer([("v1", secret.text, None)])))


def test_what_was_sealed_opens_under_the_same_server_secret_and_about_the_same_thing(tmp_path: Path) -> None:
    box = SecretBox(b"one secret of a server")
    sealed = box.seal("whsec_x", "we_one")
    assert "whsec" not in sealed and sealed != box.seal("whsec_x", "we_one")
    assert SecretBox(b"one secret of a server").open(sealed, "we_one") == "whsec_x"
    with pytest.raises(SettingInvalid, match="another server secret"):
        SecretBox(b"another secret of a server").open(sealed, "we_one")
    half = sealed[: len(sealed) // 2]
    for changed, about in (
        (sealed, "we_two"),
        (sealed[:-8] + "AAAAAAA=", "we_one"),
        (half + "!", "we_one"),
        (half, "we_one"),
        ("x", "we_one"),
    ):
        with pytest.raises(SettingInvalid, match="rotate"):
            box.open(changed, about)
