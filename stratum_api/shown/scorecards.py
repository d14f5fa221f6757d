"""Scorecards as answers show them, and the few figures that everybody sees."""

import datetime as dt
from typing import Annotated, ClassVar

import msgspec

from stratum_api.pages import Page
from stratum_api.tiers import TIMELESS, Open, Shown
from warehouse.tables import Scorecards, Table


class ShownCard(Shown):
    """One scorecard: how a cut of signals compares with the close. An empty name stands for all."""

    clock: ClassVar[str] = TIMELESS
    table: ClassVar[type[Table] | None] = Scorecards

    signal_type: Open[str]
    sport_key: Open[str]
    market: Open[str]
    time_bucket: Open[str]
    window: Open[str]
    as_of: Open[dt.datetime]
    n: Open[int]
    n_events: Open[int]
    n_ties: Open[int]
    n_beat: Open[int]
    beat_rate: Open[float | None]
    beat_low: Open[float | None]
    beat_high: Open[float | None]
    beat_rate_se: Open[float | None]
    beat_low_by_game: Open[float | None]
    beat_high_by_game: Open[float | None]
    n_beat_fair: Open[int | None]
    beat_fair_rate: Open[float | None]
    beat_fair_low: Open[float | None]
    beat_fair_high: Open[float | None]
    clv_points_mean: Open[float | None]
    clv_prob_mean: Open[float | None]
    clv_prob_se: Open[float | None]
    p_value_s: Open[float | None]
    p_value_a: Open[float | None]
    p_value_b: Open[float | None]
    tier: Open[str]
    tier_naive: Open[str]
    is_ready: Open[bool]
    readiness: Open[float | None]


class CardPage(Page[ShownCard]):
    """Scorecards by their names, and where the next begin."""


class TeaserFigure(msgspec.Struct):
    """How often signals beat the close, over a window."""

    signal_type: Annotated[Open[str], msgspec.Meta(description="Empty for all.", examples=["STEAM"])]
    window: Annotated[Open[str], msgspec.Meta(description="How far back closes are counted.", examples=["30d"])]
    n: Annotated[Open[int], msgspec.Meta(description="Signals with an entry and a close.", examples=[412])]
    n_events: Annotated[Open[int], msgspec.Meta(description="Games behind them.", examples=[57])]
    beat_rate: Annotated[Open[float | None], msgspec.Meta(examples=[0.59])]
    beat_low: Annotated[
        Open[float | None], msgspec.Meta(description="Lower end of its 95 % Wilson interval.", examples=[0.541])
    ]
    beat_high: Annotated[Open[float | None], msgspec.Meta(description="Upper end of it.", examples=[0.637])]
    clv_prob_mean: Annotated[Open[float | None], msgspec.Meta(examples=[0.0123])]
    clv_prob_se: Annotated[
        Open[float | None], msgspec.Meta(description="Its standard error, clustered by game.", examples=[0.0041])
    ]


class Teaser(msgspec.Struct):
    """What everybody may know of how signals compare with the close."""

    as_of: Annotated[
        Open[dt.datetime | None],
        msgspec.Meta(description="The end of the last whole day that was counted; null before there is one."),
    ]
    figures: Annotated[
        Open[list[TeaserFigure]],
        msgspec.Meta(description="All signals over each window, and each type that enough signals stand behind."),
    ]


MIDNIGHT = dt.datetime(2026, 11, 20, 23, 59, 59, 999999, dt.UTC)
CARD = ShownCard(
    signal_type="STEAM",
    sport_key="basketball_nba",
    market="",
    time_bucket="",
    window="90d",
    as_of=MIDNIGHT,
    n=412,
    n_events=57,
    n_ties=12,
    n_beat=236,
    beat_rate=0.59,
    beat_low=0.541,
    beat_high=0.637,
    beat_rate_se=0.041,
    beat_low_by_game=0.503,
    beat_high_by_game=0.672,
    n_beat_fair=247,
    beat_fair_rate=0.6,
    beat_fair_low=0.552,
    beat_fair_high=0.646,
    clv_points_mean=0.31,
    clv_prob_mean=0.0123,
    clv_prob_se=0.0041,
    p_value_s=0.61,
    p_value_a=0.034,
    p_value_b=0.011,
    tier="A",
    tier_naive="A",
    is_ready=True,
    readiness=1.0,
)
CARDS = CardPage([CARD], None)
TEASER = Teaser(MIDNIGHT, [TeaserFigure("", "30d", 412, 57, 0.59, 0.541, 0.637, 0.0123, 0.0041)])
