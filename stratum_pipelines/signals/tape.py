"""What a rule may look at: the consensus of every market of a sport, answer by answer, the moves and the quotes of books."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.panel import Panel
from stratum_pipelines.reference import League
from stratum_pipelines.signals.moves import MovesByMarket
from stratum_pipelines.signals.opinions import Opinions, opinions_before
from stratum_pipelines.signals.quotes import H2H, MARKETS, SPREADS, TOTALS, Quotes
from stratum_pipelines.signals.rounding import rounded

__all__ = ["H2H", "MARKETS", "SPREADS", "TOTALS", "Tape"]

# How far back windows of rules may reach. The past kept is a little longer: back to the last answer before it.
LOOKBACK_US = 30 * 60 * 1_000_000
# A book's clock counts where it lies so shortly before the receipt.
SANE_AGE_US = 15 * 60 * 1_000_000
GAP_QUANTILE = 0.95


class Game(Protocol):
    """Who plays, under which id."""

    event_id: str
    home_team: str
    away_team: str


@dataclass(frozen=True)
class Tape:
    """The recent past and the answers to judge, oldest first; the first `n_past` rows are past, the rest are judged.

    `times` (T,) are receipts in UTC microseconds. `value` (T, M, O) is the consensus in force after each answer: for
    spreads and totals the home or over point in column 0, for h2h fair probabilities, NaN where there is none;
    `n_groups` (T, M) are the operator groups behind it.
    The rest covers the judged answers only: `updated` (P, M) says where the consensus was written and `opinions` what every
    book thought there, `starts` (P, M) when the game begins as then known, `before_start` (P, M) where it had not begun, `gaps_us` (P,) how far apart the feed's
    answers lay by then (`feed_gaps`), `quotes` what every book offers where the consensus was written. `kinds` (M,) holds positions in `MARKETS`, `game` (M,)
    positions in `games`.

    `moves` are columns, one entry per book and market that moved, sorted by receipt: `received_at`, `at` (the book's
    time where it is sane, else the receipt), `since` (when the quote before it was last seen), `market`, `outcome` (moved
    toward), `book`, `size` (points, or fair probability); `by_market` finds those of one market. `books` names the books, `panel` says what is known of their columns,
    `book_kinds` (B,) whether each is sharp, retail or an exchange. `steps` (3,) says, per kind of market, how large
    a move counts as one full step in this league. `parameters` are those of the rule that looks.
    """

    n_past: int
    times: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    n_groups: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.int64]
    updated: npt.NDArray[np.bool_]
    opinions: Opinions
    starts: npt.NDArray[np.int64]
    before_start: npt.NDArray[np.bool_]
    gaps_us: npt.NDArray[np.float64]
    moves: dict[str, npt.NDArray[Any]]
    by_market: MovesByMarket
    quotes: Quotes
    books: tuple[str, ...]
    panel: Panel
    book_kinds: npt.NDArray[np.str_]
    league: League
    steps: npt.NDArray[np.float64]
    game: npt.NDArray[np.int64]
    games: Sequence[Game]
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def seen_by(self, parameters: Mapping[str, Any]) -> "Tape":
        """The same tape for a rule with these parameters."""
        return replace(self, parameters=parameters)

    @property
    def key_numbers(self) -> tuple[float, ...]:
        """The margins games of this league end on most often."""
        return self.league.key_numbers

    @property
    def groups(self) -> npt.NDArray[np.int64]:
        """The operator group of each book, (B,)."""
        return self.panel.groups

    @property
    def ranks(self) -> npt.NDArray[np.int64]:
        """The place of each book in the alphabet, (B,)."""
        return self.panel.ranks

    def opinions_before(self, cells: npt.NDArray[np.int64]) -> Opinions:
        """What the books of chosen cells of `opinions` thought one answer earlier, at the number of the market now."""
        kinds, numbers = self.kinds[self.quotes.market[cells]], self.opinions.number[cells]
        return opinions_before(self.quotes, cells, kinds, numbers, self.panel, self.league)

    def value_of(self, least: int) -> npt.NDArray[np.float64]:
        """`value` where at least so many operator groups stand behind it, NaN elsewhere: fewer are no market."""
        return np.where(self.n_groups[:, :, None] >= least, self.value, np.nan)

    def offered(self, cells: npt.NDArray[np.int64], outcomes: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which books' quotes on an outcome could be taken in each of N cells, (N, B): fresh, in a market that can be."""
        return self.quotes.fresh[cells, outcomes] & ~self.opinions.implausible[cells]

    def index_at(self, moments: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """For each moment, the row of the last answer at or before it, -1 where there is none."""
        return np.searchsorted(self.times, moments, side="right") - 1

    def movers(self, row: int, market: int, outcome: int, since: int) -> npt.NDArray[np.int64]:
        """Books that moved a market toward an outcome after `since`, up to the answer in that row; sorted, once each."""
        _, mine = self.by_market.between(np.array([market]), np.array([since]), self.times[row : row + 1])
        return np.unique(self.moves["book"][mine[self.moves["outcome"][mine] == outcome]])

    def occasions(self, at_least: int, reach_us: int) -> npt.NDArray[np.int64]:
        """Row, market and outcome (N, 3) of every judged answer before the start that brought a move of which many count.

        "Many": at least so many moves toward the outcome were received within `reach_us`. In order of row.
        """
        m, n_rows = self.moves, len(self.times)
        width = self.value.shape[2]
        rows = np.searchsorted(self.times, m["received_at"])
        place = (m["market"] * width + m["outcome"]) * n_rows
        order = np.sort(place + rows)
        judged = np.unique((place + rows)[rows >= self.n_past])
        row = judged % n_rows
        reach = np.searchsorted(self.times, self.times[row] - reach_us, side="right")
        counted = np.searchsorted(order, judged, side="right") - np.searchsorted(order, judged - row + reach)
        market = judged // n_rows // width
        wanted = np.flatnonzero((counted >= at_least) & self.before_start[row - self.n_past, market])
        wanted = wanted[np.argsort(row[wanted], kind="stable")]
        return np.stack([row, market, judged // n_rows % width], axis=1)[wanted]

    def ages(self, cells: npt.NDArray[np.int64], outcomes: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """How old all quotes on an outcome are in each of N cells, (N, B), in seconds; NaN where there is none."""
        now = self.times[self.n_past + self.quotes.answer[cells]]
        seen, there = self.quotes.sighted[cells, outcomes], self.quotes.active[cells, outcomes]
        return rounded(np.where(there, (now[:, None] - seen) / 1e6, np.nan), 3)

    def by_book(self, values: npt.NDArray[np.float64], named: npt.NDArray[np.bool_]) -> list[dict[str, float]]:
        """The values of the named books by name, in alphabetical order; both are (N, B)."""
        order = np.argsort(self.ranks[: len(self.books)])
        row, column = np.nonzero(named[:, order])
        names = np.array(self.books, np.object_)[order][column].tolist()
        numbers = values[:, order][row, column].tolist()
        ends = np.searchsorted(row, np.arange(len(named) + 1)).tolist()
        return [dict(zip(names[a:b], numbers[a:b], strict=True)) for a, b in pairwise(ends)]


def feed_gaps(times: npt.NDArray[np.int64], n_past: int) -> npt.NDArray[np.float64]:
    """How far apart the feed's answers lie at each judged answer: the 95th percentile of the last half hour's gaps.

    Microseconds, linear interpolation; the gap that reaches into the half hour counts. Infinite before the second answer.
    """
    rows = np.arange(n_past, len(times))
    firsts = np.maximum(np.searchsorted(times, times[rows] - LOOKBACK_US, side="right") - 1, 0)
    n = rows - firsts
    at = firsts[:, None] + np.arange(max(int(n.max(initial=0)), 1))
    gaps = np.append(np.diff(times), 0).astype(np.float64)
    between = np.sort(np.where(at < rows[:, None], gaps.take(at, mode="clip"), np.inf), axis=1)
    place = GAP_QUANTILE * np.maximum(n - 1, 0)
    below = place.astype(np.int64)
    low, high = (between[np.arange(len(rows)), end] for end in (below, np.minimum(below + 1, np.maximum(n - 1, 0))))
    with np.errstate(invalid="ignore"):
        return np.where(n > 0, low + (high - low) * (place - below), np.inf)
