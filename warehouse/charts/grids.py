"""When it was won and lost: months of years, and hours of weekdays."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from warehouse.charts.canvas import DOTS, LETTERS, Canvas, drawing
from warehouse.charts.look import LEAST_HEIGHT, Look
from warehouse.charts.scales import short_text
from warehouse.charts.thinning import Floats
from warehouse.currencies import minor_digits

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

# More years than that are not told apart; the newest are shown.
MOST_ROWS = 40
SMALLEST = 5.0  # points: letters below that are not read
ROOM, HIGHEST, TICK = 140, 56, 26  # pixels of a page: around the cells, the height of a cell, the width of a tick


def months_chart(profits: pl.DataFrame, counts: pl.DataFrame, look: Look) -> bytes:
    """A PNG of years by months, with the sum of each year at its end.

    `profits` (minor units) and `counts` have a row per year (`bucket`) and a column per month, as `quant.buckets.heatmap` makes them
    with `value="profit"` and `value="n"`. A month in which nothing closed is empty: that is not the same as a result of 0.
    """
    wide = profits.tail(MOST_ROWS)
    # A few years in a high picture would be pillars.
    look = replace(look, height=max(min(look.height, ROOM + HIGHEST * max(wide.height, 1)), LEAST_HEIGHT))
    return _grid(
        wide,
        counts.tail(MOST_ROWS),
        look,
        letters=3,
        digits=3,
        unit="Months",
        with_sums=True,
        is_cut=profits.height > MOST_ROWS,
    )


def hours_chart(profits: pl.DataFrame, counts: pl.DataFrame, look: Look) -> bytes:
    """A PNG of weekdays by hours of the day; the frames as for `months_chart`, a row per weekday and a column per hour."""
    return _grid(profits, counts, look, letters=3, digits=2, unit="Hours of the day", with_sums=False, is_cut=False)


def _grid(
    profits: pl.DataFrame,
    counts: pl.DataFrame,
    look: Look,
    *,
    letters: int,
    digits: int,
    unit: str,
    with_sums: bool,
    is_cut: bool,
) -> bytes:
    names = [name for name in profits.columns if name != "bucket"]
    cells = profits.select(names).cast(pl.Float64).to_numpy() / 10 ** minor_digits(look.currency)
    many = counts.select(names).fill_null(0).to_numpy()
    cells = np.where((many > 0) & np.isfinite(cells), cells, np.nan)
    with drawing(look) as canvas:
        (axes,) = canvas.axes()
        if not np.isfinite(cells).any():
            canvas.say(axes, "Nothing was closed in this period.")
            return canvas.png()
        rows = [_short(name, letters) for name in profits["bucket"]]
        columns = [_short(name, letters) for name in names]
        _paint(canvas, axes, cells)
        _write(canvas, axes, cells, digits)
        if with_sums:
            _sums(canvas, axes, cells)
            columns.append("Year")
        step = math.ceil(len(columns) * TICK / (look.width - ROOM))
        axes.set_xticks(np.arange(len(columns))[::step] + 0.5, columns[::step])
        axes.set_yticks(np.arange(len(rows)) + 0.5, rows)
        axes.set_xlim(0, len(columns))
        axes.set_ylim(len(rows), 0)
        axes.xaxis.tick_top()
        axes.grid(visible=False)
        for spine in axes.spines.values():
            spine.set_visible(False)
        newest = f"The newest {MOST_ROWS} years of more. " if is_cut else ""
        axes.xaxis.set_label_position("bottom")
        canvas.name(axes, across=f"{newest}{unit} on the clocks of {look.zone}")
        return canvas.png()


def _short(name: str, letters: int) -> str:
    return name[:letters].capitalize() if name.isalpha() else name


def _colours(canvas: Canvas) -> "Colormap":
    from matplotlib.colors import LinearSegmentedColormap

    palette = canvas.look.palette
    return LinearSegmentedColormap.from_list("result", [palette.loss, palette.neutral, palette.gain])


def _paint(canvas: Canvas, axes: "Axes", cells: Floats) -> None:
    """Every cell in the colour of its result; as far below zero is as strong as so far above."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    largest = float(np.nanmax(np.abs(cells))) or 1.0
    norm = Normalize(-largest, largest)
    scale = ScalarMappable(norm, _colours(canvas))
    down, across = cells.shape
    palette = canvas.look.palette
    gap: dict[str, Any] = {"edgecolors": palette.paper, "linewidth": 2.0}
    edges = (np.arange(across + 1), np.arange(down + 1))
    axes.pcolormesh(*edges, np.ma.masked_invalid(cells), norm=norm, cmap=scale.cmap, **gap)
    bar = canvas.figure.colorbar(scale, ax=axes, pad=0.01, fraction=0.035, aspect=24)
    bar.outline.set_visible(False)
    ends = [-largest, 0.0, largest]
    bar.set_ticks(ends, labels=[short_text(end) for end in ends])
    bar.ax.tick_params(labelsize=LETTERS, colors=palette.quiet, length=0)
    bar.set_label(f"Result, {canvas.look.currency}", fontsize=LETTERS, color=palette.quiet, parse_math=False)


def _write(canvas: Canvas, axes: "Axes", cells: Floats, digits: int) -> None:
    """The number in every cell, a point where nothing closed; no numbers where they could not be read."""
    palette, largest = canvas.look.palette, float(np.nanmax(np.abs(cells))) or 1.0
    texts = {place: short_text(value, digits) for place, value in np.ndenumerate(cells) if not math.isnan(value)}
    size = _letters(canvas, cells.shape, max(map(len, texts.values())))
    colours = _colours(canvas)
    for (row, column), value in np.ndenumerate(cells):
        middle: dict[str, Any] = {"x": column + 0.5, "y": row + 0.5, "ha": "center", "va": "center"}
        if math.isnan(value):
            axes.text(s="·", color=palette.quiet, fontsize=LETTERS, **middle)
        elif size >= SMALLEST:
            ink = _on(colours(0.5 + value / largest / 2))
            axes.text(s=texts[row, column], color=ink, fontsize=size, parse_math=False, **middle)


def _letters(canvas: Canvas, shape: tuple[int, ...], longest: int) -> float:
    """The size of letters, in points, in which so many of them fit into a cell."""
    down, across = shape
    wide = (canvas.look.width - ROOM) / (across + 1) / DOTS * 72
    high = (canvas.look.height - ROOM + 40) / down / DOTS * 72
    return min(LETTERS + 1, wide * 0.92 / (0.64 * longest), high / 1.3)


def _on(colour: tuple[float, ...]) -> str:
    """Dark letters on light ground, light ones on dark: by relative luminance (WCAG 2)."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3])
    return "#10161c" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.19 else "#ffffff"


def _sums(canvas: Canvas, axes: "Axes", cells: Floats) -> None:
    """The sum of every row, at its end."""
    across = cells.shape[1]
    texts = [short_text(float(np.nansum(values))) if np.isfinite(values).any() else "·" for values in cells]
    size = _letters(canvas, cells.shape, max(map(len, texts)))
    for row, text in enumerate(texts):
        place: dict[str, Any] = {
            "ha": "center",
            "va": "center",
            "fontsize": size,
            "fontweight": "bold",
            "parse_math": False,
        }
        axes.text(across + 0.5, row + 0.5, text, color=canvas.look.palette.ink, **place)
