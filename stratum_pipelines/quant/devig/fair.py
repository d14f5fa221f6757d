"""From prices to fair probabilities, whatever the prices."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.devig.markets import Markets, Removal, added
from stratum_pipelines.quant.devig.methods import find_method
from stratum_pipelines.quant.devig.reasons import Reason
from stratum_pipelines.quant.odds import Floats

# So many prices at a time stay in the processor's cache while a method goes over them again and again.
PRICES_AT_ONCE = 24_576
MOST_OFF = 1e-12

Ints = npt.NDArray[np.int64]
Rows = slice | Ints


@dataclass(frozen=True)
class Fair:
    """Fair probabilities of N markets.

    `probabilities` (N, O): in each priced row they sum to the number of winners within 1e-12; NaN in other rows and beyond a
    market's own outcomes. `overround` (N,): the sum of implied probabilities, above the number of winners where the
    bookmaker has a margin; NaN where prices or winners make no market. `reason` (N,): a `Reason`, 0 for a priced row.
    """

    probabilities: Floats
    overround: Floats
    reason: npt.NDArray[np.uint8]

    @property
    def priced(self) -> npt.NDArray[np.bool_]:
        """Which rows are priced, (N,)."""
        return self.reason == Reason.PRICED


def fair_probabilities(
    prices: npt.ArrayLike,
    method: str,
    *,
    n_winners: npt.ArrayLike = 1,
    n_outcomes: npt.ArrayLike | None = None,
) -> Fair:
    """The fair probabilities of N markets from one book's decimal prices (N, O).

    `method` is a name or alias of `METHODS`. `n_winners` says how many outcomes win (2 for "reaches the final"), one number
    or one per market. `n_outcomes` (N,) says how many of the O columns are outcomes of the market; the others may hold
    anything. By default all are. Nothing about a market raises: what cannot be priced has NaN and a `Reason`.

    A row's result depends on that row alone, to the last bit: live and batch agree.

    Raises ValueError for an unknown method and for shapes that do not fit together.

    >>> fair = fair_probabilities([[1.8, 2.1], [1.9, 0.9]], "power")
    >>> fair.probabilities.round(4).tolist(), fair.overround.round(4).tolist(), fair.reason.tolist()
    ([[0.5403, 0.4597], [nan, nan]], [1.0317, nan], [0, 1])
    """
    remove = find_method(method).remove
    table = np.asarray(prices, np.float64)
    if table.ndim != 2:
        raise ValueError(f"Prices have the shape {table.shape}. Give a row per market and a column per outcome.")
    n, width = table.shape
    winners = _per_market(n_winners, n, "n_winners")
    counts = np.full(n, width) if n_outcomes is None else _per_market(n_outcomes, n, "n_outcomes")
    if n and not (counts.min() >= 0 and counts.max() <= width):
        raise ValueError(f"n_outcomes runs from {counts.min()} to {counts.max()}; the prices have {width} columns.")
    found = Fair(np.full((n, width), np.nan), np.full(n, np.nan), np.full(n, Reason.ONE_SIDED, np.uint8))

    for count, rows in _parts(counts, same=n_outcomes is None):
        block = np.ascontiguousarray(table[rows, :count].T)
        fair, total, reason = _price(block, winners[rows].astype(np.float64), remove)
        found.probabilities[rows, :count] = fair.T
        found.overround[rows] = total
        found.reason[rows] = reason
    return found


def _per_market(value: npt.ArrayLike, n: int, name: str) -> Ints:
    """Whole numbers, one for each market."""
    numbers = np.asarray(value)
    if numbers.shape not in ((), (n,)) or not (numbers.size == 0 or np.issubdtype(numbers.dtype, np.integer)):
        raise ValueError(
            f"{name} has the shape {numbers.shape} of {numbers.dtype}. Give a whole number, or one for each of {n} markets."
        )
    return np.broadcast_to(numbers.astype(np.int64), (n,))


def _parts(counts: Ints, *, same: bool) -> Iterator[tuple[int, Rows]]:
    """Pieces of work: a number of outcomes, from 1 up, and the rows of markets that have so many."""
    for count in np.unique(counts).tolist():
        if not count:
            continue
        size = max(PRICES_AT_ONCE // count, 1)
        where = None if same else np.flatnonzero(counts == count)
        for start in range(0, len(counts) if where is None else len(where), size):
            yield count, slice(start, start + size) if where is None else where[start : start + size]


def _price(prices: Floats, winners: Floats, remove: Removal) -> tuple[Floats, Floats, npt.NDArray[np.uint8]]:
    """Probabilities (O, N), overround (N,) and reason (N,) of markets of one number of outcomes."""
    reason = _refusals(prices, winners)
    good = np.flatnonzero(reason == Reason.PRICED)
    fair, total = np.full_like(prices, np.nan), np.full_like(winners, np.nan)
    if good.size:
        markets = Markets(prices.take(good, axis=1), winners.take(good))
        # What leads nowhere (0 / 0, a logarithm of 0) shows as a number that is no probability.
        with np.errstate(all="ignore"):
            kept = remove(markets)
            reason[good] = _misfits(kept, markets.winners)
        kept[:, reason[good] != Reason.PRICED] = np.nan
        fair[:, good], total[good] = kept, markets.total
    return fair, total, reason


def _refusals(prices: Floats, winners: Floats) -> npt.NDArray[np.uint8]:
    """The reasons (N,) that stand before any method: prices and winners that make no market."""
    good = (prices > 1.0) & (prices < np.inf)
    valid = np.logical_and.reduce(good)
    possible = (winners >= 1.0) & (winners < len(prices))
    reason = np.full(winners.shape, Reason.PRICED, np.uint8)
    if len(prices) > 1 and valid.all() and possible.all():
        return reason
    reason[~possible] = Reason.IMPOSSIBLE_WINNERS
    reason[~valid] = Reason.MISSING_PRICE
    reason[good.sum(axis=0) < 2] = Reason.ONE_SIDED
    reason[~np.logical_and.reduce(good | np.isnan(prices))] = Reason.INVALID_PRICE
    return reason


def _misfits(fair: Floats, winners: Floats) -> npt.NDArray[np.uint8]:
    """The reasons (N,) that come out of a method: probabilities that are none."""
    reason = np.full(winners.shape, Reason.PRICED, np.uint8)
    least, most = np.minimum.reduce(fair), np.maximum.reduce(fair)
    off = np.abs(added(fair) - winners)
    if (least > 0.0).all() and (most < 1.0).all() and (off <= MOST_OFF).all():
        return reason
    reason[~(off <= MOST_OFF)] = Reason.NOT_SETTLED
    reason[most >= 1.0] = Reason.ABOVE_ONE
    reason[least <= 0.0] = Reason.BELOW_ZERO
    return reason
