"""What is known of a bookmaker, and the list of them; the data stand in books.toml."""

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["sharp", "retail", "exchange"]
KINDS: tuple[Kind, ...] = ("sharp", "retail", "exchange")
REGIONS = ("us", "us2", "us_dfs", "us_ex", "uk", "eu", "fr", "se", "au")


@dataclass(frozen=True)
class Book:
    """A bookmaker under its canonical key. Books of one `operator_group` count once; a book alone is its own group."""

    key: str
    title: str
    region: str
    kind: Kind
    operator_group: str
    aliases: tuple[str, ...] = ()


def read_books(table: dict[str, Any]) -> dict[str, Book]:
    """Books by key. Raises ValueError for an unknown kind or region and for a spelling that means two books."""
    books: dict[str, Book] = {}
    spellings: dict[str, str] = {}
    for key, entry in table.items():
        book = Book(
            key=key,
            title=entry["title"],
            region=entry["region"],
            kind=entry["kind"],
            operator_group=entry.get("group", key),
            aliases=tuple(entry.get("aliases", ())),
        )
        if book.kind not in KINDS:
            raise ValueError(
                f"Bookmaker {key} has the kind {book.kind!r}; use one of {', '.join(KINDS)} in books.toml."
            )
        if book.region not in REGIONS:
            raise ValueError(
                f"Bookmaker {key} has the region {book.region!r}; use one of {', '.join(REGIONS)} in books.toml."
            )
        for spelling in (key, *book.aliases):
            if spelling in spellings:
                raise ValueError(
                    f"The spelling {spelling!r} means both {spellings[spelling]} and {key}; remove one from books.toml."
                )
            spellings[spelling] = key
        books[key] = book
    return books
