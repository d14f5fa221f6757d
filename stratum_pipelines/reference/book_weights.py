"""How much books of each kind weigh in the sharp-weighted consensus; the data stand in book_weights.toml."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stratum_pipelines.reference.books import KINDS


@dataclass(frozen=True)
class BookWeights:
    """The weight of a book's operator group by the book's kind, and the version of these numbers."""

    version: int
    sharp: float
    exchange: float
    retail: float

    def of(self, kind: str) -> float:
        """The weight of a kind."""
        return {"sharp": self.sharp, "exchange": self.exchange, "retail": self.retail}[kind]


def read_book_weights(table: Mapping[str, Any]) -> BookWeights:
    """The weights. Raises ValueError for a kind without a weight or unknown, a weight not above 0, a version that is none."""
    kinds = table["kinds"]
    if set(kinds) != set(KINDS):
        raise ValueError(f"book_weights.toml weighs {', '.join(kinds)}; give a weight to each of {', '.join(KINDS)}.")
    for kind, weight in kinds.items():
        if not weight > 0:
            raise ValueError(f"book_weights.toml gives {kind} the weight {weight}; weights are above 0.")
    if table["version"] < 1:
        raise ValueError(f"book_weights.toml has the version {table['version']}; versions count from 1.")
    return BookWeights(version=table["version"], **kinds)
