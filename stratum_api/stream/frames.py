"""What goes over the wire, in both forms at once: a block of server-sent events, and the text of a WebSocket message.

Every message is one JSON object with a `topic`. Those of the outbox have its topics; the stream's own are listed in `CONTROL`. In
server-sent events the topic is also the name of the event and the sequence its id; `ready` and `heartbeat` are comments there, whose
id moves the place from which a browser resumes without waking anybody.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

RETRY_MS = 2_000

_encode = msgspec.json.Encoder().encode


class Frame(NamedTuple):
    """One message in both forms."""

    sse: bytes
    text: str


@dataclass(frozen=True)
class Control:
    """A message of the stream's own: when it comes, what to do, and the code a WebSocket closes with after it (0: it goes on)."""

    topic: str
    when: str
    remedy: str
    close_code: int = 0


CONTROL: dict[str, Control] = {
    one.topic: one
    for one in (
        Control(
            "ready",
            "The stream is open; `sequence` is where it begins.",
            "Keep `sequence` as the place to resume from.",
        ),
        Control(
            "heartbeat",
            "Nothing may have come for a while; everything up to `sequence` has.",
            "Keep `sequence`. Where two are missing in a row, open the stream anew.",
        ),
        Control(
            "snapshot_required",
            "The place to resume from is older than what is kept or than the plan reaches back, or was never given out.",
            "Open the stream from `newest_sequence`, then read the current state by the REST endpoints.",
            4410,
        ),
        Control(
            "slow_consumer",
            "The client takes messages more slowly than they come, and too many wait for it.",
            "Resume from the last sequence that was received; read faster, or filter more.",
            4408,
        ),
        Control(
            "access_ended",
            "The key was revoked or has expired, or its account has no access any more.",
            "Do not come back with this key.",
            4401,
        ),
        Control(
            "reconnect",
            "The server stops, the account's terms have changed, or the database does not answer; `reason` says which.",
            "Resume from the last sequence that was received, after as long as `retry_ms` says.",
            1012,
        ),
    )
}
CLOSE_CODES = {one.topic: one.close_code for one in CONTROL.values() if one.close_code}


def message_frame(sequence: int, topic: str, text: str) -> Frame:
    """A message of the outbox, whose JSON is `text`."""
    return Frame(f"id: {sequence}\nevent: {topic}\ndata: {text}\n\n".encode(), text)


def ready(sequence: int) -> Frame:
    """The first message of every stream."""
    return Frame(
        f": ready\nretry: {RETRY_MS}\nid: {sequence}\n\n".encode(), _text({"topic": "ready", "sequence": sequence})
    )


def heartbeat(sequence: int, now: dt.datetime) -> Frame:
    """That the stream is alive, and how far it has come."""
    sent_at = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    text = _text({"topic": "heartbeat", "sequence": sequence, "sent_at": sent_at})
    return Frame(f": heartbeat {sent_at}\nid: {sequence}\n\n".encode(), text)


def snapshot_required(oldest: int, newest: int) -> Frame:
    """That there would be a gap. Its id lets a browser, which reconnects by itself, go on from the newest message."""
    text = _last("snapshot_required", oldest_sequence=oldest, newest_sequence=newest)
    return Frame(f"id: {newest}\nevent: snapshot_required\ndata: {text}\n\n".encode(), text)


def slow_consumer(n_dropped: int) -> Frame:
    """That too many messages wait; they were dropped and can be had by resuming."""
    return _event("slow_consumer", n_dropped=n_dropped)


def access_ended() -> Frame:
    """That the key opens nothing any more."""
    return _event("access_ended")


def reconnect(reason: str, retry_ms: int) -> Frame:
    """That the client should come back after so many milliseconds."""
    frame = _event("reconnect", reason=reason, retry_ms=retry_ms)
    return Frame(f"retry: {retry_ms}\n".encode() + frame.sse, frame.text)


def _event(topic: str, **more: Any) -> Frame:
    """A message without an id: whoever comes back resumes from the last one that had one."""
    text = _last(topic, **more)
    return Frame(f"event: {topic}\ndata: {text}\n\n".encode(), text)


def _last(topic: str, **more: Any) -> str:
    control = CONTROL[topic]
    return _text({"topic": topic, **more, "detail": f"{control.when} {control.remedy}"})


def _text(content: dict[str, Any]) -> str:
    return _encode(content).decode()
