"""Server-sent events come out whole, however the network cuts them."""

import itertools
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_api.client.errors import AnswerUnreadable
from stratum_api.client.event_stream import LONGEST_EVENT, EventReader, StreamEvent

WIRE = (
    b"\xef\xbb\xbf: a comment, sent so that the connection lives\n\n"
    b"retry: 2500\n"
    b'id: 41\nevent: signal.detected\ndata: {"a":\ndata: 1}\n\n'
    b"event: nothing\n\n"
    b"data:without a space\r\n\r\n"
    b"id: 42\ndata: \xc3\xa9\n\n"
    b"id: bro\0ken\ndata: x\n\n"
    b"data: never finished"
)
EVENTS = [
    StreamEvent("signal.detected", '{"a":\n1}', "41"),
    StreamEvent("message", "without a space", "41"),
    StreamEvent("message", "\u00e9", "42"),
    StreamEvent("message", "x", "42"),
]


@given(st.lists(st.integers(0, len(WIRE)), max_size=20))
def test_events_are_the_same_however_the_bytes_are_cut(cuts: list[int]) -> None:
    reader = EventReader()
    found: list[StreamEvent] = []
    places = [0, *sorted(cuts), len(WIRE)]
    for start, end in itertools.pairwise(places):
        found += reader.feed(WIRE[start:end])
    assert found == EVENTS
    assert reader.retry_ms == 2500


@pytest.mark.parametrize("piece", [b"x" * 1000, b"data: " + b"x" * 1000 + b"\n"])
def test_an_event_without_an_end_does_not_fill_the_memory(piece: bytes) -> None:
    reader = EventReader()
    with pytest.raises(AnswerUnreadable, match="longer"):
        deque(itertools.chain.from_iterable(reader.feed(piece) for _ in range(2 * LONGEST_EVENT // 1000)), maxlen=0)
