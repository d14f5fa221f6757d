"""Pieces of Markdown that the generated pages are made of."""

from collections.abc import Iterable, Sequence

MADE = "<!-- Made by `make docs` from the code; changes here are lost. -->"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; bars inside cells are escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
