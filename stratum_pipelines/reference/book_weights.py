"""How much books of each kind weigh in the sharp-weighted consensus, and when a book is not heard; data in book_weights.toml."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stratum_pipelines.reference.books import KINDS
from stratum_pipelines.reference.leagues import MARKETS

EXCHANGE = "exchange"
Range = tuple[float, float]


@dataclass(frozen=True)
class BookWeights:
    """The weight of a book's operator group by the book's kind, what its prices may sum to, and the version of these numbers.

    `margins` holds the lowest and the highest sum of implied probabilities by market, in the order of `leagues.MARKETS`, and
    `exchange_margin` that of exchanges in any market.
    """

    version: int
    sharp: float
    exchange: float
    retail: float
    margins: tuple[Range, ...]
    exchange_margin: Range

    def of(self, kind: str) -> float:
        """The weight of a kind."""
        return {"sharp": self.sharp, "exchange": self.exchange, "retail": self.retail}[kind]

    def margins_of(self, kind: str) -> tuple[Range, ...]:
        """The lowest and the highest sum of implied probabilities at a book of this kind, by market."""
        return (self.exchange_margin,) * len(MARKETS) if kind == EXCHANGE else self.margins


def read_book_weights(table: Mapping[str, Any]) -> BookWeights:
    """The weights and margins.

    Raises ValueError for a kind without a weight or unknown, a weight not above 0, margins that do not hold 1, a version that is none.
    """
    kinds, margins = table["kinds"], table["margins"]
    for wanted, named, what in ((KINDS, kinds, "a weight"), ((*MARKETS, EXCHANGE), margins, "margins")):
        if set(named) != set(wanted):
            raise ValueError(f"book_weights.toml names {', '.join(named)}; give {what} to each of {', '.join(wanted)}.")
    for kind, weight in kinds.items():
        if not weight > 0:
            raise ValueError(f"book_weights.toml gives {kind} the weight {weight}; weights are above 0.")
    for place, (low, high) in margins.items():
        if not 0 < low <= 1 < high:
            raise ValueError(f"book_weights.toml lets {place} sum to {low} to {high}; 1 lies between the two.")
    if table["version"] < 1:
        raise ValueError(f"book_weights.toml has the version {table['version']}; versions count from 1.")
    ranges = {place: (float(low), float(high)) for place, (low, high) in margins.items()}
    return BookWeights(
        table["version"],
        **kinds,
        margins=tuple(ranges[market] for market in MARKETS),
        exchange_margin=ranges[EXCHANGE],
    )
