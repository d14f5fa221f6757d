"""What came of trades, as answers show it: curves of equity and drawdown, and figures. All of it is added up from trades."""

import datetime as dt
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from stratum_api.tiers import Open

BalanceFrom = Literal["asked", "equity_points", "usual"]


class Measured(msgspec.Struct, kw_only=True):
    """What an answer about trades is made of. Money is in minor units of `currency`."""

    as_of: Annotated[Open[dt.datetime], Meta(description="Nothing that ended or was recorded later is in it.")]
    since: Annotated[Open[dt.datetime | None], Meta(description="Trades that ended from then on; null: all.")]
    until: Annotated[Open[dt.datetime], Meta(description="Trades that ended up to then.")]
    sources: Annotated[Open[list[str]], Meta(description="Where its trades come from.", examples=[["paper"]])]
    n_trades: Annotated[Open[int], Meta(description="How many closed trades it is made of.", examples=[1826])]
    currency: Annotated[Open[str], Meta(description="By ISO 4217; empty without trades.", examples=["USD"])]
    starting_balance: Annotated[Open[int], Meta(description="Before the first of its trades.", examples=[1_000_000])]
    starting_balance_from: Annotated[
        Open[BalanceFrom],
        Meta(
            description="Named in the question, noted by the accounts, or the usual 1,000,000 because neither is known."
        ),
    ]


class CurvePoint(msgspec.Struct):
    """A moment at which something closed, or money came in or went out."""

    at: Open[dt.datetime]
    balance: Annotated[Open[int], Meta(description="Just after it.", examples=[1_013_250])]
    total_return: Annotated[
        Open[float | None],
        Meta(
            description="Since the beginning, a share; deposits do not count. Null once nothing was left.",
            examples=[0.01325],
        ),
    ]


class EquityCurve(Measured):
    """The balance over time. The first point is the moment before anything."""

    n_points: Annotated[
        Open[int], Meta(description="How many points the whole curve has; `points` holds fewer where it was thinned.")
    ]
    points: Open[list[CurvePoint]]


class DrawdownPoint(msgspec.Struct):
    """How far the balance lies below its highest, deposits left out."""

    at: Open[dt.datetime]
    drawdown: Annotated[Open[float | None], Meta(description="A share of the peak; 0 at a peak.", examples=[0.042])]


class Episode(msgspec.Struct):
    """One fall from a peak: until it was made good, or until now."""

    depth: Annotated[Open[float], Meta(description="A share of the peak.", examples=[0.112])]
    peak_at: Open[dt.datetime]
    trough_at: Open[dt.datetime]
    recovered_at: Annotated[Open[dt.datetime | None], Meta(description="Null while it is not made good.")]
    length_days: Annotated[
        Open[float], Meta(description="From the peak to the recovery, or to the end.", examples=[31.5])
    ]
    recovery_days: Annotated[
        Open[float | None], Meta(description="From the lowest point to the recovery.", examples=[12.25])
    ]


class DrawdownCurve(Measured):
    """Falls from a peak: how deep, how long, and how long until they were made good."""

    n_points: Annotated[Open[int], Meta(description="How many points the whole curve has.")]
    points: Open[list[DrawdownPoint]]
    n_episodes: Annotated[Open[int], Meta(description="How many falls there were.", examples=[17])]
    episodes: Annotated[Open[list[Episode]], Meta(description="The deepest, the deepest first.")]


class ShownMeasure(msgspec.Struct):
    """One figure, or why it has none."""

    measure: Annotated[Open[str], Meta(examples=["sharpe"])]
    window: Annotated[Open[str], Meta(description="How far back it reaches.", examples=["all"])]
    basis: Annotated[
        Open[str],
        Meta(description="What a year is made of, for figures a year; else empty.", examples=["calendar_days"]),
    ]
    value: Annotated[
        Open[int | float | None],
        Meta(description="Money is in whole minor units. Null has a reason.", examples=[1.21]),
    ]
    low: Annotated[Open[int | float | None], Meta(description="Lower end of its 95 % interval, where it has one.")]
    high: Annotated[Open[int | float | None], Meta(description="Upper end of it.")]
    n: Annotated[Open[int], Meta(description="Observations behind it: trades, or periods.", examples=[1826])]
    unit: Annotated[Open[str], Meta(examples=["ratio a year"])]
    reason: Annotated[Open[str], Meta(description="What it lacks, where it is null; else empty.", examples=[""])]
    definition: Annotated[Open[str], Meta(description="What it is, in a sentence.")]


class Figures(Measured):
    """Every figure of the trades, over each window that was asked for."""

    zone: Annotated[Open[str], Meta(description="Where days begin.", examples=["UTC"])]
    risk_free_rate: Annotated[Open[float], Meta(description="A share a year.", examples=[0.0])]
    measures: Open[list[ShownMeasure]]


NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
OF: dict[str, Any] = {
    "as_of": NOON,
    "since": None,
    "until": NOON,
    "sources": ["paper", "backtest"],
    "n_trades": 1826,
    "currency": "USD",
    "starting_balance": 1_000_000,
    "starting_balance_from": "equity_points",
}
BEGAN = NOON - dt.timedelta(days=1826)
LAST = CurvePoint(NOON - dt.timedelta(hours=3), 1_013_250, 0.01325)
EQUITY = EquityCurve(**OF, n_points=1827, points=[CurvePoint(BEGAN, 1_000_000, 0.0), LAST])
FALL = Episode(
    0.112, BEGAN + dt.timedelta(days=400), BEGAN + dt.timedelta(days=419), BEGAN + dt.timedelta(days=431), 31.0, 12.0
)
DRAWDOWN = DrawdownCurve(
    **OF,
    n_points=1827,
    points=[DrawdownPoint(BEGAN, 0.0), DrawdownPoint(LAST.at, 0.042)],
    n_episodes=17,
    episodes=[FALL],
)
SHARPE = ShownMeasure(
    "sharpe",
    "all",
    "calendar_days",
    1.21,
    None,
    None,
    1826,
    "ratio a year",
    "",
    "Mean of returns less the risk-free return, over their standard deviation (n - 1), x root of the periods a year.",
)
FIGURES = Figures(**OF, zone="UTC", risk_free_rate=0.0, measures=[SHARPE])
