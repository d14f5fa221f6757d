"""How fresh books are, as answers show it."""

import datetime as dt
from typing import Annotated, ClassVar

import msgspec

from stratum_api.tiers import Open, Shown
from warehouse.tables import FreshnessBreaches, Table


class ShownBook(Shown):
    """How a book stands in one market of a sport, and how old its quotes were over the last stretch of polls."""

    clock: ClassVar[str] = "as_of"

    sport_key: Annotated[Open[str], msgspec.Meta(examples=["basketball_nba"])]
    bookmaker: Annotated[Open[str], msgspec.Meta(examples=["pinnacle"])]
    market: Annotated[Open[str], msgspec.Meta(examples=["spreads"])]
    state: Annotated[
        Open[str],
        msgspec.Meta(
            description="idle, fresh, late, silent, or paused while nobody polls its sport.", examples=["fresh"]
        ),
    ]
    since_at: Annotated[
        Open[dt.datetime | None],
        msgspec.Meta(description="Since when; null where the plan sees no newer than the stretch."),
    ]
    reason: Annotated[Open[str], msgspec.Meta(description="Why it is late or silent; empty otherwise.", examples=[""])]
    as_of: Annotated[Open[dt.datetime], msgspec.Meta(description="Receipt of the last answer that was looked at.")]
    last_sighted_at: Annotated[
        Open[dt.datetime | None], msgspec.Meta(description="When its newest quote was sighted; null when idle.")
    ]
    expected_gap_s: Annotated[
        Open[float], msgspec.Meta(description="Expected gap between its sightings, in seconds.", examples=[62.0])
    ]
    limit_s: Annotated[
        Open[float], msgspec.Meta(description="Age beyond which it is late, in seconds.", examples=[124.0])
    ]
    stretch_from_at: Annotated[
        Open[dt.datetime | None], msgspec.Meta(description="First answer of the stretch; null before there is one.")
    ]
    stretch_until_at: Annotated[Open[dt.datetime | None], msgspec.Meta(description="Its last answer.")]
    n_polls: Annotated[Open[int | None], msgspec.Meta(description="Answers of the stretch.", examples=[60])]
    n_late: Annotated[Open[int | None], msgspec.Meta(description="Those at which it was late or silent.", examples=[1])]
    age_p50_s: Annotated[
        Open[float | None], msgspec.Meta(description="Median age of its newest quote, in seconds.", examples=[21.5])
    ]
    age_p95_s: Annotated[Open[float | None], msgspec.Meta(description="95th percentile.", examples=[74.0])]
    age_p99_s: Annotated[Open[float | None], msgspec.Meta(description="99th percentile.", examples=[131.0])]


class ShownBreach(Shown):
    """A book that went beyond its limit in a market: how it stood at last."""

    clock: ClassVar[str] = "as_of"
    table: ClassVar[type[Table] | None] = FreshnessBreaches

    breach_id: Open[str]
    version: Open[int]
    bookmaker: Open[str]
    sport_key: Open[str]
    market: Open[str]
    as_of: Open[dt.datetime]
    began_at: Open[dt.datetime]
    noticed_at: Open[dt.datetime]
    ended_at: Open[dt.datetime | None]
    state: Open[str]
    reason: Open[str]
    ended_by: Open[str]
    longest_age_s: Open[float]
    expected_gap_s: Open[float]
    limit_s: Open[float]
    last_sighted_at: Open[dt.datetime]


class BookFreshnessAnswer(msgspec.Struct):
    """How books stand, and their breaches of the last two days."""

    books: Annotated[Open[list[ShownBook]], msgspec.Meta(description="By sport, book and market.")]
    breaches: Annotated[
        Open[list[ShownBreach]],
        msgspec.Meta(description="Those that last first, then the newest; a bounded number of them."),
    ]


AT = dt.datetime(2026, 11, 21, 17, 59, 30, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
BOOK = ShownBook(
    sport_key="basketball_nba",
    bookmaker="pinnacle",
    market="spreads",
    state="fresh",
    since_at=AT - 95 * MINUTE,
    reason="",
    as_of=AT,
    last_sighted_at=AT - MINUTE / 2,
    expected_gap_s=62.0,
    limit_s=124.0,
    stretch_from_at=AT - 119 * MINUTE,
    stretch_until_at=AT - 59 * MINUTE,
    n_polls=60,
    n_late=1,
    age_p50_s=21.5,
    age_p95_s=74.0,
    age_p99_s=131.0,
)
BREACH = ShownBreach(
    breach_id="f3b3c1a7d8e94b02a61c55d0e7f4b9aa",
    version=2,
    bookmaker="bovada",
    sport_key="basketball_nba",
    market="spreads",
    as_of=AT - 30 * MINUTE,
    began_at=AT - 36 * MINUTE,
    noticed_at=AT - 35 * MINUTE,
    ended_at=AT - 30 * MINUTE,
    state="late",
    reason="standing_still",
    ended_by="sighted",
    longest_age_s=431.0,
    expected_gap_s=60.0,
    limit_s=120.0,
    last_sighted_at=AT - 38 * MINUTE,
)
FRESHNESS = BookFreshnessAnswer([BOOK], [BREACH])
