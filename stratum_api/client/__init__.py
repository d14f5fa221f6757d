"""A client of the API for Python: typed answers, pages that follow each other, retries, a stream that resumes, webhooks.

    from stratum_api.client import Stratum, ask

    with Stratum("sk_…", address="https://…") as stratum:
        for signal in stratum.each(ask.signals(sport="americanfootball_nfl", min_score=75)):
            print(signal.detected_at, signal.signal_type, signal.move)

`ask` holds every question, `Stratum` and `AsyncStratum` send them. It needs httpx and msgspec, and nothing else of this repository.
"""

from stratum_api.client import ask
from stratum_api.client.asynchronous import AsyncStratum
from stratum_api.client.errors import (
    AnswerUnreadable,
    NoAnswer,
    RateLimited,
    Refused,
    SnapshotNeeded,
    StratumError,
    WebhookInvalid,
)
from stratum_api.client.exchange import Call
from stratum_api.client.following import Message
from stratum_api.client.retries import NO_RETRIES, Retries
from stratum_api.client.synchronous import Stratum
from stratum_api.client.webhooks import Webhook

__all__ = [
    "NO_RETRIES",
    "AnswerUnreadable",
    "AsyncStratum",
    "Call",
    "Message",
    "RateLimited",
    "Refused",
    "Retries",
    "SnapshotNeeded",
    "Stratum",
    "StratumError",
    "NoAnswer",
    "Webhook",
    "WebhookInvalid",
    "ask",
]
