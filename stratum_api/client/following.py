"""The stream as a client follows it: from where, what comes of each event, and when to come back; nothing is sent or waited for here.

Messages come in the order of their sequences. A connection that ends is opened again from the last place, so that there is neither
a gap nor a double; a place that the server no longer keeps ends the following with SnapshotNeeded.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import msgspec

from stratum_api.client.errors import AnswerUnreadable, Refused, SnapshotNeeded, StratumError
from stratum_api.client.event_stream import EventReader, StreamEvent
from stratum_api.client.exchange import Outcome, as_error
from stratum_api.client.retries import Retries, is_worth_repeating

# Twice the server's heartbeat and more: a connection that is silent for so long is dead.
SILENT_S = 45.0
RECONNECT_S = 2.0


class Message(msgspec.Struct, frozen=True):
    """One message: `sequence` is its place in the one order of all messages, `payload` the row it tells of.

    `outbox_id` is the same wherever and however often the message is met, in webhooks too.
    """

    sequence: int
    outbox_id: str
    topic: str
    subject_id: str
    created_at: dt.datetime
    payload: dict[str, Any]


class Following:
    """How far a client has come, over any number of connections."""

    def __init__(self, after: int | None, retries: Retries) -> None:
        """`after` is the sequence of the last message known; None begins with what comes next."""
        self.after = after
        self._retries = retries
        self._failures = 0
        self._reader = EventReader()
        self._asked_s: float | None = None

    def headers(self) -> Mapping[str, str]:
        """What a new connection is asked with."""
        self._reader = EventReader()
        place = {} if self.after is None else {"Last-Event-ID": str(self.after)}
        return {"Accept": "text/event-stream", "Cache-Control": "no-store", **place}

    def opened(self, response: httpx.Response) -> None:
        """Check the beginning of an answer. Raises Refused, AnswerUnreadable."""
        if not response.is_success:
            raise as_error(response)
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            raise AnswerUnreadable("The answer is no stream of events.")

    def take(self, piece: bytes) -> Iterator[Message]:
        """The messages that a piece of the answer completes. Raises SnapshotNeeded, Refused, AnswerUnreadable."""
        for event in self._reader.feed(piece):
            message = self._read(event)
            if message is not None and (self.after is None or message.sequence > self.after):
                self.after, self._failures = message.sequence, 0
                yield message
        # The place moves on with heartbeats too, and only once everything before it was handed on.
        if self._reader.last_event_id.isdigit():
            self.after, self._failures = max(self.after or 0, int(self._reader.last_event_id)), 0

    def wait_s(self, outcome: Outcome | StratumError, draw: float) -> float:
        """Seconds until the next connection after one that ended so. Raises what ends the following for good."""
        if isinstance(outcome, StratumError) and not isinstance(outcome, Refused):
            raise outcome
        error = outcome if isinstance(outcome, Refused) else as_error(outcome)
        status = error.status if isinstance(error, Refused) else outcome
        if not isinstance(status, int | httpx.TransportError) or not is_worth_repeating("GET", status):
            raise error
        self._failures += 1
        next_s = self._retries.wait_s(self._failures, draw, getattr(error, "retry_after_s", None))
        if next_s is None:
            raise error
        return next_s

    def pause_s(self, draw: float) -> float:
        """Seconds until the next connection after one that ended in good order: what the server asks for, spread by a half."""
        asked_s, self._asked_s = self._asked_s, None
        retry_ms = self._reader.retry_ms
        usual_s = RECONNECT_S if retry_ms is None else retry_ms / 1000
        return (usual_s if asked_s is None else asked_s) * (0.5 + draw)

    def _read(self, event: StreamEvent) -> Message | None:
        try:
            if event.event not in ENDINGS:
                return msgspec.json.decode(event.data, type=Message)
            said = msgspec.json.decode(event.data, type=dict[str, Any])
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise AnswerUnreadable(f"A message of the stream could not be read: {error}.") from error
        if event.event == "snapshot_required":
            raise SnapshotNeeded(
                410, {"code": "snapshot_required", "title": "The place to resume from is too old", **said}
            )
        if event.event == "access_ended":
            raise Refused(401, {"code": "access_ended", "title": "The key opens nothing any more", **said})
        retry_ms = said.get("retry_ms")
        self._asked_s = retry_ms / 1000 if isinstance(retry_ms, int) else None
        return None


# What the stream says of itself before it ends; whatever else comes is a message.
ENDINGS = frozenset({"snapshot_required", "access_ended", "slow_consumer", "reconnect"})
