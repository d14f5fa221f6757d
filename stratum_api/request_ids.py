"""Ids of requests: the caller's own where it is harmless, else one of ours."""

import re
import secrets

LONGEST = 64
HARMLESS = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:-]{0,%d}" % (LONGEST - 1))


def request_id(given: bytes | None) -> str:
    r"""The id a request goes by, in logs and in its answer.

    Examples:
        >>> request_id(b"order-17")
        'order-17'
        >>> len(request_id(b"line\nbreak"))
        32
    """
    if given is not None and HARMLESS.fullmatch(given):
        return given.decode("ascii")
    return secrets.token_hex(16)
