"""A share of what there was, day by day: returns or drawdown without any money."""

import numpy as np
import polars as pl

from warehouse.charts.canvas import drawing
from warehouse.charts.look import Look
from warehouse.charts.scales import clear, count_ticks, in_days, time_ticks
from warehouse.charts.thinning import microseconds, numbers, thinned


def returns_chart(days: pl.DataFrame, look: Look, *, name: str) -> bytes:
    """A PNG of one line in percent; `days` has `date` and `value`, a share, null where there is none. `name` stands on the axis."""
    with drawing(look) as canvas:
        (axes,) = canvas.axes()
        known = numbers(days["value"])
        if not np.isfinite(known).any():
            canvas.say(axes, "Nothing was closed in this period.")
            return canvas.png()
        at = microseconds(days["date"].cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))
        x, y = thinned(in_days(at), known, look.width * look.scale)
        axes.plot(x, y, color=look.palette.line, linewidth=1.6)
        axes.axhline(0, color=look.palette.quiet, linewidth=0.9)
        axes.set_ylim(*clear(np.append(known, 0.0), least=0.001))
        count_ticks(axes.yaxis, 100, " %")
        canvas.name(axes, up=name)
        # Days have no clock: they are shown as they are called, in no zone.
        time_ticks(axes, at, "UTC")
        return canvas.png()
