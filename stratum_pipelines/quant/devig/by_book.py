"""Every book's margin removed by the method chosen for it: the one way from quotes to fair probabilities."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.devig.fair import fair_probabilities
from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.reference import MethodChoices
from stratum_pipelines.reference.leagues import MARKETS

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

# It needs no more than a division, so it is worked out for all books at once.
PLAIN = "multiplicative"


@dataclass(frozen=True, eq=False)
class MarginMethods:
    """Which method removes the margin of each book in each kind of market.

    `names` are the methods in use, `codes` (kinds, B) holds the position of each book's among them, kinds in the order of
    `reference.leagues.MARKETS`.
    """

    names: tuple[str, ...]
    codes: Ints

    @cached_property
    def _others(self) -> tuple[tuple[int, str], ...]:
        return tuple((code, name) for code, name in enumerate(self.names) if name != PLAIN)

    def remove(self, prices: Floats, kinds: Ints, n_outcomes: Ints, books: Ints | None = None) -> tuple[Floats, Floats]:
        """Fair probabilities (N, O, B) and overrounds (N, B) of N markets at B books; NaN where a book prices not all of them.

        `prices` (N, O, B) are decimal, NaN where there is none; `kinds` and `n_outcomes` (N,) say what the markets are and how
        many of the O outcomes they have. `books` says whose columns they are, (B,), or (N, 1) where every row is
        another book's; by default the columns of `codes`. Where a method does not fit the prices the probabilities are NaN, the overround is not. A book's numbers
        depend on its own prices alone, to the last bit.
        """
        implied = 1.0 / prices
        width = prices.shape[1]
        for outcome in range(int(n_outcomes.min(initial=width)), width):
            implied[:, outcome][n_outcomes <= outcome] = 0.0
        total = implied[:, 0].copy(order="K")
        for outcome in range(1, width):
            total += implied[:, outcome]
        fair = implied / total[:, None]
        for outcome in range(int(n_outcomes.min(initial=width)), width):
            fair[:, outcome][n_outcomes <= outcome] = np.nan
        if self._others:
            self._replace(fair, prices, total, kinds, n_outcomes, books)
        return fair, total

    def _replace(
        self, fair: Floats, prices: Floats, total: Floats, kinds: Ints, n_outcomes: Ints, books: Ints | None
    ) -> None:
        """Put the other methods' probabilities in the place of the plain one's."""
        columns = np.arange(prices.shape[2]) if books is None else books
        codes = np.broadcast_to(self.codes[kinds[:, None], columns], total.shape)
        for code, name in self._others:
            row, book = np.nonzero((codes == code) & ~np.isnan(total))
            if len(row):
                found = fair_probabilities(prices[row, :, book], name, n_outcomes=n_outcomes[row])
                fair[row, :, book] = found.probabilities

    def named(self, counted: Bools, kinds: Ints) -> tuple[list[str], Ints]:
        """How margins were removed, in words, and which of the words goes for each of N markets.

        The methods of the books counted (N, B), joined by + in alphabetical order; where no book counts those of all books.
        """
        if len(self.names) == 1:
            return [self.names[0]], np.zeros(len(kinds), np.int64)
        bits: Ints = np.left_shift(1, self.codes[kinds])
        used = np.bitwise_or.reduce(np.where(counted, bits, 0), axis=1)
        used = np.asarray(np.where(used > 0, used, np.bitwise_or.reduce(bits, axis=1)))
        masks, codes = np.unique(used, return_inverse=True)
        words = [
            "+".join(sorted(name for k, name in enumerate(self.names) if mask >> k & 1)) for mask in masks.tolist()
        ]
        return words, codes


def margin_methods(choices: MethodChoices, sport: str, books: tuple[str, ...], width: int) -> MarginMethods:
    """The methods chosen for the books of a sport, in `width` columns; columns beyond the books have the default."""
    chosen = [[choices.method(sport, market, book) for book in books] for market in MARKETS]
    names = tuple(sorted({choices.default, *(name for row in chosen for name in row)}))
    codes = np.full((len(MARKETS), width), names.index(choices.default), np.int64)
    for kind, row in enumerate(chosen):
        codes[kind, : len(row)] = [names.index(name) for name in row]
    return MarginMethods(names, codes)
