"""What can have gone wrong with an opening or closing line, and how it is mended, or what must be left out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.plausibility.lines import Bools, Lines, Witnesses, on_grid

LINES = ("open_spread", "close_spread", "open_total", "close_total")
PRICES = ("home_price", "away_price", "draw_price")

Mended = tuple[Lines, Bools]


@dataclass(frozen=True)
class Fault:
    """Something that can be wrong: its code, a sentence, and the lines as they would be without it.

    `mend` gives, for N games, the lines and whether the fault may be suspected; it may not where one of its spreads and
    totals is missing. Faults of a lower `rank` are looked for
    first; where two of one rank would explain a game, none of them is taken. `names` are the lines it touches. A repair
    brings back what was meant; otherwise a value is left out.
    """

    code: str
    sentence: str
    rank: int
    names: frozenset[str]
    mend: Callable[[Lines, Witnesses, float], Mended]
    is_repair: bool

    def explain(self, lines: Lines, heard: Witnesses, step: float) -> Mended:
        """The lines without the fault, and whether it may be suspected in lines that are all there."""
        mended, suspected = self.mend(lines, heard, step)
        there = [~np.isnan(getattr(lines, name)) for name in LINES if name in self.names]
        return mended, np.logical_and.reduce([suspected, *there])

    def __add__(self, other: "Fault") -> "Fault":
        """Both faults in one game: looked for after all single ones, and the later the more is left out."""

        def mend(lines: Lines, heard: Witnesses, step: float) -> Mended:
            once, suspected = self.mend(lines, heard, step)
            twice, also = other.mend(once, heard, step)
            return twice, suspected & also

        return Fault(
            f"{self.code}+{other.code}",
            f"{self.sentence} {other.sentence}",
            2 + self.rank + other.rank,
            self.names | other.names,
            mend,
            self.is_repair and other.is_repair,
        )


Mend = Callable[[Lines, Witnesses, float], Mended]


def _swap(*names: str) -> Mend:
    """Spread and total, pair by pair, out of each other's columns; a sign goes with the spread, in whichever it stands."""

    def mend(lines: Lines, heard: Witnesses, _: float) -> Mended:
        values: dict[str, Floats] = {}
        for spread_name, total_name in zip(names[::2], names[1::2], strict=True):
            spread, total = getattr(lines, spread_name), getattr(lines, total_name)
            sign = np.where((spread < 0) | (total < 0), -1.0, 1.0)
            values |= {spread_name: sign * np.abs(total), total_name: np.abs(spread)}
        return lines.change(**values), np.ones_like(heard.numbers)

    return mend


def _turn(name: str) -> Mend:
    def mend(lines: Lines, heard: Witnesses, _: float) -> Mended:
        return lines.change(**{name: -getattr(lines, name)}), _suspected(heard, name)

    return mend


def _set_point(name: str) -> Mend:
    """45.5 for 455, or for 4.55, which no line can be; but not 1.0 for 10: whole numbers are written without a point."""

    def mend(lines: Lines, heard: Witnesses, step: float) -> Mended:
        written = getattr(lines, name)
        lost = on_grid(written, step)
        value = np.round(np.where(lost, written / 10.0, written * 10.0), 2)
        unclear = lost & (on_grid(value, 1.0) | _stutters(written))
        return lines.change(**{name: value}), _suspected(heard, name) & ~unclear

    return mend


def _stutters(values: Floats) -> Bools:
    """Whether a digit before the point stands twice in a row: 445 may be 44.5, or 45 with its 4 written twice."""
    whole = np.floor(np.abs(np.where(np.isfinite(values), values, 0.0)))
    pairs = [(whole // place % 10, whole // (place * 10)) for place in (1, 10, 100)]
    return np.logical_or.reduce([(digit == rest % 10) & (rest > 0) for digit, rest in pairs])


def _leave_out(*names: str) -> Mend:
    def mend(lines: Lines, heard: Witnesses, _: float) -> Mended:
        empty = np.full(lines.close_spread.size, np.nan)
        suspected = _suspected(heard, names[0]) if len(names) == 1 or names == PRICES else np.ones_like(heard.numbers)
        return lines.change(**dict.fromkeys(names, empty)), suspected

    return mend


def _suspected(heard: Witnesses, name: str) -> Bools:
    """Whether the other witnesses leave a doubt about this line."""
    if name == "close_spread":
        return heard.doubts_spread
    return heard.doubts_prices if name in PRICES else np.ones_like(heard.numbers)


def _repair(code: str, sentence: str, work: Callable[..., Mend], *names: str) -> Fault:
    return Fault(code, sentence, 0, frozenset(names), work(*names), is_repair=True)


def _omission(rank: int, code: str, sentence: str, *names: str) -> Fault:
    return Fault(code, sentence, rank, frozenset(names), _leave_out(*names), is_repair=False)


OPEN, CLOSE = ("open_spread", "open_total"), ("close_spread", "close_total")
SPREADS, TOTALS = ("open_spread", "close_spread"), ("open_total", "close_total")

SWAPS = (
    _repair("close_swapped", "Closing spread and total stood in each other's columns; put back.", _swap, *CLOSE),
    _repair("open_swapped", "Opening spread and total stood in each other's columns; put back.", _swap, *OPEN),
    _repair("both_swapped", "Spreads and totals stood in each other's columns; put back.", _swap, *OPEN, *CLOSE),
)
TURNS = (
    _repair("close_spread_sign", "The closing spread had the wrong sign; turned.", _turn, "close_spread"),
    _repair("open_spread_sign", "The opening spread had the wrong sign; turned.", _turn, "open_spread"),
)
POINTS = (
    _repair("close_spread_point", "The closing spread's decimal point was misplaced; set.", _set_point, "close_spread"),
    _repair("open_spread_point", "The opening spread's decimal point was misplaced; set.", _set_point, "open_spread"),
    _repair("close_total_point", "The closing total's decimal point was misplaced; set.", _set_point, "close_total"),
    _repair("open_total_point", "The opening total's decimal point was misplaced; set.", _set_point, "open_total"),
)
OMISSIONS = (
    _omission(1, "no_close_spread", "The closing spread cannot be; left out.", "close_spread"),
    _omission(1, "no_open_spread", "The opening spread cannot be; left out.", "open_spread"),
    _omission(1, "no_close_total", "The closing total cannot be; left out.", "close_total"),
    _omission(1, "no_open_total", "The opening total cannot be; left out.", "open_total"),
    _omission(1, "no_prices", "The winner market's prices cannot be; left out.", *PRICES),
)
CONTRADICTIONS = (
    _omission(5, "no_totals", "Opening and closing total contradict each other; both left out.", *TOTALS),
    _omission(5, "no_spreads", "Opening and closing spread contradict each other; both left out.", *SPREADS),
    _omission(
        5,
        "no_winner",
        "Closing spread and winner market contradict each other; both left out.",
        "close_spread",
        *PRICES,
    ),
    _omission(6, "no_lines", "The lines contradict each other; all left out.", *SPREADS, *TOTALS, *PRICES),
)


def _pairs() -> Iterator[Fault]:
    """Two faults in one game: of different lines, or a spread out of the other column that has the wrong sign as well."""
    singles = (*SWAPS, *TURNS, *POINTS, *OMISSIONS)
    for place, one in enumerate(singles):
        for other in singles[place + 1 :]:
            if not one.names & other.names or (one in SWAPS and other in TURNS and other.names <= one.names):
                yield one + other


FAULTS: tuple[Fault, ...] = (*SWAPS, *TURNS, *POINTS, *OMISSIONS, *_pairs(), *CONTRADICTIONS)
