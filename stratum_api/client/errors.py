"""What a call can end in: one tree, so that `except StratumError` catches all of it and nothing else.

StratumError
├── NoAnswer         no answer came, whatever was tried
├── AnswerUnreadable    an answer came that is not what this client knows
├── Refused             the API said why it does not answer (problem+json)
│   ├── RateLimited     the requests of this minute are used up, for longer than was to be waited
│   └── SnapshotNeeded  the place to resume from is no longer kept: read the feed anew, then follow it
└── WebhookInvalid      a delivery was not signed with this secret, or is too old
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec


class StratumError(Exception):
    """Whatever this client raises of its own."""


class NoAnswer(StratumError):
    """No answer came. `__cause__` is what the network said last."""


class AnswerUnreadable(StratumError):
    """An answer came whose body is not what this client knows; a proxy's page, or a version with other rules."""


class Refused(StratumError):
    """The API answered with a problem. A program tells problems apart by `code`; `request_id` finds the request in its log."""

    def __init__(self, status: int, document: Mapping[str, Any], retry_after_s: float | None = None) -> None:
        """`document` is the problem+json; what it lacks is empty."""
        self.status = status
        self.code = str(document.get("code", ""))
        self.title = str(document.get("title", ""))
        self.detail = str(document.get("detail", ""))
        self.request_id = str(document.get("request_id", ""))
        self.document = dict(document)
        self.retry_after_s = retry_after_s
        said = self.detail or self.title or "no reason was given"
        super().__init__(f"{status} {self.code or 'without a code'}: {said}")


class RateLimited(Refused):
    """The requests of this minute are used up; `retry_after_s` says for how long."""


class SnapshotNeeded(Refused):
    """The place to resume from is no longer kept. Read what is current, and follow from there."""


class WebhookInvalid(StratumError):
    """A delivery that must not be believed: the message says why, and never what would have been right."""


BY_CODE: Mapping[str, type[Refused]] = {"too_many_requests": RateLimited, "snapshot_required": SnapshotNeeded}


def refusal(status: int, body: bytes, headers: Mapping[str, str]) -> Refused:
    """The error that an answer with a status of 400 or above is. A body that is no problem+json is shown, shortened."""
    try:
        document = msgspec.json.decode(body)
    except msgspec.DecodeError:
        document = None
    if not isinstance(document, dict):
        document = {"detail": re.sub(r"\s+", " ", body.decode("utf-8", "replace")).strip()[:200]}
    kind = BY_CODE.get(str(document.get("code", "")), Refused)
    return kind(status, document, retry_after_s(headers))


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """How long the server asks to be left alone, in seconds; None where it does not say so in seconds."""
    said = headers.get("retry-after", "").strip()
    return float(said) if said.isascii() and said.isdigit() else None
