"""Which endpoints a message is for, and how messages are put into bodies."""

from collections.abc import Sequence
from typing import Any

import msgspec

from stratum_api.dispatcher.directory import Recipient
from stratum_api.dispatcher.envelope import BATCH_HEAD_BYTES, MOST_BYTES, batch_id, envelope
from warehouse.database.outbox import LIMIT_ALERT, WEBHOOK_DISABLED, WEBHOOK_TEST, Message
from warehouse.database.webhooks.fan_out import NewDelivery

# These are nobody's business but the account's they are about.
PRIVATE = (LIMIT_ALERT, WEBHOOK_DISABLED, WEBHOOK_TEST)
# An endpoint that wants order and batches gets one body after the other.
ONE_LANE = "all"

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def match(messages: Sequence[Message], recipients: Sequence[Recipient]) -> list[NewDelivery]:
    """The deliveries that messages make, in their order."""
    payloads = [_decode(message.payload) for message in messages]
    made: list[NewDelivery] = []
    for recipient in recipients:
        own = [
            (message, payload)
            for message, payload in zip(messages, payloads, strict=True)
            if is_for(recipient, message, payload)
        ]
        if recipient.endpoint.terms.batch_size > 1:
            made += _batches(recipient, [message for message, _ in own])
        else:
            made += [_single(recipient, message, payload) for message, payload in own]
    return made


def is_for(recipient: Recipient, message: Message, payload: dict[str, Any]) -> bool:
    """Whether an endpoint gets a message: it asked for the type, may see it, was enabled when it was written, and lets it through."""
    endpoint = recipient.endpoint
    if message.topic in PRIVATE and payload["account_id"] != endpoint.account_id:
        return False
    if message.topic == WEBHOOK_TEST:
        return bool(payload["endpoint_id"] == endpoint.endpoint_id)
    return (
        message.topic in endpoint.terms.event_types
        and message.created_at >= endpoint.enabled_at
        and recipient.filters.let_through(message.topic, payload)
    )


def _single(recipient: Recipient, message: Message, payload: dict[str, Any]) -> NewDelivery:
    endpoint = recipient.endpoint
    key = str(payload.get("event_id") or message.topic) if endpoint.terms.is_ordered else ""
    return NewDelivery(message.outbox_id, endpoint.endpoint_id, (message.outbox_id,), message.topic, key)


def _batches(recipient: Recipient, messages: Sequence[Message]) -> list[NewDelivery]:
    """Neighbours of one type in bodies of at most so many messages and bytes."""
    terms = recipient.endpoint.terms
    groups: list[list[Message]] = []
    room = 0
    for message in messages:
        size = len(envelope(message)) + 1
        fits = groups and groups[-1][0].topic == message.topic and len(groups[-1]) < terms.batch_size and size <= room
        if not fits:
            groups.append([])
            room = MOST_BYTES - BATCH_HEAD_BYTES
        groups[-1].append(message)
        room -= size
    return [
        NewDelivery(
            ids[0] if len(ids) == 1 else batch_id(ids),
            recipient.endpoint.endpoint_id,
            ids,
            group[0].topic,
            ONE_LANE if terms.is_ordered else "",
        )
        for group, ids in ((group, tuple(one.outbox_id for one in group)) for group in groups)
    ]
