"""What stands beside the axes: money in units a person reads, shares in percent, moments on the clocks of a zone."""

import datetime as dt
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from warehouse.charts.thinning import Floats
from warehouse.currencies import minor_digits

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

DAY_US = 86_400_000_000
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# From so many on amounts are told in these.
WORDS = ((1e13, 1e12, "trillion "), (1e10, 1e9, "billion "), (1e7, 1e6, "million "), (0.0, 1.0, ""))
MOST_DECIMALS = 8


class Money:
    """Amounts of one currency on one scale: `of` turns minor units into what the axis shows, `unit` names it."""

    def __init__(self, values: Floats, currency: str) -> None:
        known = np.abs(values[np.isfinite(values)])
        largest = float(known.max(initial=0.0)) / 10 ** minor_digits(currency)
        _, self._scale, word = next(step for step in WORDS if largest >= step[0])
        self._minor = 10 ** minor_digits(currency)
        self.decimals = minor_digits(currency) if self._scale == 1 else 2
        self.unit = f"{word}{currency}"

    def of(self, values: Floats) -> Floats:
        """The amounts as the axis shows them."""
        return values / self._minor / self._scale

    def text(self, minor: float, *, signed: bool = False) -> str:
        """One amount with its unit."""
        return f"{number_text(float(minor) / self._minor / self._scale, self.decimals, signed=signed)} {self.unit}"


def number_text(value: float, decimals: int, *, signed: bool = False) -> str:
    """A number with so many decimals and a real minus sign.

    >>> number_text(-1234.5, 2), number_text(3, 0, signed=True), number_text(-0.001, 1)
    ('−1,234.50', '+3', '0.0')
    """
    text = f"{abs(value):,.{decimals}f}"
    if not any(digit in text for digit in "123456789"):
        return text
    return ("−" if value < 0 else "+" if signed else "") + text


def short_text(value: float, digits: int = 3) -> str:
    """A number in few letters, with its sign: +1.23k, −45.6, 0.

    >>> [short_text(value) for value in (1234.0, -45.61, 0.0, 2.5e9, 0.004, 999.7)]
    ['+1.23k', '−45.6', '0', '+2.5bn', '+0.004', '+1k']
    """
    rounded = float(f"{abs(value):.{digits - 1}e}")
    if rounded == 0:
        return "0"
    if rounded >= 1e15:
        return ("−" if value < 0 else "+") + f"{rounded:.0e}".replace("e+", "e")
    for size, word in ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k"), (0.0, "")):
        if rounded >= size:
            shown = rounded / size if size else rounded
            decimals = max(digits - 1 - math.floor(math.log10(shown)), 0)
            text = f"{shown:,.{decimals}f}"
            return ("−" if value < 0 else "+") + (text.rstrip("0").rstrip(".") if "." in text else text) + word
    return "0"


def count_ticks(axis: "Axis", factor: float = 1.0, suffix: str = "", *, whole: bool = False, most: int = 6) -> None:
    """Ticks with as many decimals as their distance needs; `factor` 100 and `suffix` " %" show shares in percent. Never more than `most` + 1."""
    from matplotlib.ticker import Formatter, MaxNLocator

    class Plain(Formatter):
        """Numbers in full."""

        def __call__(self, x: float, pos: int | None = None) -> str:
            """One tick by itself; how many decimals they need is seen by `format_ticks` alone."""
            return self.format_ticks([x])[0]

        def format_ticks(self, values: Sequence[float]) -> list[str]:
            """All labels, with the same decimals."""
            steps = np.diff(np.asarray(values) * factor)
            decimals = 0 if whole else _decimals(float(np.abs(steps).min(initial=np.inf)))
            return [number_text(x * factor, decimals) + suffix for x in values]

    axis.set_major_locator(MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10], integer=whole))
    axis.set_major_formatter(Plain())


def _decimals(step: float) -> int:
    """The decimals that numbers so far apart need: 0 for 20, 1 for 0.5, 2 for 0.25."""
    for decimals in range(MOST_DECIMALS):
        if not 0 < step < np.inf or abs(round(step, decimals) - step) < step / 100:
            return decimals
    return MOST_DECIMALS


def time_ticks(axes: "Axes", moments: npt.NDArray[np.int64], zone: str) -> None:
    """Bounds and ticks for moments in days since 1970, as `in_days` gives them, on the clocks of a zone."""
    from matplotlib.dates import AutoDateLocator
    from matplotlib.ticker import Formatter

    clocks = ZoneInfo(zone)

    class Clock(Formatter):
        """What changes from tick to tick; below it, at the first one and where it changes, what it belongs to."""

        def __call__(self, x: float, pos: int | None = None) -> str:
            """One tick by itself: what the rest of the label depends on is seen by `format_ticks` alone."""
            return self.format_ticks([x])[0]

        def format_ticks(self, values: Sequence[float]) -> list[str]:
            """The labels; ticks outside the axes have none."""
            begin, end = sorted(axes.get_xlim())
            seen = [
                EPOCH + dt.timedelta(milliseconds=round(float(x) * DAY_US / 1000)) for x in values if begin <= x <= end
            ]
            labels = iter(tick_texts([at.astimezone(clocks) for at in seen]))
            return [next(labels) if begin <= x <= end else "" for x in values]

    axes.xaxis.set_major_locator(AutoDateLocator(tz=clocks, minticks=3, maxticks=9))
    axes.xaxis.set_major_formatter(Clock())
    begin, end = in_days(moments[[0, -1]])
    room = (end - begin) * 0.015 or 0.5
    axes.set_xlim(begin - room, end + room)


def tick_texts(ticks: list[dt.datetime]) -> list[str]:
    r"""A label per tick: years, or months below which stands the year, or days of a year, or hours of a day.

    >>> tick_texts([dt.datetime(2024, 12, 30), dt.datetime(2024, 12, 31), dt.datetime(2025, 1, 1)])
    ['30 Dec\n2024', '31 Dec', '1 Jan\n2025']
    """
    if any(at.time() != dt.time.min for at in ticks):
        above, below = "%H:%M", "%-d %b %Y"
    elif any(at.day != 1 for at in ticks):
        above, below = "%-d %b", "%Y"
    elif any(at.month != 1 for at in ticks):
        above, below = "%b", "%Y"
    else:
        above, below = "%Y", ""
    texts, before = [], ""
    for at in ticks:
        context = at.strftime(below)
        texts.append(at.strftime(above) + (f"\n{context}" if context != before else ""))
        before = context
    return texts


def in_days(moments: npt.NDArray[np.int64]) -> Floats:
    """Microseconds since 1970 as matplotlib counts: in days."""
    return moments / DAY_US


def clear(values: Floats, least: float, share: float = 0.08) -> tuple[float, float]:
    """Bounds with some room around the values that are known; at least `least` apart."""
    known: Any = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    room = max((high - low) * share, least / 2 if high - low < least else 0.0)
    return low - room, high + room
