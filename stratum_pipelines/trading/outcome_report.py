"""What came of paper bets, as a person reads it."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table as Grid

Outcomes = Sequence[Mapping[str, Any]]
WIDE = {
    "bets": "n",
    "games": "n_games",
    "open": "n_open",
    "void": "n_void",
    "won": "n_won",
    "push": "n_pushed",
    "lost": "n_lost",
}
NARROW = {"bets": "n", "open": "n_open", "void": "n_void"}


def paper_grid(outcomes: Outcomes, stake: int, is_wide: bool) -> Grid:
    """A row per strategy, and last one over all, money in units of the stake."""
    grid = Grid(title="Paper bets", title_justify="left", header_style="bold")
    grid.add_column("strategy", no_wrap=True)
    counts = WIDE if is_wide else NARROW
    for name in (*counts, "staked", "profit", "yield"):
        grid.add_column(name, justify="right", no_wrap=True)
    for row in (*outcomes[1:], *outcomes[:1]):
        grid.add_row(
            row["strategy"] or "all",
            *(f"{row[name]:,}" for name in counts.values()),
            f"{row['staked'] / stake:,.0f}",
            f"{row['profit'] / stake:+,.1f}",
            _yield(row),
        )
    return grid


def about_paper(outcomes: Outcomes, stake: int) -> str:
    """What the figures are, and what they are not."""
    above = [row["strategy"] or "all" for row in outcomes if row["yield_low"] is not None and row["yield_low"] > 0]
    verdict = (
        f"Above 0 with the whole interval: {', '.join(above)}; that is this archive, looked at afterwards, and of several "
        "strategies one easily is by chance."
        if above
        else "No yield is above 0 with its whole interval."
    )
    return (
        "On paper: nobody placed these bets. Each backs a signal's outcome at the signal's entry, the best quote then on "
        f"offer, always with the same stake (a unit, {stake:,} minor units of {outcomes[0]['currency']}); whether a book would "
        "have taken it is not known. staked and profit: settled bets, in units. yield: profit over stakes, with its 95 % "
        f"interval by game, because bets on one game win and lose together. {verdict}"
    )


def _yield(row: Mapping[str, Any]) -> str:
    if row["yield"] is None:
        return ""
    reach = f" ±{100 * (row['yield_high'] - row['yield']):.1f}" if row["yield_high"] is not None else ""
    return f"{100 * row['yield']:+.1f}{reach} %"
