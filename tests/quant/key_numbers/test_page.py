"""The numbers docs/methodology/key-numbers.md shows are those of the table that ships."""

import numpy as np

from stratum_pipelines.quant.key_numbers import half_points, score_table
from stratum_pipelines.quant.key_numbers.counts import either_way, frequencies
from stratum_pipelines.reference import load_reference
from stratum_pipelines.reference.key_numbers import Cell, load_key_numbers
from tests.conftest import REPOSITORY
from tests.quant.key_numbers.games import NFL

PAGE = " ".join((REPOSITORY / "docs" / "methodology" / "key-numbers.md").read_text("utf-8").split())
CELLS = [cell for cell in load_key_numbers().cells if (cell.league, cell.market) == (NFL, "spreads")]


def cell(era: str, by: str = "", at_least: float | None = None) -> Cell:
    return next(c for c in CELLS if (c.era, c.by, c.at_least) == (era, by, at_least))


def test_the_margins_it_shows_are_those_counted() -> None:
    eras = ["2011-2014", "2015-2018", "2025", ""]
    shown = {number: [f"| {number} |"] for number in (3, 6, 7, 10, 14)}
    for era in eras:
        assert f"{era or 'all'}, {cell(era).games:,} games" in PAGE
        for row in frequencies(either_way(cell(era))).iter_rows(named=True):
            if row["number"] in shown:
                share, low, high = (100 * row[name] for name in ("share", "low", "high"))
                shown[row["number"]].append(f" {share:.1f} % ({low:.1f} to {high:.1f}) |")
    for cells in shown.values():
        assert "".join(cells) in PAGE


def test_the_half_points_it_shows_are_those_of_the_table() -> None:
    numbers = -np.array([2.5, 3, 3.5, 4, 6, 6.5, 7, 7.5, 9, 10, 14])
    found = half_points(score_table(load_reference().leagues[NFL], "spreads"), numbers)
    for number, push, more, less, gained, lost in zip(*found, strict=True):
        row = f"| {number:g} | {100 * push:.1f} % | {more:.4f} | {gained:.1f} cents | {less:.4f} | {lost:.1f} cents |"
        assert row in PAGE, row


def test_the_pushes_it_doubts_are_those_counted() -> None:
    for at_least, margin, seen in ((3.0, 3, (390, 37)), (7.0, 7, (185, 14))):
        bucket = cell("", "spread", at_least)
        assert (bucket.games, bucket.hits[margin - bucket.lowest]) == seen
        (row,) = (row for row in frequencies(bucket).iter_rows(named=True) if row["number"] == margin)
        share, low, high = (100 * row[name] for name in ("share", "low", "high"))
        assert f"{share:.1f} % ({low:.1f} to {high:.1f})" in PAGE
