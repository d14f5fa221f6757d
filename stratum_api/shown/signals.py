"""A signal as answers show it.

Without the plan for it nobody learns which books moved or how fast: neither directly nor by what would tell it, the length of
the window (which with the move gives the speed), the counts of books, the quote that could be taken, and the strength, which less
the share of the move is the share of speed and books.
"""

import datetime as dt
from typing import Annotated, Any, ClassVar

import msgspec

from stratum_api.pages import Page
from stratum_api.tiers import Full, Open, Shown
from warehouse.tables import Signals, Table


class ShownSignal(Shown):
    """One signal: a market moved toward an outcome."""

    clock: ClassVar[str] = "detected_at"
    table: ClassVar[type[Table] | None] = Signals

    signal_id: Open[str]
    signal_type: Open[str]
    display_type: Open[str]
    rule_version: Open[str]
    event_id: Open[str]
    sport_key: Open[str]
    market: Open[str]
    outcome: Open[str]
    direction: Open[str]
    detected_at: Open[dt.datetime]
    commence_at: Open[dt.datetime]
    minutes_to_start: Open[float]
    time_bucket: Open[str]
    from_value: Open[float | None]
    to_value: Open[float | None]
    move: Open[float | None]
    velocity_per_min: Full[float]
    n_books: Full[int]
    n_groups: Full[int]
    bookmakers: Full[list[str]]
    window_s: Full[float]
    entry_point: Full[float]
    entry_price_decimal: Full[float]
    entry_bookmaker: Full[str]
    strength_score: Full[int]
    composite_score: Open[float]
    score_source: Open[str]
    priority: Open[str]
    is_structural_core: Open[bool]
    meta: Full[dict[str, Any]]
    response_id: Open[str]
    sequence: Annotated[
        Open[int | None],
        msgspec.Meta(description="Its number in the stream; given where `since_sequence` was asked, else null."),
    ] = None


class SignalPage(Page[ShownSignal]):
    """Signals, and where the next begin."""

    sequence: Annotated[
        Open[int],
        msgspec.Meta(
            description="The newest number of the stream when this was read: whatever is not here yet comes after it."
        ),
    ]


EXAMPLE = ShownSignal(
    signal_id="0bb4a1a78e86a37dfe4a57d6bff14d7c",
    signal_type="KEY_CROSS",
    display_type="STRUCTURAL THRESHOLD EVENT",
    rule_version="3",
    event_id="0d6f17fa60bfac6750a4d67573376da3",
    sport_key="americanfootball_nfl",
    market="spreads",
    outcome="Kansas City Chiefs",
    direction="home",
    detected_at=dt.datetime(2026, 11, 21, 17, 31, 10, 234888, dt.UTC),
    commence_at=dt.datetime(2026, 11, 22, 18, 0, tzinfo=dt.UTC),
    minutes_to_start=1468.829,
    time_bucket="1-3d",
    from_value=-2.5,
    to_value=-3.5,
    move=-1.0,
    velocity_per_min=0.1,
    n_books=6,
    n_groups=5,
    bookmakers=["betmgm", "bovada", "draftkings", "fanduel", "lowvig", "pinnacle"],
    window_s=600.0,
    entry_point=-3.0,
    entry_price_decimal=1.87,
    entry_bookmaker="betrivers",
    strength_score=71,
    composite_score=76.4,
    score_source="composite",
    priority="High",
    is_structural_core=True,
    meta={"strength": {"breadth": 25.0, "size": 32.0, "speed": 14.0}, "book_age_s": {"pinnacle": 3.235}},
    response_id="eb4b442f55b08fa3441765b908bb04ef",
)
EXAMPLE_PAGE = SignalPage([EXAMPLE], "6mLJXQkZ0w2Cq8Yd5x2T", 48120)
