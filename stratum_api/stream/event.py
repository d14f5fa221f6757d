"""A message of the outbox on its way to those who follow, encoded once for all who see the same of it."""

import datetime as dt
import json
from typing import Any

import msgspec

from stratum_api.rows import Row, as_moment
from stratum_api.stream.frames import Frame, message_frame
from stratum_api.stream.shown import Tier
from warehouse.database.outbox import as_json


class Facts(msgspec.Struct):
    """What messages are chosen by; a field that a payload lacks is None."""

    sport_key: str | None = None
    signal_type: str | None = None
    market: str | None = None
    event_id: str | None = None
    composite_score: float | None = None


_facts = msgspec.json.Decoder(Facts).decode


class Event:
    """One message. `payload` is the row it tells of, as JSON; `facts` is None where that cannot be read: nobody is shown it then."""

    __slots__ = ("_frames", "created_at", "facts", "outbox_id", "payload", "sequence", "subject_id", "topic")

    def __init__(self, row: Row) -> None:
        """`row` is sequence, outbox_id, topic, subject_id, payload and created_at, as the driver gives them."""
        self.sequence: int = row[0]
        self.outbox_id: str = row[1]
        self.topic: str = row[2]
        self.subject_id: str = row[3]
        self.payload: str = row[4]
        created_at = as_moment(row[5])
        assert created_at is not None
        self.created_at: dt.datetime = created_at
        self.facts: Facts | None
        try:
            self.facts = _facts(self.payload)
        except msgspec.MsgspecError:
            self.facts = None
        self._frames: dict[Tier, Frame | None] = {}

    def frame(self, tier: Tier) -> Frame | None:
        """The message as a tier sees it; None where it does not see it at all."""
        if tier not in self._frames:
            self._frames[tier] = self._encoded(tier)
        return self._frames[tier]

    def _encoded(self, tier: Tier) -> Frame | None:
        payload: str | None = self.payload
        if not tier.sees_everything:
            seen = tier.over(self.topic, json.loads(self.payload))
            payload = None if seen is None else as_json(seen)
        if payload is None:
            return None
        envelope: dict[str, Any] = {
            "sequence": self.sequence,
            "outbox_id": self.outbox_id,
            "topic": self.topic,
            "subject_id": self.subject_id,
            "created_at": self.created_at,
        }
        # The payload is JSON already, and a row of hundreds of bytes: it is put in as it is.
        return message_frame(self.sequence, self.topic, f'{as_json(envelope)[:-1]},"payload":{payload}}}')
