"""The stream: every message of the outbox in its order, handed to whoever follows, over server-sent events and WebSocket.

One reader per worker (`tail`) reads what is new once and offers it to every open stream (`follower`), each with a bounded buffer; who
comes back reads what it missed from the outbox at its own pace, then goes on with the others. Places are sequences of the outbox,
which grow in the order of commits on every worker alike.
"""

from stratum_api.stream.event import Event
from stratum_api.stream.follower import Follower
from stratum_api.stream.frames import CLOSE_CODES, CONTROL, Frame
from stratum_api.stream.past import Past, TooOld
from stratum_api.stream.seats import Seats, open_seats
from stratum_api.stream.streams import Streams
from stratum_api.stream.wanted import Wanted

__all__ = [
    "CLOSE_CODES",
    "CONTROL",
    "Event",
    "Follower",
    "Frame",
    "Past",
    "Seats",
    "Streams",
    "TooOld",
    "Wanted",
    "open_seats",
]
