"""What a link looks like, and what is stored of it.

`sh_<id>_<secret><signature>`: the id is public and names the link in lists, the secret has 190 bits, and the signature is made with
the server's secret, so that nothing made up ever reaches the database. Stored is HMAC-SHA-256 of the whole under that secret: the
database alone makes no link.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

from stratum_api.credentials import ALPHABET, ID_LENGTH, SECRET_LENGTH

SIGNATURE_BYTES = 16
PATTERN = re.compile(
    rf"(sh_[0-9A-Za-z]{{{ID_LENGTH}}})_[0-9A-Za-z]{{{SECRET_LENGTH}}}([0-9a-f]{{{2 * SIGNATURE_BYTES}}})", re.ASCII
)


@dataclass(frozen=True)
class NewToken:
    """A link that was just made. `text` is shown once and stored nowhere."""

    share_id: str
    text: str = field(repr=False)


class ShareTokens:
    """Makes and checks links with the secret of the server."""

    def __init__(self, secret: bytes) -> None:
        self._secret = hashlib.blake2b(b"share links", key=secret[:64], digest_size=32).digest()

    def make(self) -> NewToken:
        """A new link from the system's randomness."""
        share_id, hidden = ("".join(secrets.choice(ALPHABET) for _ in range(n)) for n in (ID_LENGTH, SECRET_LENGTH))
        body = f"sh_{share_id}_{hidden}"
        return NewToken(f"sh_{share_id}", body + self._signature(body))

    def share_id_of(self, text: str) -> str | None:
        """The id of a link that we signed, None of anything else; how wrong it is takes no different time."""
        found = PATTERN.fullmatch(text)
        if found is None:
            return None
        body = text[: -2 * SIGNATURE_BYTES]
        return found[1] if hmac.compare_digest(found[2], self._signature(body)) else None

    def digest(self, text: str) -> str:
        """What is stored of a link: 64 hex digits."""
        return hmac.digest(self._secret, b"stored" + text.encode(), "sha256").hex()

    def _signature(self, body: str) -> str:
        return hmac.digest(self._secret, b"signed" + body.encode(), "sha256")[:SIGNATURE_BYTES].hex()
