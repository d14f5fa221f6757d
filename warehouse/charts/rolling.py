"""One figure over the last 30, 90 and 365 days, day by day."""

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from warehouse.charts.canvas import LEGEND, LETTERS, WIDE, Canvas, drawing
from warehouse.charts.look import Look
from warehouse.charts.scales import clear, count_ticks, in_days, time_ticks
from warehouse.charts.thinning import Floats, microseconds, numbers, thinned

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STYLES = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)))
LINES = (1.6, 1.6, 2.0)


def rolling_chart(rows: pl.DataFrame, look: Look, *, unit: str, is_share: bool) -> bytes:
    """A PNG of one figure over windows of days, a line for each.

    `rows` are those of one measure of `rolling_measures`: date, window_days and value, which is null where the figure does not
    exist; there the line has a gap. `unit` stands on the axis; `is_share` shows it in percent.
    """
    with drawing(look) as canvas:
        (axes,) = canvas.axes()
        if rows.is_empty():
            canvas.say(axes, "No window of days is full yet.")
            return canvas.png()
        windows = sorted(rows["window_days"].unique())
        for place, window in enumerate(windows):
            mine = rows.filter(pl.col("window_days") == window).sort("date")
            _line(canvas, axes, mine, place % len(STYLES), f"last {window} days")
        axes.axhline(0, color=look.palette.quiet, linewidth=0.9)
        known = numbers(rows["value"])
        if not np.isfinite(known).any():
            canvas.say(axes, "The figure is undefined on every day.")
            return canvas.png()
        axes.set_ylim(*clear(np.append(known, 0.0), least=0.001))
        count_ticks(axes.yaxis, *((100, " %") if is_share else ()))
        canvas.name(axes, up=unit)
        # Days have no clock: they are shown as they are called, in no zone.
        time_ticks(axes, _days(rows["date"].sort()), "UTC")
        axes.legend(**LEGEND, ncols=3 if look.width >= WIDE else 1, fontsize=LETTERS, labelcolor=look.palette.ink)
        return canvas.png()


def _line(canvas: Canvas, axes: "Axes", mine: pl.DataFrame, place: int, label: str) -> None:
    palette = canvas.look.palette
    x, y = thinned(in_days(_days(mine["date"])), numbers(mine["value"]), canvas.look.width * canvas.look.scale)
    colour = palette.lines[place]
    axes.plot(x, y, color=colour, linestyle=STYLES[place], linewidth=LINES[place], label=label)
    alone = _alone(y)
    axes.plot(x[alone], y[alone], "o", color=colour, markersize=4)


def _alone(y: Floats) -> np.ndarray:
    """Which points have no neighbour to draw a line to."""
    known = np.isfinite(y)
    before, after = np.append(False, known[:-1]), np.append(known[1:], False)
    return known & ~before & ~after


def _days(dates: pl.Series) -> np.ndarray:
    midnight = dates.cast(pl.Datetime("us")).dt.replace_time_zone(str(dt.UTC))
    return microseconds(midnight)
