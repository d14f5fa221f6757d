"""A signal's entry against the close, as answers show it."""

import datetime as dt
from typing import Annotated, ClassVar

import msgspec

from stratum_api.pages import Page
from stratum_api.tiers import Full, Open, Shown
from warehouse.tables import ClvRecords, Table


class ShownRecord(Shown):
    """One signal against the scheduled close of its game: the version in force."""

    clock: ClassVar[str] = "closed_at"
    table: ClassVar[type[Table] | None] = ClvRecords

    signal_id: Open[str]
    version: Open[int]
    event_id: Open[str]
    sport_key: Open[str]
    market: Open[str]
    outcome: Open[str]
    signal_type: Open[str]
    time_bucket: Open[str]
    composite_score: Open[float | None]
    detected_at: Open[dt.datetime]
    entry_point: Full[float]
    entry_price_decimal: Full[float]
    close_point: Open[float | None]
    close_price_decimal: Open[float | None]
    close_fair_prob: Open[float | None]
    close_fair_point: Open[float | None]
    clv_points: Full[float]
    clv_points_novig: Full[float]
    clv_prob: Full[float]
    clv_ev: Full[float]
    clv_cents: Full[float]
    clv_prob_raw: Full[float]
    clv_ev_raw: Full[float]
    clv_cents_raw: Full[float]
    beat_close: Open[bool | None]
    quality: Open[str]
    close_age_s: Open[float | None]
    close_n_books: Full[int]
    close_bookmakers: Full[list[str]]
    close_version: Open[int | None]
    closed_at: Open[dt.datetime]
    computed_at: Open[dt.datetime]
    final_at: Open[dt.datetime | None]
    is_final: Annotated[
        Open[bool | None],
        msgspec.Meta(description="Whether the close is final; before, a later answer may replace it."),
    ]
    reason: Open[str | None]


class RecordPage(Page[ShownRecord]):
    """Records, the newest close first, and where the next begin."""


RECORD = ShownRecord(
    signal_id="0bb4a1a78e86a37dfe4a57d6bff14d7c",
    version=1,
    event_id="0d6f17fa60bfac6750a4d67573376da3",
    sport_key="americanfootball_nfl",
    market="spreads",
    outcome="Kansas City Chiefs",
    signal_type="KEY_CROSS",
    time_bucket="1-3d",
    composite_score=76.4,
    detected_at=dt.datetime(2026, 11, 20, 17, 31, 10, 234888, dt.UTC),
    entry_point=-3.0,
    entry_price_decimal=1.87,
    close_point=-3.5,
    close_price_decimal=1.91,
    close_fair_prob=0.5012,
    close_fair_point=-3.5,
    clv_points=0.5,
    clv_points_novig=0.41,
    clv_prob=0.0214,
    clv_ev=0.0402,
    clv_cents=8.6,
    clv_prob_raw=0.0441,
    clv_ev_raw=0.0827,
    clv_cents_raw=17.9,
    beat_close=True,
    quality="ok",
    close_age_s=31.0,
    close_n_books=9,
    close_bookmakers=["betmgm", "bovada", "draftkings", "fanduel", "pinnacle"],
    close_version=1,
    closed_at=dt.datetime(2026, 11, 21, 18, 0, tzinfo=dt.UTC),
    computed_at=dt.datetime(2026, 11, 21, 18, 1, 4, tzinfo=dt.UTC),
    final_at=dt.datetime(2026, 11, 21, 19, 0, 40, tzinfo=dt.UTC),
    is_final=True,
    reason="first",
)
RECORDS = RecordPage([RECORD], "6mLJXQkZ0w2Cq8Yd5x2T")
