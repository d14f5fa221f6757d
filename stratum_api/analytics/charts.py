"""Charts of trades: the frames that each kind is drawn from, and the picture."""

from typing import Literal

from stratum_api.analytics.asked import Asked
from stratum_api.analytics.chosen import Chosen, choose
from stratum_api.analytics.figures import measured
from stratum_api.analytics.trade_book import TradesNow
from stratum_pipelines.quant.buckets import heatmap
from stratum_pipelines.quant.performance import DEFINITIONS, WINDOWS, calendar_days, rolling_measures
from warehouse.charts import (
    ChartCache,
    Look,
    drawdown_chart,
    equity_chart,
    hours_chart,
    months_chart,
    results_chart,
    rolling_chart,
)

Kind = Literal["equity", "drawdown", "months", "hours", "results", "rolling"]
TITLES: dict[Kind, str] = {
    "equity": "Equity",
    "drawdown": "Drawdown",
    "months": "Results by month",
    "hours": "Results by hour",
    "results": "Spread of results",
    "rolling": "Last 30, 90 and 365 days",
}


def chart_of(
    now: TradesNow, asked: Asked, kind: Kind, measure: str, theme: Literal["light", "dark"], size: tuple[int, int, int],
    cache: ChartCache,
) -> bytes:  # fmt: skip
    """A PNG of the trades of a question; `size` is width, height and scale. What was drawn before is in the cache."""
    chosen = choose(now, asked)
    named = [one for one in (asked.strategy, asked.symbol) if one]
    width, height, scale = size
    title = TITLES[kind] if kind != "rolling" else f"{measure.replace('_', ' ').capitalize()}, {TITLES[kind].lower()}"
    look = Look(
        title=", ".join([title, *named]),
        note=f"{chosen.n:,} trades, {' and '.join(asked.sources)}",
        currency=chosen.currency or "USD",
        zone=asked.zone,
        theme=theme,
        width=width,
        height=height,
        scale=scale,
    )
    return _drawn(chosen, asked, kind, measure, look, cache)


def _drawn(chosen: Chosen, asked: Asked, kind: Kind, measure: str, look: Look, cache: ChartCache) -> bytes:
    if kind in ("equity", "drawdown"):
        moments = measured(chosen, asked).moments.select("at", "balance", "flow", "drawdown")
        return cache.drawn(equity_chart if kind == "equity" else drawdown_chart, moments, look=look)
    if kind == "results":
        return cache.drawn(results_chart, chosen.trades.select("profit").collect().to_series(), look=look)
    if kind == "rolling":
        days = measured(chosen, asked).days
        rows = rolling_measures(days, calendar_days(asked.risk_free_rate), WINDOWS, (measure,))
        is_share = DEFINITIONS[measure][0].startswith("share")
        return cache.drawn(
            rolling_chart,
            rows.select("date", "window_days", "value"),
            look=look,
            unit=DEFINITIONS[measure][0],
            is_share=is_share,
        )
    rows_by, columns_by, moment = (
        ("year", "month_of_year", "exit_at") if kind == "months" else ("weekday", "hour", "entry_at")
    )
    profits, counts = (
        heatmap(chosen.trades, rows_by, columns_by, value=value, zone=asked.zone, moment=moment)
        for value in ("profit", "n")
    )
    return cache.drawn(months_chart if kind == "months" else hours_chart, profits, counts, look=look)


def size_fits(width: int, height: int, scale: int) -> bool:
    """Whether a picture of that size is drawn at all."""
    try:
        Look(title="", width=width, height=height, scale=scale)
    except ValueError:
        return False
    return True


__all__ = ["Kind", "chart_of", "size_fits"]
