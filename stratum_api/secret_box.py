"""Seals secrets that have to be read again: AES-256-GCM under a key made from the server's secret, which the database does not hold."""

import base64
import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from warehouse.errors import SettingInvalid

VERSION = "1"
NONCE_BYTES = 12
PURPOSE = b"stratum webhook secrets"


class SecretBox:
    """Seals and opens texts. What is sealed names the key it was sealed with, so another one is told from damage."""

    def __init__(self, server_secret: bytes) -> None:
        key = HKDF(hashes.SHA256(), 32, salt=None, info=PURPOSE).derive(server_secret)
        self._cipher = AESGCM(key)
        self.key_id = hashlib.sha256(b"id" + key).hexdigest()[:8]

    def seal(self, text: str, about: str) -> str:
        """The text as it may be stored; it opens only as being about the same thing."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, text.encode(), about.encode())
        return f"{VERSION}.{self.key_id}.{base64.b64encode(sealed).decode()}"

    def open(self, sealed: str, about: str) -> str:
        """The text. Raises SettingInvalid when it was sealed under another server's secret, or is about another thing."""
        named, _, stored = sealed.rpartition(".")
        if named != f"{VERSION}.{self.key_id}":
            raise SettingInvalid(
                "A webhook's secret was stored under another server secret. Set STRATUM_API_SECRET to the one it was stored "
                "under, or rotate the webhook's secret."
            )
        try:
            raw = base64.b64decode(stored, validate=True)
            return self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], about.encode()).decode()
        except (InvalidTag, ValueError):
            raise SettingInvalid(
                "A webhook's secret was changed where it is stored: rotate the webhook's secret."
            ) from None
