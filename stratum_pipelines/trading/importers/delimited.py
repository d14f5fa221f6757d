"""Text in columns: what parts them, where the names stand, and the rows, one by one."""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stratum_pipelines.trading.importers.source_file import SourceFile

DELIMITERS = ",;\t|"
# A quoted text may run over so many lines; beyond, its quote was never meant to open anything.
MOST_LINES = 20
LOOKED_AT = 50
WITH_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
WITH_POINT = re.compile(r"[+-]?[0-9]+\.[0-9]+")


@dataclass(frozen=True)
class Row:
    """One row: its cells, and the line it begins in. Cells are None where the line cannot be split."""

    cells: list[str] | None
    line: int
    text: str


def delimiter_of(lines: Iterable[str]) -> str:
    """The sign that parts the columns: the one the first line has most of; "" when it has none."""
    first = next(iter(lines), "")
    bare = re.sub(r'"[^"]*"', "", first)
    best = max(DELIMITERS, key=bare.count)
    return best if best in bare else ""


def has_decimal_comma(lines: list[str], delimiter: str) -> bool:
    """Whether the numbers of these lines are written with a comma, and none with a point."""
    if delimiter == ",":
        return False
    cells = [cell.strip().strip('"') for line in lines for cell in line.split(delimiter)]
    return any(map(WITH_COMMA.fullmatch, cells)) and not any(map(WITH_POINT.fullmatch, cells))


def rows_of(file: SourceFile, delimiter: str) -> Iterator[Row]:
    """The rows that are not blank, with the number of the line each begins in, from 1."""
    lines = _Numbered(file.lines())
    while (found := lines.next()) is not None:
        number, text = found
        joined = text
        taken: list[tuple[int, str]] = []
        while joined.count('"') % 2 and len(taken) < MOST_LINES and (more := lines.next()) is not None:
            taken.append(more)
            joined += more[1]
        if joined.count('"') % 2:
            # The quote never closes: the lines after it are rows of their own.
            lines.give_back(taken)
            joined = text
        if joined.strip():
            yield Row(_split(joined, delimiter), number, joined)


def _split(text: str, delimiter: str) -> list[str] | None:
    if '"' not in text:
        return text.rstrip("\r\n").split(delimiter)
    try:
        rows = list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


class _Numbered:
    """Lines with their numbers, some of which may be given back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = enumerate(lines, 1)
        self.waiting: deque[tuple[int, str]] = deque()

    def next(self) -> tuple[int, str] | None:
        return self.waiting.popleft() if self.waiting else next(self.lines, None)

    def give_back(self, lines: list[tuple[int, str]]) -> None:
        self.waiting.extendleft(reversed(lines))
