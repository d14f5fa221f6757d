"""What an account was worth, and how far it lay below its peak."""

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from warehouse.charts.canvas import LETTERS, Canvas, drawing
from warehouse.charts.look import Look
from warehouse.charts.scales import Money, clear, count_ticks, in_days, number_text, time_ticks
from warehouse.charts.thinning import Floats, microseconds, numbers, thinned

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NOTHING = "Nothing was closed in this period."
# So many deposits and withdrawals are marked one by one; more would be a fence.
MOST_FLOWS = 60
LOW = 360  # pixels of a page: in a picture below that ticks of the drawdown would meet


def equity_chart(moments: pl.DataFrame, look: Look) -> bytes:
    """A PNG of the balance as steps, and below it the drawdown.

    `moments` are those of `Performance`, in order: at, balance and flow (minor units) and drawdown (a share). The first row is the
    moment before anything. Deposits and withdrawals (flow) are marked: they move the balance and are no result.
    """
    with drawing(look) as canvas:
        if moments.is_empty():
            canvas.say(canvas.axes()[0], NOTHING)
            return canvas.png()
        above, below = canvas.axes(2, (2.4, 1.0))
        at = microseconds(moments["at"])
        _balance(canvas, above, moments, in_days(at))
        _falls(canvas, below, moments, in_days(at))
        time_ticks(below, at, look.zone)
        above.tick_params(labelbottom=False)
        above.spines["bottom"].set_visible(False)
        canvas.figure.align_ylabels([above, below])
        return canvas.png()


def drawdown_chart(moments: pl.DataFrame, look: Look) -> bytes:
    """A PNG of how far the balance lay below its peak; `moments` as for `equity_chart`, only at and drawdown are read."""
    with drawing(look) as canvas:
        (axes,) = canvas.axes()
        if moments.is_empty():
            canvas.say(axes, NOTHING)
            return canvas.png()
        at = microseconds(moments["at"])
        _falls(canvas, axes, moments, in_days(at))
        time_ticks(axes, at, look.zone)
        return canvas.png()


def _balance(canvas: Canvas, axes: "Axes", moments: pl.DataFrame, x: Floats) -> None:
    look, palette = canvas.look, canvas.look.palette
    balance = numbers(moments["balance"])
    money = Money(balance, look.currency)
    x, y = thinned(x, money.of(balance), look.width * look.scale)
    known = np.flatnonzero(np.isfinite(y))
    axes.set_ylim(*clear(y, least=4 * 10.0**-money.decimals))
    count_ticks(axes.yaxis)
    canvas.name(axes, up=f"Balance, {money.unit}")
    if not len(known):
        return
    begun, ended = y[known[0]], known[-1]
    axes.axhline(begun, color=palette.quiet, linewidth=0.9, linestyle=(0, (4, 3)))
    axes.fill_between(x, y, begun, step="post", color=palette.line, alpha=0.10, linewidth=0)
    axes.step(x, y, where="post", color=palette.line, linewidth=1.6, solid_joinstyle="round")
    axes.plot([x[ended]], [y[ended]], "o", color=palette.line, markersize=4.5, clip_on=False, zorder=4)
    _flows(canvas, axes, moments)
    known_balance = balance[np.isfinite(balance)]
    paid = int(moments["flow"].sum()) if "flow" in moments.columns else 0
    moved = f", of which {money.text(paid, signed=True)} paid in or out" if paid else ""
    first = money.text(known_balance[0]).removesuffix(f" {money.unit}")
    canvas.tell(axes, f"from {first} to {money.text(known_balance[-1])}{moved}")


def _flows(canvas: Canvas, axes: "Axes", moments: pl.DataFrame) -> None:
    """Marks at the foot where money came in or went out."""
    if "flow" not in moments.columns:
        return
    moved = moments.filter(pl.col("flow") != 0)
    if moved.is_empty():
        return
    x, sign = in_days(microseconds(moved["at"])), moved["flow"].to_numpy() > 0
    beginning: dict[str, Any] = {
        "transform": axes.get_xaxis_transform(),
        "clip_on": False,
        "color": canvas.look.palette.quiet,
    }
    if len(x) <= MOST_FLOWS:
        axes.vlines(x, 0, 1, linewidth=0.8, alpha=0.55, **beginning)
    for shape, chosen, name in (("^", sign, "deposit"), ("v", ~sign, "withdrawal")):
        if chosen.any():
            axes.plot(x[chosen], np.full(chosen.sum(), 0.04), shape, markersize=5, linewidth=0, label=name, **beginning)
    axes.legend(
        frameon=False, fontsize=LETTERS, labelcolor=canvas.look.palette.quiet, loc="upper left", handletextpad=0.2
    )


def _falls(canvas: Canvas, axes: "Axes", moments: pl.DataFrame, x: Floats) -> None:
    look, palette = canvas.look, canvas.look.palette
    depth = numbers(moments["drawdown"])
    at, y = thinned(x, -depth, look.width * look.scale)
    deepest = float(np.nanmax(depth)) if np.isfinite(depth).any() else 0.0
    axes.set_ylim(-max(deepest * 1.12, 0.001), 0)
    count_ticks(axes.yaxis, 100, " %", most=4 if look.height < LOW else 6)
    canvas.name(axes, up="Below the peak")
    axes.fill_between(at, y, 0, step="post", color=palette.loss, alpha=0.22, linewidth=0)
    axes.step(at, y, where="post", color=palette.loss, linewidth=1.2)
    axes.spines["bottom"].set_visible(False)
    axes.spines["top"].set_visible(True)
    if deepest > 0:
        place = int(np.nanargmax(depth))
        axes.plot([x[place]], [-depth[place]], "o", color=palette.loss, markersize=4.5, zorder=4)
        on = moments["at"][place].astimezone(ZoneInfo(look.zone))
        canvas.tell(axes, f"deepest {number_text(-100 * deepest, 2 if deepest < 0.1 else 1)} % on {on:%-d %b %Y}")
    elif np.isfinite(depth).any():
        canvas.tell(axes, "never below its peak")
    lost = np.flatnonzero(~np.isfinite(depth))
    if len(lost):
        axes.axvspan(x[lost[0]], x[-1], color=palette.grid, zorder=0)
        middle: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": LETTERS, "color": palette.quiet}
        axes.text((x[lost[0]] + x[-1]) / 2, axes.get_ylim()[0] / 2, "undefined", **middle)
