"""Signals: the feed, filtered and paged, and one by its id."""

from typing import Annotated, Literal

from litestar import Controller
from litestar.params import QueryParameter

from stratum_api.pages import USUAL_LIMIT, CursorText, Limit
from stratum_api.parameters import NAME, Events, Market, SignalId, Since, Sport, TimeBucket, Until, moment, named
from stratum_api.problems import CursorInvalid, SnapshotRequired
from stratum_api.routes import Serving
from stratum_api.showing import Seeing, shows
from stratum_api.shown.signals import EXAMPLE_PAGE, SignalPage
from stratum_api.shown.traces import EXAMPLE as TRACE
from stratum_api.shown.traces import SignalTrace
from stratum_api.signal_feed import Wanted, read_feed, read_since_sequence
from stratum_api.signal_trace import read_trace
from stratum_api.tiers.sight import invalid

Order = Annotated[
    Literal["chronological", "ranked"],
    QueryParameter(description="The newest first, or the highest composite score first."),
]
Types = Annotated[
    list[str] | None,
    QueryParameter(name="type", max_items=20, description="A type of signal, as in KEY_CROSS; several may be named."),
]
SignalTypes = Annotated[
    list[str] | None, QueryParameter(name="signal_type", max_items=20, description="The same as `type`.")
]
MinScore = Annotated[float | None, QueryParameter(ge=0, le=100, description="Composite score of at least so much.")]
VelocityGt = Annotated[
    float | None,
    QueryParameter(ge=0, le=1e6, description="Faster than so much per minute. Only for plans that show the velocity."),
]
Tier = Annotated[
    Literal["High", "Medium", "Low"] | None,
    QueryParameter(description="The band of the composite score: High from 75, Medium from 55, else Low."),
]
StructuralCore = Annotated[
    bool | None,
    QueryParameter(
        description="Only signals of the structural core, or only others; by default both, and the core alone for plans that "
        "see nothing else."
    ),
]
SinceSequence = Annotated[
    int | None,
    QueryParameter(
        ge=0,
        le=2**53,
        description="Signals announced after this number of the stream, in its order; go on with the `sequence` of the page.",
    ),
]


class SignalController(Controller):
    """Signals."""

    path = "/api/v1/intel/signals"
    tags = ("signals",)

    @shows("/", "listSignals", CursorInvalid, SnapshotRequired, example=EXAMPLE_PAGE)
    async def feed(
        self,
        service: Serving,
        sight: Seeing,
        types: Types = None,
        signal_types: SignalTypes = None,
        sport: Sport = None,
        market: Market = None,
        events: Events = None,
        since: Since = None,
        until: Until = None,
        min_score: MinScore = None,
        velocity_gt: VelocityGt = None,
        time_bucket: TimeBucket = None,
        tier: Tier = None,
        structural_core: StructuralCore = None,
        order: Order = "chronological",
        since_sequence: SinceSequence = None,
        cursor: CursorText = None,
        limit: Limit = USUAL_LIMIT,
    ) -> SignalPage:
        """Signals by filters, a page at a time."""
        wanted = Wanted(
            types=named("type", [*(types or ()), *(signal_types or ())], NAME),
            sport=sport,
            market=market,
            events=named("event", events),
            since=moment("since", since),
            until=moment("until", until),
            min_score=min_score,
            velocity_gt=velocity_gt,
            time_bucket=time_bucket,
            tier=tier,
            structural_core=structural_core,
        )
        if since_sequence is None:
            return await read_feed(service, sight, wanted, order, cursor, limit)
        if cursor is not None or order != "chronological":
            raise invalid("since_sequence", "has an order of its own: go on with the `sequence` of the page")
        return await read_since_sequence(service, sight, wanted, since_sequence, limit)

    @shows("/{signal_id:str}", "getSignal", example=TRACE)
    async def one(self, service: Serving, sight: Seeing, signal_id: SignalId) -> SignalTrace:
        """A signal and what it rests on: quotes, consensus, and the answers they came in, by the digest of their bytes."""
        return await read_trace(service, sight, signal_id)
