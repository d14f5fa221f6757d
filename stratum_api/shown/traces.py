"""A signal with everything it rests on, as answers show it.

Which quotes moved, when and where is what redacted plans do not see; the times of consensus rows and answers in the window would tell
how long it was. They see the signal and the answer that completed it.
"""

import datetime as dt
from typing import Annotated, ClassVar

import msgspec

from stratum_api.shown.consensus import EXAMPLE as CONSENSUS
from stratum_api.shown.consensus import ShownConsensus
from stratum_api.shown.signals import EXAMPLE as SIGNAL
from stratum_api.shown.signals import ShownSignal
from stratum_api.tiers import TIMELESS, Full, Open, Shown
from warehouse.tables import OddsSnapshots, RawOdds, Table


class ShownQuote(Shown):
    """A change of one book's quote for one outcome."""

    clock: ClassVar[str] = "received_at"
    table: ClassVar[type[Table] | None] = OddsSnapshots

    bookmaker: Full[str]
    outcome: Open[str]
    side: Open[str]
    received_at: Open[dt.datetime]
    quoted_at: Full[dt.datetime]
    point: Full[float]
    price_decimal: Full[float]
    price_american: Full[int]
    is_suspended: Full[bool]
    response_id: Open[str]


class ShownAnswer(Shown):
    """What a provider sent back to one request; its bytes have this digest."""

    clock: ClassVar[str] = "received_at"
    table: ClassVar[type[Table] | None] = RawOdds

    response_id: Open[str]
    provider: Open[str]
    endpoint: Open[str]
    received_at: Open[dt.datetime]
    source: Open[str]
    status_code: Open[int | None]
    body_sha256: Open[str]


class SignalTrace(Shown):
    """A signal and what it rests on."""

    clock: ClassVar[str] = TIMELESS

    signal: Open[ShownSignal]
    answer: Annotated[
        Open[ShownAnswer | None],
        msgspec.Meta(description="The answer that completed it; null where answers of that day are no longer kept."),
    ]
    consensus: Annotated[
        Full[list[ShownConsensus]],
        msgspec.Meta(description="Of its market: the rows within its window, and the last before it."),
    ]
    quotes: Annotated[
        Full[list[ShownQuote]],
        msgspec.Meta(description="Changes of its market within the window, and what each quote moved from."),
    ]
    answers: Annotated[
        Full[list[ShownAnswer]], msgspec.Meta(description="What all of these came in, the oldest first.")
    ]
    is_cut: Annotated[
        Open[bool], msgspec.Meta(description="Whether there were more quotes or rows than are shown here.")
    ]


_RECEIVED_AT = dt.datetime(2026, 11, 21, 17, 31, 10, 234888, dt.UTC)
_ANSWER = ShownAnswer(
    response_id="eb4b442f55b08fa3441765b908bb04ef",
    provider="the_odds_api",
    endpoint="/v4/sports/americanfootball_nfl/odds",
    received_at=_RECEIVED_AT,
    source="live",
    status_code=200,
    body_sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
)
EXAMPLE = SignalTrace(
    signal=SIGNAL,
    answer=_ANSWER,
    consensus=[CONSENSUS],
    quotes=[
        ShownQuote(
            bookmaker="pinnacle",
            outcome="Kansas City Chiefs",
            side="home",
            received_at=_RECEIVED_AT,
            quoted_at=_RECEIVED_AT - dt.timedelta(seconds=3),
            point=-3.5,
            price_decimal=1.91,
            price_american=-110,
            is_suspended=False,
            response_id="eb4b442f55b08fa3441765b908bb04ef",
        )
    ],
    answers=[_ANSWER],
    is_cut=False,
)
