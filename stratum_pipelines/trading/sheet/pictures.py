"""The charts of a tear sheet, light and dark, inside the page."""

import base64
from collections.abc import Callable, Iterator
from typing import Any, Literal

import polars as pl

from stratum_pipelines.trading.sheet.figures import TearSheet
from stratum_pipelines.trading.sheet.markup import Markup, element
from stratum_pipelines.trading.sheet.words import named, standing
from warehouse.charts import (
    ChartCache,
    Look,
    equity_chart,
    hours_chart,
    months_chart,
    results_chart,
    rolling_chart,
)

WIDTH = 990
Theme = Literal["light", "dark"]


def drawn(sheet: TearSheet, cache: ChartCache | None, theme: Theme) -> Iterator[tuple[str, str, bytes]]:
    """Name, what it shows in words, and PNG of every chart of the sheet in one theme."""
    note = f"{len(sheet.closed):,} closed trades, {standing(sheet.trades['source'].unique().to_list())[0].lower()}"
    closed = sheet.closed
    returns = sheet.rolling.filter(measure="total_return")

    def draw(
        name: str, chart: Callable[..., bytes], words: str, height: int, *frames: pl.DataFrame | pl.Series, **more: Any
    ) -> tuple[str, str, bytes]:
        # What it is called stands on the page above it.
        look = Look("", "", sheet.currency, sheet.choice.zone, theme, WIDTH, height)
        made = chart(*frames, look, **more) if cache is None else cache.drawn(chart, *frames, look=look, **more)
        return name, f"{words} of {note}", made

    moments = sheet.performance.moments.select("at", "balance", "drawdown", "flow")
    yield draw("equity", equity_chart, "Balance and drawdown", 410, moments)
    yield draw("months", months_chart, "Result by month of exit", 400, sheet.months, sheet.n_months)
    yield draw("results", results_chart, "Spread of the results", 300, closed["profit"])
    more = {"unit": "Return", "is_share": True}
    yield draw("rolling", rolling_chart, "Return over 30, 90 and 365 days", 300, returns, **more)
    yield draw("hours", hours_chart, "Result by weekday and hour of entry", 320, sheet.hours, sheet.n_hours)


def pictures(sheet: TearSheet, cache: ChartCache | None = None) -> dict[str, Markup]:
    """Every chart of the sheet by its name, as a picture that follows the reader's theme and is light on paper."""
    dark = {name: png for name, _, png in drawn(sheet, cache, "dark")}
    made = {}
    for name, words, png in drawn(sheet, cache, "light"):
        height = int.from_bytes(png[20:24], "big") * WIDTH // int.from_bytes(png[16:20], "big")
        image = element("img", src=_inside(png), alt=words, width=str(WIDTH), height=str(height))
        source = element("source", media="screen and (prefers-color-scheme: dark)", srcset=_inside(dark[name]))
        made[name] = element("picture", source, image)
    return made


def _inside(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def about(sheet: TearSheet) -> str:
    """Whose trades these are, for a title."""
    return named(sheet.trades["strategy"].to_list(), "no strategy")
