"""What a key looks like, and what is stored of it.

`sk_<id>_<secret><checksum>`: the id (12 letters and digits) is public and names the key in lists, the secret has 190 bits,
and the checksum lets a scanner tell a real key from a likeness without asking anybody. Stored is HMAC-SHA-256 of the whole
key under the server's secret: neither the database alone nor the server's secret alone makes a key.
"""

import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass, field

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
ID_LENGTH, SECRET_LENGTH, CHECKSUM_LENGTH = 12, 32, 6
PATTERN = re.compile(rf"(sk_[0-9A-Za-z]{{{ID_LENGTH}}})_[0-9A-Za-z]{{{SECRET_LENGTH + CHECKSUM_LENGTH}}}", re.ASCII)
LENGTH = 3 + ID_LENGTH + 1 + SECRET_LENGTH + CHECKSUM_LENGTH
# A whole key, or a link somebody shared, wherever it stands in a text: what logs replace.
ANYWHERE = re.compile(rf"(s[hk]_[0-9A-Za-z]{{{ID_LENGTH}}}_)[0-9A-Za-z]{{8,}}", re.ASCII)


@dataclass(frozen=True)
class NewKey:
    """A key that was just made. `text` is shown once and stored nowhere."""

    key_id: str
    text: str = field(repr=False)


def make_key() -> NewKey:
    """A new key from the system's randomness."""
    key_id = "sk_" + "".join(secrets.choice(ALPHABET) for _ in range(ID_LENGTH))
    body = f"{key_id}_" + "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH))
    return NewKey(key_id, body + checksum(body))


def checksum(body: str) -> str:
    """CRC-32 of everything before it, in base 62, six signs.

    Examples:
        >>> checksum("sk_000000000000_" + "0" * 32)
        '3C7fTL'
    """
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def key_id_of(text: str) -> str | None:
    """The id of a key that is written as one, None of anything else."""
    found = PATTERN.fullmatch(text)
    if found is None or checksum(text[:-CHECKSUM_LENGTH]) != text[-CHECKSUM_LENGTH:]:
        return None
    return found[1]


def digest(text: str, secret: bytes) -> str:
    """What is stored of a key: 64 hex digits."""
    return hmac.digest(secret, text.encode(), "sha256").hex()


def hide_keys(text: str) -> str:
    """The text with *** in the place of the secret of every key and every shared link in it.

    Examples:
        >>> hide_keys("used sk_7Hq2Zk1pQ0aB_" + "x" * 38)
        'used sk_7Hq2Zk1pQ0aB_***'
    """
    return ANYWHERE.sub(r"\1***", text)
