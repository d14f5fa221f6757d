"""What is sent: a message in its envelope, or several in one body, always below 20 kB and always the same bytes."""

import datetime as dt
import hashlib
import json
from collections.abc import Sequence

from warehouse.database.outbox import TOPICS, Message

MOST_BYTES = 20_000 - 1
BATCH = "batch"
BATCH_VERSION = 1


def envelope(message: Message) -> bytes:
    """The message as JSON: type, version, id, timestamp (when it was written) and data (its payload).

    A payload that would make it too long is cut down to what identifies it, and `is_truncated` says so.
    """
    whole = _written(
        message.topic, TOPICS[message.topic].version, message.outbox_id, message.created_at, message.payload
    )
    if len(whole) <= MOST_BYTES:
        return whole
    payload = json.loads(message.payload)
    kept = {name: payload[name] for name in TOPICS[message.topic].identity} | {"is_truncated": True}
    data = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    return _written(message.topic, TOPICS[message.topic].version, message.outbox_id, message.created_at, data)


def batch(webhook_id: str, created_at: dt.datetime, envelopes: Sequence[bytes]) -> bytes:
    """Several envelopes in one: of type `batch`, with the envelopes as its data."""
    return _written(BATCH, BATCH_VERSION, webhook_id, created_at, b"[" + b",".join(envelopes) + b"]")


def batch_id(outbox_ids: Sequence[str]) -> str:
    """First 32 hex digits of SHA-256 over the ids of its messages: the same messages always have the same id."""
    return hashlib.sha256("\x1f".join((BATCH, *outbox_ids)).encode()).hexdigest()[:32]


def _written(topic: str, version: int, webhook_id: str, at: dt.datetime, data: str | bytes) -> bytes:
    """The envelope around data that is JSON already: it is not read and written again."""
    moment = at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    head = f'{{"type":"{topic}","version":{version},"id":"{webhook_id}","timestamp":"{moment}","data":'
    return head.encode() + (data.encode() if isinstance(data, str) else data) + b"}"


# Room that a batch's own envelope takes.
BATCH_HEAD_BYTES = len(_written(BATCH, BATCH_VERSION, "0" * 32, dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "[]"))
