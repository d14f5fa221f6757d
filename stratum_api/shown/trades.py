"""Trades as answers show them, and what came of groups of them: buckets, heatmaps, attribution."""

import datetime as dt
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from stratum_api.pages import Page
from stratum_api.tiers import Full, Open, Shown
from warehouse.tables import Table, Trades


class ShownTrade(Shown):
    """One trade that is over. What tells prices, stakes or the signal behind it is for plans that see those."""

    clock: ClassVar[str] = "recorded_at"
    origin: ClassVar[str] = "source"
    table: ClassVar[type[Table] | None] = Trades

    trade_id: Open[str]
    source: Open[str]
    account: Full[str]
    strategy: Open[str]
    strategy_version: Open[str]
    symbol: Open[str]
    timeframe: Open[str]
    trade_type: Open[str]
    direction: Full[str]
    volume: Full[float]
    stake: Full[int]
    entry_price: Full[float]
    exit_price: Full[float]
    take_profit: Full[float]
    stop_loss: Full[float]
    entry_at: Open[dt.datetime]
    exit_at: Open[dt.datetime]
    duration_hours: Open[float | None]
    profit: Full[int]
    currency: Open[str]
    pips: Full[float]
    risk_reward_ratio: Full[float]
    percent_equity_return: Full[float]
    fees: Full[int]
    exit_reason: Open[str | None]
    status: Open[str]
    signal_id: Full[str]
    event_id: Full[str]
    market: Full[str]
    outcome: Full[str]
    point: Full[float]
    bookmaker: Full[str]
    commence_at: Full[dt.datetime]
    recorded_at: Open[dt.datetime]


class TradePage(Page[ShownTrade]):
    """Trades, the newest entry first, and where the next begin."""


class Group(msgspec.Struct):
    """What came of some trades. An empty group has n = 0 and zeros, and a win rate anywhere from 0 to 1."""

    n: Annotated[Open[int], Meta(examples=[412])]
    n_won: Annotated[Open[int], Meta(examples=[221])]
    n_lost: Annotated[Open[int], Meta(examples=[187])]
    profit: Annotated[Open[int], Meta(description="In minor units.", examples=[31_250])]
    stake: Annotated[Open[int], Meta(description="In minor units; bets alone have one.", examples=[4_120_000])]
    mean_profit: Annotated[Open[int], Meta(description="In whole minor units.", examples=[76])]
    win_rate: Annotated[Open[float], Meta(description="Won over won and lost; ties are neither.", examples=[0.5417])]
    win_low: Annotated[Open[float], Meta(description="Lower end of its 95 % Wilson interval.", examples=[0.4932])]
    win_high: Annotated[Open[float], Meta(description="Upper end of it.", examples=[0.5894])]


class Bucket(Group):
    """What came of the trades of one bucket."""

    bucket: Annotated[
        Open[str], Meta(description="Its name, as in 09, monday, london or 1-3h.", examples=["saturday"])
    ] = ""


class HeatmapRow(msgspec.Struct):
    """One row of a heatmap."""

    bucket: Annotated[Open[str], Meta(examples=["saturday"])]
    values: Annotated[Open[list[int]], Meta(description="One per column; 0 where nothing fell.")]


class Heatmap(msgspec.Struct):
    """One kind of bucket across another."""

    across: Annotated[Open[str], Meta(examples=["hour"])]
    value: Annotated[
        Open[str], Meta(description="What its numbers are: n, profit or mean_profit.", examples=["profit"])
    ]
    columns: Annotated[Open[list[str]], Meta(examples=[["00", "01"]])]
    rows: Open[list[HeatmapRow]]


class Buckets(msgspec.Struct):
    """Trades sorted into buckets, every one of which is there. Money is in minor units of `currency`."""

    as_of: Annotated[Open[dt.datetime], Meta(description="Nothing that ended or was recorded later is in it.")]
    sources: Annotated[Open[list[str]], Meta(description="Where its trades come from.", examples=[["paper"]])]
    currency: Annotated[Open[str], Meta(description="By ISO 4217; empty without trades.", examples=["USD"])]
    zone: Annotated[Open[str], Meta(examples=["America/New_York"])]
    kind: Annotated[Open[str], Meta(description="The kind of buckets.", examples=["weekday"])]
    moment: Annotated[Open[str], Meta(description="The moment that decides: entry or exit.", examples=["entry"])]
    buckets: Open[list[Bucket]]
    heatmap: Annotated[Open[Heatmap | None], Meta(description="Null where none was asked for.")]


class Attributed(Group):
    """What came of the trades of one source on one type of signal."""

    source: Annotated[Open[str], Meta(examples=["paper"])] = ""
    signal_type: Annotated[
        Open[str],
        Meta(description="Empty for trades on no signal, or on one that is not known here.", examples=["STEAM"]),
    ] = ""
    yield_on_stake: Annotated[
        Open[float | None], Meta(description="Profit over stake; null where nothing was staked.", examples=[0.0076])
    ] = None


class Attribution(msgspec.Struct):
    """Who earned what: by source and type of signal. Money is in minor units of `currency`."""

    as_of: Annotated[Open[dt.datetime], Meta(description="Nothing that ended or was recorded later is in it.")]
    sources: Annotated[Open[list[str]], Meta(description="Where its trades come from.", examples=[["paper"]])]
    currency: Annotated[Open[str], Meta(description="By ISO 4217; empty without trades.", examples=["USD"])]
    groups: Annotated[Open[list[Attributed]], Meta(description="By source, then by type of signal.")]


NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
TRADE = ShownTrade(
    trade_id="3f1c9a7be2d84c05a6b1d9e8f7a6c5b4",
    source="paper",
    account="paper",
    strategy="steam_follow",
    strategy_version="2",
    symbol="americanfootball_nfl",
    timeframe="",
    trade_type="bet",
    direction="back",
    volume=None,
    stake=1000,
    entry_price=1.91,
    exit_price=None,
    take_profit=None,
    stop_loss=None,
    entry_at=NOON - dt.timedelta(hours=5),
    exit_at=NOON,
    duration_hours=5.0,
    profit=910,
    currency="USD",
    pips=None,
    risk_reward_ratio=0.91,
    percent_equity_return=0.091,
    fees=0,
    exit_reason="win",
    status="closed",
    signal_id="0bb4a1a78e86a37dfe4a57d6bff14d7c",
    event_id="0d6f17fa60bfac6750a4d67573376da3",
    market="spreads",
    outcome="Kansas City Chiefs",
    point=-3.0,
    bookmaker="draftkings",
    commence_at=NOON,
    recorded_at=NOON + dt.timedelta(hours=4),
)
TRADES = TradePage([TRADE], "6mLJXQkZ0w2Cq8Yd5x2T")
GROUP = {
    "n": 412, "n_won": 221, "n_lost": 187, "profit": 31_250, "stake": 4_120_000, "mean_profit": 76, "win_rate": 0.5417,
    "win_low": 0.4932, "win_high": 0.5894,
}  # fmt: skip
BUCKETS = Buckets(
    as_of=NOON,
    sources=["paper"],
    currency="USD",
    zone="America/New_York",
    kind="weekday",
    moment="entry",
    buckets=[Bucket(**GROUP, bucket="saturday")],  # type: ignore[arg-type]
    heatmap=Heatmap("hour", "profit", ["00", "01"], [HeatmapRow("saturday", [0, 1250])]),
)
ATTRIBUTION = Attribution(
    NOON,
    ["paper"],
    "USD",
    [Attributed(**GROUP, source="paper", signal_type="STEAM", yield_on_stake=0.0076)],  # type: ignore[arg-type]
)
