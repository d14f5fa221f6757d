"""Signatures of what is sent: `X-Stratum-Signature`, and the headers of Standard Webhooks (https://www.standardwebhooks.com).

A secret is `whsec_` and 32 random bytes in base64. `X-Stratum-Signature` is the HMAC-SHA256 of the body keyed with that whole text;
Standard Webhooks' `v1` is one of id, time and body keyed with the bytes it stands for, `v1a` an ed25519 signature of the same.
While a secret is being rotated, old and new both sign.
"""

import base64
import datetime as dt
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from warehouse.database.webhooks.secrets import ED25519, HMAC_SHA256

SECRET_PREFIX, PRIVATE_PREFIX, PUBLIC_PREFIX = "whsec_", "whsk_", "whpk_"
SECRET_BYTES = 32


@dataclass(frozen=True)
class SigningSecret:
    """A secret that was just made. `text` is shown once; of an ed25519 key, `public_key` is what a receiver verifies with."""

    scheme: str
    text: str = field(repr=False)
    public_key: str = ""


def make_secret(scheme: str = HMAC_SHA256) -> SigningSecret:
    """A new secret from the system's randomness."""
    if scheme == HMAC_SHA256:
        return SigningSecret(scheme, SECRET_PREFIX + _text(secrets.token_bytes(SECRET_BYTES)))
    key = Ed25519PrivateKey.generate()
    public = PUBLIC_PREFIX + _text(key.public_key().public_bytes_raw())
    return SigningSecret(scheme, PRIVATE_PREFIX + _text(key.private_bytes_raw()), public)


@dataclass(frozen=True)
class _Key:
    """A secret ready to sign, until its end."""

    ends_at: dt.datetime | None
    text: bytes = field(repr=False)
    raw: bytes = field(repr=False)
    private: Ed25519PrivateKey | None = field(repr=False)


class Signer:
    """Signs for one endpoint with every secret that has not ended."""

    def __init__(self, held: Sequence[tuple[str, str, dt.datetime | None]]) -> None:
        """`held` are scheme, text and end of each secret, newest first."""
        self._keys = [_key(*one) for one in held]

    def headers(self, webhook_id: str, body: bytes, now: dt.datetime) -> dict[str, str]:
        """The headers that sign a body, sent at a moment, under an id."""
        timestamp = str(int(now.timestamp()))
        content = f"{webhook_id}.{timestamp}.".encode() + body
        own: list[str] = []
        standard: list[str] = []
        for key in self._keys:
            if key.ends_at is not None and key.ends_at <= now:
                continue
            if key.private is None:
                own.append(hmac.digest(key.text, body, "sha256").hex())
                standard.append(f"{HMAC_SHA256},{_text(hmac.digest(key.raw, content, 'sha256'))}")
            else:
                standard.append(f"{ED25519},{_text(key.private.sign(content))}")
        return {
            "webhook-id": webhook_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": " ".join(standard),
            "x-stratum-signature": ",".join(own),
        }


def _key(scheme: str, text: str, ends_at: dt.datetime | None) -> _Key:
    raw = base64.b64decode(text.partition("_")[2])
    private = Ed25519PrivateKey.from_private_bytes(raw) if scheme == ED25519 else None
    return _Key(ends_at, text.encode(), raw, private)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
