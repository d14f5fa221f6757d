"""What a method is given: markets of one number of outcomes, side by side."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from stratum_pipelines.quant.odds import Floats


@dataclass(frozen=True)
class Markets:
    """N markets of O outcomes each: `prices` (O, N) are finite and above 1, `winners` (N,) are at least 1 and below O.

    The outcomes come first so that an outcome's numbers lie side by side: whatever is done to them is done alike for
    one market and for a million, bit for bit.
    """

    prices: Floats
    winners: Floats

    @cached_property
    def implied(self) -> Floats:
        """Implied probabilities qᵢ = 1 / price, (O, N)."""
        return 1.0 / self.prices

    @cached_property
    def against(self) -> Floats:
        """1 - qᵢ, (O, N), exact also where a price is hardly above 1."""
        return (self.prices - 1.0) / self.prices

    @cached_property
    def total(self) -> Floats:
        """The sum Q of implied probabilities, (N,)."""
        return added(self.implied)

    @property
    def excess(self) -> Floats:
        """What the implied probabilities sum to beyond the number of winners, (N,): the margin; negative in an underround."""
        return self.total - self.winners

    @property
    def n_outcomes(self) -> int:
        """O."""
        return len(self.prices)


# A method: from markets to probabilities (O, N). Where it does not fit they may be anything outside 0 to 1, or NaN.
Removal = Callable[[Markets], Floats]


def added(rows: Floats) -> Floats:
    """The sum over outcomes, (N,), added one after the other: NumPy's own sum would take another order for one market."""
    total = rows[0].copy()
    for row in rows[1:]:
        total += row
    return total
