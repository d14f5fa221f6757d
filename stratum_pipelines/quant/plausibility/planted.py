"""How well the gate does: faults planted at known places into lines that are sound, and what it makes of them."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import NamedTuple

import numpy as np

from stratum_pipelines.quant.intervals import wilson_interval
from stratum_pipelines.quant.key_numbers import ScoreTable
from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.plausibility.gate import SOUND, judge
from stratum_pipelines.quant.plausibility.lines import NO_PRICE, Bools, Lines
from stratum_pipelines.reference.plausibility import Limits

# From this size up a spread with its sign turned is another market; below, it is within what two markets may differ by.
CLEAR_SPREAD = 2.5

Planting = Callable[[Lines, np.random.Generator], Lines]


class Caught(NamedTuple):
    """What the gate made of one kind of fault: how many were planted and found, and what came back.

    `low` and `high` are the 95 % Wilson interval of the share found. `mended` games came back as they were before; in
    `left_out` ones nothing is wrong, and something is missing; in `wrong` ones a closing spread or total is not what it was.
    """

    fault: str
    planted: int
    found: int
    low: float
    high: float
    mended: int
    left_out: int
    wrong: int


def _swapped(*pairs: tuple[str, str], unsigned: bool = False) -> Planting:
    def plant(lines: Lines, _: np.random.Generator) -> Lines:
        values: dict[str, Floats] = {}
        for spread, total in pairs:
            was = getattr(lines, spread)
            # As in the recorded archive the sign stays in the spread's column; or it goes along with the number.
            sign = np.ones_like(was) if unsigned else np.where(was < 0, -1.0, 1.0)
            values |= {spread: sign * getattr(lines, total), total: was if unsigned else np.abs(was)}
        return lines.change(**values)

    return plant


def _turned(name: str, low: float, high: float) -> Planting:
    def plant(lines: Lines, _: np.random.Generator) -> Lines:
        was = getattr(lines, name)
        return lines.change(**{name: np.where((np.abs(was) >= low) & (np.abs(was) < high), -was, was)})

    return plant


def _pointless(name: str) -> Planting:
    """45.5 written as 455; whole numbers have no point to lose."""

    def plant(lines: Lines, _: np.random.Generator) -> Lines:
        was = getattr(lines, name)
        return lines.change(**{name: np.where(was % 1 != 0, was * 10.0, was)})

    return plant


def _digits(name: str, *, twice: bool) -> Planting:
    """A digit before the point left out, or written twice, at random; numbers below 10 stay."""

    def plant(lines: Lines, random: np.random.Generator) -> Lines:
        was = getattr(lines, name)
        size = np.where(np.abs(was) >= 10, np.abs(was), 10.0)
        whole = np.floor(size)
        place = 10.0 ** random.integers(0, np.where(whole >= 100, 3, 2))
        head, digit, tail = whole // (place * 10), whole // place % 10, whole % place
        changed = (head * 100 + digit * 11) * place + tail if twice else head * place + tail
        written = np.copysign(changed + size - whole, was)
        return lines.change(**{name: np.where(np.abs(was) >= 10, written, was)})

    return plant


def _prices_swapped(lines: Lines, _: np.random.Generator) -> Lines:
    return lines.change(home_price=lines.away_price, away_price=lines.home_price)


def _minus_lost(lines: Lines, _: np.random.Generator) -> Lines:
    """The favourite's price without its minus: -180 as +180."""
    turned = {}
    for name in ("home_price", "away_price"):
        was = getattr(lines, name)
        turned[name] = np.where(was < 2.0, 1.0 + 1.0 / np.where(was > NO_PRICE, was - 1.0, np.nan), was)
    return lines.change(**turned)


def _minus_twice(lines: Lines, _: np.random.Generator) -> Lines:
    """The favourite's price on both sides, as thirteen recorded games have it."""
    lower = np.fmin(lines.home_price, lines.away_price)
    return lines.change(home_price=lower, away_price=lower)


CLOSE, OPEN = ("close_spread", "close_total"), ("open_spread", "open_total")

PLANTINGS: Mapping[str, Planting] = {
    "close: spread and total swapped": _swapped(CLOSE),
    "close: swapped, the sign goes along": _swapped(CLOSE, unsigned=True),
    "open: spread and total swapped": _swapped(OPEN),
    "both: spread and total swapped": _swapped(OPEN, CLOSE),
    "close: total without its point": _pointless("close_total"),
    "close: total lacks a digit": _digits("close_total", twice=False),
    "close: total has a digit twice": _digits("close_total", twice=True),
    "open: total lacks a digit": _digits("open_total", twice=False),
    "close: spread without its point": _pointless("close_spread"),
    "close: spread lacks a digit": _digits("close_spread", twice=False),
    "close: spread turned, 2.5 or more": _turned("close_spread", CLEAR_SPREAD, np.inf),
    "close: spread turned, 0.5 to 2": _turned("close_spread", 0.5, CLEAR_SPREAD),
    "open: spread turned, 2.5 or more": _turned("open_spread", CLEAR_SPREAD, np.inf),
    "prices: home and away swapped": _prices_swapped,
    "prices: a minus lost": _minus_lost,
    "prices: a minus twice": _minus_twice,
}


def plant_and_judge(lines: Lines, limits: Limits, margins: ScoreTable, seed: int = 1) -> list[Caught]:
    """What the gate makes of every kind of fault, each planted into every game that can have it, one game at a time.

    `lines` are taken to be sound. A game counts as planted where its lines changed.
    """
    found = []
    for name, plant in PLANTINGS.items():
        faulty = plant(lines, np.random.default_rng(seed))
        planted = np.flatnonzero(~_same(lines, faulty))
        truth, faulty = lines.take(planted), faulty.take(planted)
        judged = judge(faulty, limits, margins)
        seen = judged.fault != SOUND
        mended = seen & _same(truth, judged.lines)
        pairs = [(getattr(truth, column), getattr(judged.lines, column)) for column in CLOSE]
        wrong = np.logical_or.reduce([~np.isnan(given) & (given != was) for was, given in pairs])
        n, n_seen = len(planted), int(seen.sum())
        low, high = wilson_interval(n_seen, n)
        left_out = int((seen & ~mended & ~wrong).sum())
        found.append(Caught(name, n, n_seen, low, high, int(mended.sum()), left_out, int(wrong.sum())))
    return found


def _same(one: Lines, other: Lines) -> Bools:
    """Whether all lines of a game are equal."""
    return np.logical_and.reduce([_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(Lines)])


def _equal(one: Floats, other: Floats) -> Bools:
    return (one == other) | (np.isnan(one) & np.isnan(other))
