"""Server-sent events, from bytes as they come: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation."""

from collections.abc import Iterator
from dataclasses import dataclass

from stratum_api.client.errors import AnswerUnreadable

# Far above the longest message; what is longer is no stream of ours, and must not fill the memory.
LONGEST_EVENT = 1 << 20


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event: `event_id` is the last id that was sent, which may be an earlier event's."""

    event: str
    data: str
    event_id: str


class EventReader:
    r"""Takes bytes in any pieces and gives the events that they complete.

    Examples:
        >>> reader = EventReader()
        >>> list(reader.feed(b"id: 7\nevent: signal.detected\nda"))
        []
        >>> list(reader.feed(b"ta: {}\n\n"))
        [StreamEvent(event='signal.detected', data='{}', event_id='7')]
    """

    def __init__(self) -> None:
        self.retry_ms: int | None = None
        self._rest = b""
        self._event, self._event_id, self._ended_id = "", "", ""
        self._data: list[str] = []
        self._n_bytes = 0
        self._is_first = True

    @property
    def last_event_id(self) -> str:
        """The id of the last event that has ended, with or without content; "" before the first."""
        return self._ended_id

    def feed(self, piece: bytes) -> Iterator[StreamEvent]:
        """The events that end within this piece. Raises AnswerUnreadable for one that does not end."""
        self._rest += piece
        lines = self._rest.split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) + self._n_bytes > LONGEST_EVENT:
            raise AnswerUnreadable(f"An event of the stream is longer than {LONGEST_EVENT:,} bytes.")
        for line in lines:
            made = self._take(line.removesuffix(b"\r"))
            if made is not None:
                yield made

    def _take(self, line: bytes) -> StreamEvent | None:
        if self._is_first:
            self._is_first = False
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line:
            return self._finish()
        self._n_bytes += len(line)
        name, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._event_id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry_ms = int(value)
        return None

    def _finish(self) -> StreamEvent | None:
        event, data = self._event, self._data
        self._ended_id = self._event_id
        self._event, self._data, self._n_bytes = "", [], 0
        return StreamEvent(event or "message", "\n".join(data), self._event_id) if data else None
