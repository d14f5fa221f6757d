"""What came of trades: curves of equity and drawdown, every figure, buckets, and who earned it."""

from typing import Annotated, Literal

import msgspec
from litestar import Controller
from litestar.params import QueryParameter

from stratum_api.access import Access
from stratum_api.analytics.curves import drawdown_of, equity_of
from stratum_api.analytics.figures import figures_of
from stratum_api.analytics.groups import attribution_of, buckets_of
from stratum_api.controllers.trade_filters import TRADE_FILTERS, Asking
from stratum_api.routes import Serving
from stratum_api.scopes import INTEL_READ
from stratum_api.showing import Seeing, shows
from stratum_api.shown.performance import DRAWDOWN, EQUITY, FIGURES, DrawdownCurve, EquityCurve, Figures
from stratum_api.shown.trades import ATTRIBUTION, BUCKETS, Attribution, Buckets

ANALYTICS = Access(INTEL_READ, feature="analytics", is_billable=True)

Points = Annotated[
    int,
    QueryParameter(
        ge=10,
        le=2000,
        description="How many points at most. Ends are kept, and of every stretch its lowest and highest.",
    ),
]
Windows = Annotated[
    list[Literal["30d", "90d", "365d", "all"]] | None,
    QueryParameter(name="window", max_items=4, description="How far back; several may be named. All by default."),
]
Bases = Annotated[
    list[Literal["trading_days", "calendar_days", "betting_days"]] | None,
    QueryParameter(
        name="basis",
        max_items=3,
        description="What a year is made of, for figures a year. All three by default, side by side.",
    ),
]


Kind = Literal["hour", "weekday", "month_of_year", "month", "year", "session", "time_to_start"]


class AnalyticsController(Controller):
    """What came of trades."""

    path = "/api/v1/analytics"
    tags = ("analytics",)
    dependencies = TRADE_FILTERS

    @shows("/equity", "getEquity", example=EQUITY, access=ANALYTICS)
    async def equity(self, service: Serving, sight: Seeing, asked: Asking, points: Points = 500) -> EquityCurve:
        """The balance over time, in minor units: before anything, and after each moment at which something closed."""
        found = await service.analyses.get(equity_of, asked, points)
        return msgspec.structs.replace(found, as_of=asked.as_of, until=asked.until)

    @shows("/drawdown", "getDrawdown", example=DRAWDOWN, access=ANALYTICS)
    async def drawdown(
        self,
        service: Serving,
        sight: Seeing,
        asked: Asking,
        points: Points = 500,
        episodes: Annotated[int, QueryParameter(ge=0, le=100, description="How many of the deepest falls.")] = 10,
    ) -> DrawdownCurve:
        """How far the balance lay below its highest, and the deepest falls: depth, length, recovery."""
        found = await service.analyses.get(drawdown_of, asked, points, episodes)
        return msgspec.structs.replace(found, as_of=asked.as_of, until=asked.until)

    @shows("/metrics", "getPerformance", example=FIGURES, access=ANALYTICS)
    async def metrics(
        self, service: Serving, sight: Seeing, asked: Asking, windows: Windows = None, bases: Bases = None
    ) -> Figures:
        """Every figure with its interval, the number behind it and its definition; one that has no value says why.

        A window of 30 days are the trades that ended within the last 30 days.
        """
        named = tuple(dict.fromkeys(windows or ["all"]))
        found = await service.analyses.get(figures_of, asked, named, tuple(dict.fromkeys(bases or ())))
        return msgspec.structs.replace(found, as_of=asked.as_of, until=asked.until)

    @shows("/buckets", "getBuckets", example=BUCKETS, access=ANALYTICS)
    async def buckets(
        self,
        service: Serving,
        sight: Seeing,
        asked: Asking,
        kind: Annotated[Kind, QueryParameter(name="type", description="What trades are sorted by.")],
        by: Annotated[
            Literal["entry", "exit"], QueryParameter(name="moment", description="The moment that decides.")
        ] = "entry",
        heatmap: Annotated[
            Kind | None,
            QueryParameter(description="Another kind, laid across the first: weekday by hour, year by month_of_year."),
        ] = None,
        value: Annotated[
            Literal["n", "profit", "mean_profit"], QueryParameter(description="What the heatmap shows.")
        ] = "profit",
    ) -> Buckets:
        """What came of trades by hour, weekday, month, session or time to the start, on the clocks of the zone.

        Every bucket is there; an empty one has n = 0 and zeros.
        """
        found = await service.analyses.get(buckets_of, asked, kind, by, heatmap, value)
        return msgspec.structs.replace(found, as_of=asked.as_of)

    @shows("/attribution", "getAttribution", example=ATTRIBUTION, access=ANALYTICS)
    async def attribution(self, service: Serving, sight: Seeing, asked: Asking) -> Attribution:
        """Who earned what: bot, manual, paper and backtest, by the type of signal their trades followed."""
        found = await service.analyses.get(attribution_of, asked)
        return msgspec.structs.replace(found, as_of=asked.as_of)
