"""Which method of removing a margin is used where, and the figures it was chosen by; the data stand in devig.toml."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class MethodChoice:
    """The method for one sport, market and book (`book` "" for all books), as measured on recorded closings.

    `n` counts markets, or games for all books together; `overround` is their median. `lowest` is the method with the lowest
    mean log-loss there, `difference` that mean less the default's (not above 0) and `t` its t-statistic.
    """

    sport: str
    market: str
    book: str
    method: str
    n: int
    overround: float
    lowest: str
    difference: float
    t: float


@dataclass(frozen=True)
class MethodChoices:
    """All choices, with what they were measured on. `default` holds wherever nothing was measured.

    Another method takes the default's place only with a lead of `least_t` standard errors.
    """

    version: int
    default: str
    least_t: float
    source: str
    n_files: int
    n_matches: int
    sha256: str
    choices: tuple[MethodChoice, ...]

    @cached_property
    def _chosen(self) -> Mapping[tuple[str, str, str], str]:
        return {(choice.sport, choice.market, choice.book): choice.method for choice in self.choices}

    def method(self, sport: str, market: str, book: str = "") -> str:
        """The method for a book's market: what was chosen for the book, else for all books of the market, else the default."""
        chosen = self._chosen
        return chosen.get((sport, market, book)) or chosen.get((sport, market, "")) or self.default


def read_method_choices(table: dict[str, Any]) -> MethodChoices:
    """The choices. Raises ValueError for two choices in one place and for a version that is none."""
    choices = tuple(MethodChoice(**entry) for entry in table["choices"])
    places = [(choice.sport, choice.market, choice.book) for choice in choices]
    for place in places:
        if places.count(place) > 1:
            raise ValueError(f"devig.toml chooses twice for {' / '.join(place)}; keep one.")
    if table["version"] < 1:
        raise ValueError(f"devig.toml has the version {table['version']}; versions count from 1.")
    return MethodChoices(
        version=table["version"],
        default=table["default"],
        least_t=table["least_t"],
        **table["data"],
        choices=choices,
    )
