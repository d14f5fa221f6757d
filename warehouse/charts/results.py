"""How results are spread: how many trades won or lost how much."""

import math
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from warehouse.charts.canvas import LEGEND, LETTERS, WIDE, Canvas, drawing
from warehouse.charts.look import Look
from warehouse.charts.scales import Money, count_ticks
from warehouse.charts.thinning import Floats, numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEWEST, MOST_BARS = 12, 60
# Where the ends reach so much further than the middle 99 %, they are gathered in the last bars: else there were one bar.
FAR = 3.0


def results_chart(profits: pl.Series, look: Look) -> bytes:
    """A PNG of how many closed trades brought how much; `profits` are in minor units, null and NaN are left out.

    No bar reaches over zero: what was lost and what was won stand apart, and what came out even is a bar of its own.
    """
    values = numbers(profits)
    values = values[np.isfinite(values)]
    with drawing(look) as canvas:
        (axes,) = canvas.axes()
        if not len(values):
            canvas.say(axes, "Nothing was closed in this period.")
            return canvas.png()
        money = Money(values, look.currency)
        shown = money.of(values)
        low, high = _bounds(shown)
        width = _width(shown, low, high)
        _bars(canvas, axes, shown, (low, high), width)
        _mean_and_median(canvas, axes, values, money)
        count_ticks(axes.xaxis)
        count_ticks(axes.yaxis, whole=True)
        axes.axvline(0, color=look.palette.quiet, linewidth=0.9)
        axes.grid(visible=False, axis="x")
        beyond = int(((shown < low) | (shown > high)).sum())
        further = f"; the {beyond:,} that lie further out stand in the hatched bars" if beyond else ""
        canvas.name(axes, f"Result of a trade, {money.unit}{further}", "Trades")
        return canvas.png()


def _bounds(values: Floats) -> tuple[float, float]:
    """The stretch that is drawn: all, or the middle 99 % where some lie very far out."""
    low, high = float(values.min()), float(values.max())
    inner, outer = np.percentile(values, [0.5, 99.5])
    room = outer - inner
    if room <= 0:
        return low, high
    return (
        float(inner) if inner - low > FAR * room else low,
        float(outer) if high - outer > FAR * room else high,
    )


def _width(values: Floats, low: float, high: float) -> float:
    """How much a bar spans: a round number near the rule of Freedman and Diaconis, for 12 to 60 bars."""
    span = max(high, 0.0) - min(low, 0.0)
    if span <= 0:
        return 1.0
    quarter, three = np.percentile(values, [25, 75])
    wanted = float(2 * (three - quarter) / len(values) ** (1 / 3))
    raw = min(max(wanted, span / MOST_BARS), span / FEWEST)
    size = 10.0 ** math.floor(math.log10(raw))
    return next(step * size for step in (1, 2, 2.5, 5, 10) if step * size >= raw * 0.999)


def _bars(canvas: Canvas, axes: "Axes", values: Floats, bounds: tuple[float, float], width: float) -> None:
    palette, (low, high) = canvas.look.palette, bounds
    first, last = min(math.floor(low / width), 0), max(math.ceil(high / width), 0)
    if first == last:
        first, last = -1, 1
    edges = np.arange(first, last + 1) * width
    even = values == 0
    for sign, colour, end, stops in (
        (-1.0, palette.loss, low, -edges[edges <= 0][::-1]),
        (1.0, palette.gain, high, edges[edges >= 0]),
    ):
        sizes = sign * values[sign * values > 0]
        if not len(sizes):
            continue
        # A bar holds its end further from zero: a stake of 10 that was lost or doubled stands in the bar up to 10.
        counts = np.histogram(-np.minimum(sizes, abs(end)), -stops[::-1])[0][::-1]
        lefts = stops[:-1] if sign > 0 else -stops[1:]
        bars = axes.bar(lefts, counts, width, align="edge", color=colour, edgecolor=palette.paper, linewidth=1.0)
        if (sizes > abs(end)).any():
            bars[-1].set_hatch("///")
    if even.any():
        axes.bar(
            [0.0], [int(even.sum())], width * 0.3, color=palette.quiet, label=f"came out even: {even.sum():,}", zorder=3
        )
    axes.set_xlim(edges[0] - width / 2, edges[-1] + width / 2)


def _mean_and_median(canvas: Canvas, axes: "Axes", values: Floats, money: Money) -> None:
    palette = canvas.look.palette
    for name, value, style in (("mean", float(values.mean()), "-"), ("median", float(np.median(values)), (0, (3, 2)))):
        text = f"{name} {money.text(value, signed=True)}"
        axes.axvline(
            float(money.of(np.array([value]))[0]),
            color=palette.ink,
            linewidth=1.5,
            linestyle=style,
            label=text,
            zorder=4,
        )
    legend = axes.legend(
        **LEGEND, ncols=3 if canvas.look.width >= WIDE else 1, fontsize=LETTERS, labelcolor=palette.ink
    )
    for line in legend.get_texts():
        line.set_parse_math(False)
