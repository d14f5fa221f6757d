"""MULTIBOOK_SYNC: at least three operator groups moved a market the same way within five minutes."""

from dataclasses import dataclass
from statistics import median

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.signals.meta import number
from stratum_pipelines.signals.sides import column_of, is_against, sign_of
from stratum_pipelines.signals.signal import MOST_OUTCOMES, NEVER, Hit, Memory, Settable, Signal
from stratum_pipelines.signals.tape import SANE_AGE_US, Tape

Ints = npt.NDArray[np.int64]

WINDOW_US = 5 * 60 * 1_000_000
MIN_GROUPS = 3


def detect(tape: Tape, memory: Memory) -> list[Hit]:
    """Synchronous moves, before the start.

    Moves are timed by the book's clock where it is sane. The window ends at the latest move of the market received so
    far; each book counts with its latest move only, so one that has turned round speaks for its new direction. After a
    signal, moves received up to it count no more for that direction.
    """
    occasions = tape.occasions(MIN_GROUPS, WINDOW_US + SANE_AGE_US)
    row, market, _ = occasions.T
    occasions = occasions[~np.isnan(tape.value[row, market, 0])]
    hits: list[Hit] = []
    # Of each market and direction the first signal is certain; those after it are judged again, by what came after it.
    while len(occasions):
        found = _judge(tape, occasions, memory["last_sync"])
        row, market, outcome = occasions.T
        where = market * MOST_OUTCOMES + outcome
        places, first = np.unique(where[found.occasion], return_index=True)
        hits += _hits(tape, occasions, found.chosen(first))
        rows = row[found.occasion[first]]
        memory["last_sync"][places // MOST_OUTCOMES, places % MOST_OUTCOMES] = tape.times[rows]
        said = np.full(int(where.max()) + 1, len(tape.times))
        said[places] = rows
        occasions = occasions[row > said[where]]
    return sorted(hits, key=lambda hit: (hit.row, hit.market, hit.outcome))


@dataclass(frozen=True)
class Together:
    """Books that moved together, (K,) each: on which occasion, from when to when by their clocks, from where to where.

    `whose` (L,) names the K and `move` (L,) the place in `Tape.moves` of each book's move, both in rising order.
    """

    occasion: Ints
    start: Ints
    end: Ints
    from_value: Floats
    to_value: Floats
    whose: Ints
    move: Ints

    def chosen(self, which: Ints) -> "Together":
        """Some of the K, by place."""
        number = np.full(len(self.occasion), -1)
        number[which] = np.arange(len(which))
        own = np.flatnonzero(number[self.whose] >= 0)
        own = own[np.argsort(number[self.whose[own]], kind="stable")]
        return Together(
            occasion=self.occasion[which],
            start=self.start[which],
            end=self.end[which],
            from_value=self.from_value[which],
            to_value=self.to_value[which],
            whose=number[self.whose[own]],
            move=self.move[own],
        )


def _judge(tape: Tape, occasions: Ints, last: Ints) -> Together:
    """The occasions, each by itself, on which books moved together; `last` is when each direction was last spoken of."""
    row, market, outcome = occasions.T
    moves, now = tape.moves, tape.times[row]
    # Earlier ones lie before the window, whatever the books' clocks say.
    since = np.maximum(last[market, outcome], now - WINDOW_US - SANE_AGE_US)
    whose, mine = tape.by_market.between(market, since, now)
    toward = moves["outcome"][mine] == outcome[whose]
    end = np.full(len(row), NEVER)
    np.maximum.at(end, whose[toward], moves["at"][mine[toward]])
    at = moves["at"][mine]
    within = (at > end[whose] - WINDOW_US) & (at <= end[whose])
    whose, mine = whose[within], mine[within]
    # The latest move of each book.
    order = np.lexsort((mine, moves["at"][mine], moves["book"][mine], whose))
    whose, mine = whose[order], mine[order]
    is_latest = np.ones(len(mine), np.bool_)
    is_latest[:-1] = (whose[1:] != whose[:-1]) | (moves["book"][mine[1:]] != moves["book"][mine[:-1]])
    agrees = is_latest & (moves["outcome"][mine] == outcome[whose])
    whose, mine = whose[agrees], mine[agrees]
    n = len(tape.groups)
    groups = np.unique(whose * n + tape.groups[moves["book"][mine]]) // n
    enough = np.bincount(groups, minlength=len(row)) >= MIN_GROUPS

    kind = tape.kinds[market]
    sign, column = sign_of(kind, outcome), column_of(kind, outcome)
    to_value = sign * tape.value[row, market, column]
    before = np.where(row > 0, tape.value[row - 1, market, column], np.nan)
    from_value = np.where(np.isnan(before), to_value, sign * before)
    # Books that moved one way while the consensus went the other do not speak for the market.
    found = np.flatnonzero(enough & ~is_against(kind, outcome, to_value - from_value))
    start = np.full(len(row), np.iinfo(np.int64).max)
    np.minimum.at(start, whose, moves["at"][mine])
    everything = Together(np.arange(len(row)), start, end, from_value, to_value, whose, mine)
    return everything.chosen(found)


def _hits(tape: Tape, occasions: Ints, found: Together) -> list[Hit]:
    ends = np.searchsorted(found.whose, np.arange(len(found.occasion) + 1)).tolist()
    sizes, books = tape.moves["size"][found.move], tape.moves["book"][found.move].tolist()
    span = found.end - found.start
    hits = []
    for k, (row, market, outcome) in enumerate(occasions[found.occasion].tolist()):
        own = slice(ends[k], ends[k + 1])
        meta = {
            "book_moves_median": round(median(sizes[own].tolist()), 6),
            "seconds_between_books": round(int(span[k]) / 1e6, 3),
        }
        values = float(found.from_value[k]), float(found.to_value[k])
        hits.append(Hit(row, market, outcome, *values, int(span[k]), tuple(sorted(books[own])), meta))
    return hits


SIGNAL = Signal(
    name="MULTIBOOK_SYNC",
    rule_version="4",
    description="At least three operator groups moved a market the same way within five minutes.",
    detect=detect,
    memory={"last_sync": (np.int64, NEVER, (MOST_OUTCOMES,))},
    parameters={"window_minutes": 5, "min_groups": MIN_GROUPS, "cooldown_minutes": 30, "further_steps": 1.0},
    settable={
        "cooldown_minutes": Settable(
            "For how many minutes a MULTIBOOK_SYNC is not repeated for its side, unless the line goes a further step.",
            at_most=1440,
        ),
    },
    meta={
        "book_moves_median": number("Median size of the books' own moves, in points or fair probability."),
        "seconds_between_books": number(
            "Between the first and the last of the moves, by the books' clocks.", "seconds"
        ),
    },
    finds=("steam",),
)
