"""Charts of trades as pictures."""

import hashlib
from typing import Annotated, Literal

from litestar import Controller, Request, Response
from litestar.openapi import ResponseSpec
from litestar.params import QueryParameter

from stratum_api.analytics.charts import Kind, chart_of, size_fits
from stratum_api.controllers.analytics import ANALYTICS
from stratum_api.controllers.trade_filters import TRADE_FILTERS, Asking
from stratum_api.routes import Serving, reads
from stratum_api.showing import Seeing
from stratum_api.shown.performance import EquityCurve
from stratum_api.tiers import veil_of
from stratum_api.tiers.sight import invalid
from warehouse.charts import MOST_PIXELS

PNG = "image/png"
# For whoever asked, never for somebody else.
KEPT = "private, max-age=60"
UNCHANGED = ResponseSpec(
    None, generate_examples=False, description="The picture is the one that `If-None-Match` names."
)

Measure = Literal["total_return", "volatility", "sharpe", "sortino", "max_drawdown", "calmar"]


class ChartController(Controller):
    """Charts of trades."""

    path = "/api/v1/analytics"
    tags = ("analytics",)
    dependencies = TRADE_FILTERS

    # A picture says no more than what the curves say, which hide nothing; the spread of single results is asked for below.
    @reads("/chart.png", "getChart", ANALYTICS, media_type=PNG, veil=veil_of(EquityCurve), responses={304: UNCHANGED})
    async def chart(
        self,
        request: Request,
        service: Serving,
        sight: Seeing,
        asked: Asking,
        kind: Annotated[Kind, QueryParameter(description="What is drawn.")] = "equity",
        measure: Annotated[Measure, QueryParameter(description="The figure of a rolling chart.")] = "sharpe",
        theme: Annotated[Literal["light", "dark"], QueryParameter(description="Its colours.")] = "light",
        width: Annotated[int, QueryParameter(ge=320, le=2400, description="Pixels of a page.")] = 960,
        height: Annotated[int, QueryParameter(ge=200, le=1600, description="Pixels of a page.")] = 420,
        scale: Annotated[
            int,
            QueryParameter(
                ge=1, le=3, description="Pixels of the picture for each of the page: 2 is sharp on most screens."
            ),
        ] = 2,
    ) -> Response[bytes]:
        """A PNG of equity, drawdown, results by month or by hour, the spread of results, or a rolling figure.

        It comes with an `ETag`: sent back as `If-None-Match`, it is answered with 304 while the picture is the same.
        """
        if kind == "results":
            sight.require_full("kind", kind)  # single results would tell prices
        if not size_fits(width, height, scale):
            raise invalid("width", f"x height x scale x scale is more than {MOST_PIXELS:,} pixels")
        size = (width, height, scale)
        picture = await service.charts.get(chart_of, asked, kind, measure, theme, size, service.chart_cache)
        tag = f'"{hashlib.sha256(picture).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": KEPT, "Vary": "Authorization, X-API-Key"}
        if tag in _tags(request.headers.get("if-none-match", "")):
            return Response(b"", status_code=304, headers=headers, media_type=PNG)
        return Response(picture, media_type=PNG, headers=headers)


def _tags(header: str) -> list[str]:
    """The tags a caller has, weak ones as if they were strong: they say the same of a picture."""
    return [one.strip().removeprefix("W/") for one in header.split(",")]
