"""Reference data: which bookmakers and leagues there are, what is known of them, and which method suits their prices.

Canonical names, groups, regions, key numbers, spreads of scores and measured choices belong here, as data. How they are
used does not.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from stratum_pipelines.reference.book_weights import BookWeights, read_book_weights
from stratum_pipelines.reference.books import Book, read_books
from stratum_pipelines.reference.devig import MethodChoice, MethodChoices, read_method_choices
from stratum_pipelines.reference.leagues import League, read_leagues

__all__ = [
    "Book",
    "BookWeights",
    "League",
    "MethodChoice",
    "MethodChoices",
    "Reference",
    "load_book_weights",
    "load_method_choices",
    "load_reference",
]

FOLDER = Path(__file__).parent


@dataclass(frozen=True, eq=False)
class Reference:
    """The books by canonical key and the leagues by sport_key."""

    books: Mapping[str, Book]
    leagues: Mapping[str, League]

    @cached_property
    def _by_spelling(self) -> dict[str, Book]:
        return {spelling: book for book in self.books.values() for spelling in (book.key, *book.aliases)}

    @cached_property
    def _league_by_word(self) -> dict[str, League]:
        words = {}
        for league in self.leagues.values():
            for word in (league.sport_key, league.league.lower(), *league.aliases):
                words[word] = league
        return words

    def book(self, key: str) -> Book | None:
        """The book a feed means by this key, aliases resolved; None when it is not known."""
        return self._by_spelling.get(key)

    def league(self, sport_key: str) -> League | None:
        """The league with this sport_key; None when it is not known."""
        return self.leagues.get(sport_key)

    def league_named(self, name: str) -> League | None:
        """The league a folder or file name speaks of: the longest known word in it that stands by itself.

        `oddsapi_kbo_2026` is Korean baseball. None when no league, or no single one, is named.
        """
        text = f"_{name.lower().replace('-', '_').replace(' ', '_').replace('.', '_')}_"
        found = sorted((word for word in self._league_by_word if f"_{word}_" in text), key=len, reverse=True)
        leagues = {self._league_by_word[word].sport_key for word in found if len(word) == len(found[0])}
        return self.leagues[leagues.pop()] if len(leagues) == 1 else None


@cache
def load_reference() -> Reference:
    """The reference data that ship with the package, read once per process."""
    return Reference(read_books(_table("books")), read_leagues(_table("leagues")))


@cache
def load_method_choices() -> MethodChoices:
    """Which method of removing a margin is used where, as it ships with the package, read once per process."""
    return read_method_choices(_table("devig"))


@cache
def load_book_weights() -> BookWeights:
    """How much books weigh in the sharp-weighted consensus, as it ships with the package, read once per process."""
    return read_book_weights(_table("book_weights"))


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
