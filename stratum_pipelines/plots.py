"""Pictures of a day, as PNG bytes: how a game's line moved, and how prices taken compare with the close.

Drawing only: which rows are drawn is decided by the caller. Matplotlib is loaded on first use.
"""

import base64
import io
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, QUIET, LIGHT = "#17324d", "#c9d1d9", "#eef1f4"
SIZE = (6.4, 2.8)
# Small on purpose: pictures live in Dagster's event log.
DOTS_PER_INCH = 80
COLOURS = 16


def line_movement(quotes: pl.DataFrame, consensus: pl.DataFrame, title: str, unit: str) -> bytes:
    """A PNG of one outcome's line: every book as a thin step, the consensus as a thick one.

    `quotes` has bookmaker, received_at and value, `consensus` has as_of and value; values that are null end a step.
    """
    figure, axes = _canvas(title)
    for _, book in quotes.sort("received_at").group_by("bookmaker", maintain_order=True):
        axes.step(book["received_at"].to_list(), _floats(book["value"]), where="post", color=QUIET, linewidth=0.8)
    ordered = consensus.sort("as_of")
    axes.step(ordered["as_of"].to_list(), _floats(ordered["value"]), where="post", color=INK, linewidth=1.8)
    axes.set_ylabel(unit)
    figure.autofmt_xdate(rotation=0, ha="center")
    return _png(figure)


def regime_path(path: pl.DataFrame, title: str) -> bytes:
    """A PNG of how likely a market was unstable, step by step; `path` has as_of and unstable, from 0 to 1."""
    figure, axes = _canvas(title)
    ordered = path.sort("as_of")
    moments, unstable = ordered["as_of"].to_list(), _floats(ordered["unstable"])
    axes.fill_between(moments, unstable, step="post", color=QUIET)
    axes.step(moments, unstable, where="post", color=INK, linewidth=1.2, marker=".", markersize=3)
    axes.axhline(0.5, color=QUIET, linewidth=1.0)
    axes.set_ylim(0, 1)
    axes.set_ylabel("probability")
    figure.autofmt_xdate(rotation=0, ha="center")
    return _png(figure)


def clv_distribution(values: pl.Series, title: str, unit: str) -> bytes:
    """A PNG of how many entries beat the close by how much; nulls are left out, the mean is marked."""
    figure, axes = _canvas(title)
    known = _floats(values.drop_nulls())
    if known:
        axes.hist(known, bins=min(40, max(5, len(known) // 4)), color=INK)
        mean = sum(known) / len(known)
        axes.axvline(mean, color="#d9730d", linewidth=1.5, label=f"mean {mean:+.4f}")
        axes.legend(frameon=False, fontsize=8)
    axes.axvline(0.0, color=QUIET, linewidth=1.0)
    axes.set_xlabel(unit)
    axes.set_ylabel("signals")
    return _png(figure)


def ages_by_book(ages: pl.DataFrame, title: str) -> bytes:
    """A PNG of a line per book from the median age to the 99th percentile, a dot at the 95th and a mark at its limit.

    `ages` has bookmaker, age_p50_s, age_p95_s, age_p99_s and limit_s; the first row stands lowest.
    """
    figure, axes = _canvas(title)
    figure.set_size_inches(SIZE[0], max(SIZE[1], 0.9 + 0.17 * ages.height))
    places = range(ages.height)
    axes.hlines(places, _minutes(ages["age_p50_s"]), _minutes(ages["age_p99_s"]), color=INK, linewidth=2.0)
    axes.plot(_minutes(ages["age_p95_s"]), places, "o", color=INK, markersize=4, label="median to p99, dot at p95")
    axes.plot(_minutes(ages["limit_s"]), places, "|", color="#d9730d", markersize=9, label="limit")
    axes.set_yticks(places, ages["bookmaker"].to_list())
    axes.set_xscale("log")
    axes.set_xlabel("minutes")
    axes.legend(frameon=False, fontsize=8)
    return _png(figure)


def as_markdown(png: bytes, title: str) -> str:
    """The picture inside one line of Markdown, so that it needs no file beside it."""
    return f"![{title}](data:image/png;base64,{base64.b64encode(png).decode()})"


def _floats(values: pl.Series) -> list[float]:
    return [float("nan") if value is None else float(value) for value in values.to_list()]


def _minutes(seconds: pl.Series) -> list[float]:
    # On a scale of ratios there is no zero: nothing is shown as newer than a second.
    return _floats((seconds / 60).clip(lower_bound=1 / 60))


def _canvas(title: str) -> tuple["Figure", "Axes"]:
    # A figure of its own, without pyplot: nothing global is kept, so ticks in threads do not meet.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, dpi=DOTS_PER_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=9, loc="left", color=INK)
    axes.grid(color=LIGHT)
    axes.tick_params(labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _png(figure: "Figure") -> bytes:
    # Sixteen colours are plenty for lines on white, and a third of the bytes.
    from PIL import Image

    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png")
    drawn.seek(0)
    with Image.open(drawn) as picture, picture.convert("RGB").quantize(COLOURS) as reduced:
        reduced.save(small, format="png", optimize=True)
    return small.getvalue()
