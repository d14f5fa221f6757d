"""What follows from one attempt for its delivery: delivered, tried again at a moment, or given up."""

import datetime as dt
import random
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from stratum_api.dispatcher.settings import Rules
from warehouse.database.webhooks.queue import Claim, Tried
from warehouse.database.webhooks.tables import DEAD, DELIVERED, PENDING
from warehouse.errors import (
    AnswerBroken,
    AnswerTooLarge,
    CertificateRefused,
    OutboundError,
    RedirectRefused,
    RequestRefused,
    TimedOut,
    Unreachable,
)
from warehouse.outbound import Posted

GONE = 410
THROTTLING = (429, 502, 503, 504)
EXCERPT_BYTES = 2048
# However long a receiver asks us to wait.
LONGEST_RETRY_AFTER_S = 86_400.0
# How long an endpoint that throttles without saying for how long is left alone.
THROTTLE_S = 5.0
# What the log calls errors.
ERRORS: dict[type[OutboundError], str] = {
    TimedOut: "timeout",
    Unreachable: "unreachable",
    CertificateRefused: "certificate",
    RequestRefused: "address_refused",
    RedirectRefused: "redirect",
    AnswerBroken: "answer_broken",
    AnswerTooLarge: "answer_too_large",
}
STATUS_ERROR, MESSAGE_GONE = "status", "message_gone"


@dataclass(frozen=True)
class Sent:
    """An attempt as it went: the answer, or the error in its place."""

    claim: Claim
    attempted_at: dt.datetime
    latency_ms: float
    answer: Posted | None = field(default=None, repr=False)
    error: OutboundError | None = None
    is_probe: bool = False

    @property
    def status_code(self) -> int | None:
        """The status that came back, None where none did."""
        if self.answer is not None:
            return self.answer.status_code
        return self.error.status_code if isinstance(self.error, RedirectRefused) else None

    @property
    def is_delivered(self) -> bool:
        """Whether it was answered with 2xx: nothing else is success."""
        return self.answer is not None and 200 <= self.answer.status_code < 300

    @property
    def error_word(self) -> str:
        """Why it failed, as the log calls it; empty where it was delivered."""
        if self.error is not None:
            return ERRORS[type(self.error)]
        return "" if self.is_delivered else STATUS_ERROR

    @property
    def is_throttled(self) -> bool:
        """Whether the receiver asks for less."""
        return self.status_code in THROTTLING

    def retry_after_s(self, now: dt.datetime) -> float | None:
        """How long the receiver asks us to wait: seconds or a date, None where it does not say."""
        text = self.answer.headers.get("retry-after", "").strip() if self.answer is not None else ""
        if text.isdecimal() and len(text) < 12:
            return min(float(text), LONGEST_RETRY_AFTER_S)
        try:
            asked = parsedate_to_datetime(text)
        except (ValueError, OverflowError):  # no date; or one in a time zone that no clock has
            return None
        asked = asked if asked.tzinfo else asked.replace(tzinfo=dt.UTC)
        return min(max((asked - now).total_seconds(), 0.0), LONGEST_RETRY_AFTER_S)


def judge(sent: Sent, rules: Rules, draw: random.Random) -> Tried:
    """The attempt for the log, and the state of the delivery from now on.

    The wait after the k-th failure is drawn evenly from 0 to twice the k-th of the table (full jitter), and is at least what the
    receiver asks for. When the table is used up the delivery is dead.
    """
    now = sent.attempted_at + dt.timedelta(milliseconds=sent.latency_ms)
    state, wait_s = DELIVERED, 0.0
    if not sent.is_delivered:
        k = sent.claim.n_attempts
        state = PENDING if k < len(rules.retry_s) else DEAD
        if state == PENDING:
            wait_s = max(draw.uniform(0, 2 * rules.retry_s[k]), sent.retry_after_s(now) or 0.0)
    return Tried(
        claim=sent.claim,
        attempted_at=sent.attempted_at,
        latency_ms=round(sent.latency_ms, 3),
        status_code=sent.status_code,
        error=sent.error_word,
        response_excerpt=_excerpt(sent.answer),
        state=state,
        next_attempt_at=now + dt.timedelta(seconds=wait_s),
    )


def message_gone(claim: Claim, now: dt.datetime) -> Tried:
    """What follows for a delivery whose message was pruned before it could be sent: it is dead, and says why."""
    return Tried(claim, now, 0.0, None, MESSAGE_GONE, "", DEAD, now)


def _excerpt(answer: Posted | None) -> str:
    """The beginning of the answer as text: at most 2 kB, without signs that no text has."""
    if answer is None:
        return ""
    text = answer.body[:EXCERPT_BYTES].decode("utf-8", errors="replace")
    printable = "".join(sign if sign.isprintable() or sign in "\n\t" else "�" for sign in text)
    return printable.encode()[:EXCERPT_BYTES].decode("utf-8", errors="ignore")
