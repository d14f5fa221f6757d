"""The stream, over server-sent events and over a WebSocket."""

from typing import Annotated, Any

from litestar import Controller, WebSocket, websocket
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter, SkipValidation

from stratum_api.access import Access
from stratum_api.parameters import MOST_NAMED, NAME, named
from stratum_api.problems import TooManyStreams
from stratum_api.routes import Serving, Visiting, reads
from stratum_api.scopes import STREAM_READ
from stratum_api.service import Service
from stratum_api.stream import Wanted
from stratum_api.stream.shown import Tier
from stratum_api.stream.wanted import TOPICS
from stratum_api.stream.wires import EVENT_STREAM, Stream
from stratum_api.tiers import Sight
from stratum_api.tiers.sight import invalid
from stratum_api.visit import visit_of
from stratum_api.visitor import Visitor

FOLLOW = Access(STREAM_READ, feature="streams", flag="stream")
LARGEST_SEQUENCE = 2**63 - 1

Wanting = NamedDependency[SkipValidation[Wanted]]


def several(name: str, description: str) -> Any:
    """A parameter that may be given several times."""
    return QueryParameter(name=name, max_items=MOST_NAMED, description=f"{description} Several may be named.")


def wanted(
    topics: Annotated[list[str] | None, several("topic", f"Only these topics: {', '.join(TOPICS)}.")] = None,
    sports: Annotated[list[str] | None, several("sport", "Only these sports, as in americanfootball_nfl.")] = None,
    types: Annotated[list[str] | None, several("type", "Only signals of these types, as in KEY_CROSS.")] = None,
    signal_types: Annotated[list[str] | None, several("signal_type", "The same as `type`.")] = None,
    markets: Annotated[list[str] | None, several("market", "Only these markets: h2h, spreads or totals.")] = None,
    events: Annotated[list[str] | None, several("event", "Only these games, by their id.")] = None,
    min_score: Annotated[
        float | None,
        QueryParameter(ge=0, le=100, description="Only signals with a composite score of at least so much."),
    ] = None,
) -> Wanted:
    """What a client asks for; notices to the account pass filters of markets. Raises ParameterInvalid."""
    for topic in topics or ():
        if topic not in TOPICS:
            raise invalid("topic", f"{topic[:60]!a} is no topic of the stream: {', '.join(TOPICS)}")
    return Wanted(
        topics=frozenset(topics or ()),
        sports=frozenset(named("sport", sports, NAME) or ()),
        signal_types=frozenset(named("type", [*(types or ()), *(signal_types or ())], NAME) or ()),
        markets=frozenset(named("market", markets, NAME) or ()),
        events=frozenset(named("event", events) or ()),
        min_score=min_score,
    )


LastEventId = Annotated[
    str | None,
    HeaderParameter(
        name="Last-Event-ID",
        description="The last sequence that was received: the stream goes on after it, without a gap. Wins over the parameter.",
        max_length=20,
    ),
]
Resumed = Annotated[
    str | None,
    QueryParameter(
        name="last_event_id",
        description="The same, for clients that cannot set headers.",
        max_length=20,
    ),
]


class StreamController(Controller):
    """The stream."""

    path = "/api/v1/stream"
    tags = ("stream",)
    dependencies = {"wanted": Provide(wanted, sync_to_thread=False)}  # noqa: RUF012 (the framework's own way)

    @reads(
        "/",
        "openStream",
        FOLLOW,
        TooManyStreams,
        media_type=EVENT_STREAM,
        is_long=True,
        responses={
            200: ResponseSpec(
                str,
                generate_examples=False,
                media_type=EVENT_STREAM,
                description="Server-sent events until one of both ends it: `id` is the sequence, `event` the topic, `data` the "
                "message as one line of JSON.",
            )
        },
    )
    async def events(
        self,
        service: Serving,
        visit: Visiting,
        wanted: Wanting,
        header: LastEventId = None,
        last_event_id: Resumed = None,
    ) -> Stream:
        """Follow every message in its order, as server-sent events. Without a place to resume from it begins with what comes next."""
        return _stream(service, visit.visitor, wanted, header or last_event_id)

    @websocket("/ws", opt={"access": FOLLOW, "operation": "openSocket"})
    async def socket(
        self,
        socket: WebSocket[Any, Any, Any],
        service: Serving,
        wanted: Wanting,
        header: LastEventId = None,
        last_event_id: Resumed = None,
    ) -> None:
        """The same over a WebSocket."""
        stream = _stream(service, visit_of(socket.scope).visitor, wanted, header or last_event_id)
        await stream(socket.scope, socket.receive, socket.send)


def _stream(service: Service, visitor: Visitor, wanted: Wanted, after: str | None) -> Stream:
    sight = Sight.of(visitor.plan, service.settings.flags, service.now())
    sight.check_games(list(wanted.events))
    return Stream(service.streams, visitor, Tier.of(sight), wanted, _sequence(after))


def _sequence(text: str | None) -> int | None:
    """The place to resume from. Raises ParameterInvalid."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text) <= LARGEST_SEQUENCE):
        raise invalid("last_event_id", f"{text!a} is no sequence: send back the id of the last message as it came")
    return int(text)
