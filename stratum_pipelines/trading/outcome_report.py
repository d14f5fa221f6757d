"""What came of paper bets, as a person reads it."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table as Grid

Outcomes = Sequence[Mapping[str, Any]]
COLUMNS = ("bets", "games", "open", "void", "won-push-lost", "staked", "profit", "yield %", "by close %")
# What tells most, where all columns have no room.
NARROW = ("bets", "open", "void", "profit", "yield %", "by close %")


def paper_grid(outcomes: Outcomes, stake: int, is_wide: bool) -> Grid:
    """A row per strategy, and last one over all, money in units of the stake."""
    grid = Grid(title="Paper bets", title_justify="left", header_style="bold")
    grid.add_column("strategy", no_wrap=True)
    names = COLUMNS if is_wide else NARROW
    for name in names:
        grid.add_column(name, justify="right", no_wrap=True)
    for row in (*outcomes[1:], *outcomes[:1]):
        shown = _shown(row, stake)
        grid.add_row(row["strategy"] or "all", *(shown[name] for name in names))
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
        "have taken it is not known. staked and profit: settled bets, in units. yield: profit over stakes. by close: the yield "
        "to expect if the closing line was right; what the yield is beyond it was luck, or the close was wrong. ±: 95 % "
        f"intervals by game, because bets on one game win and lose together. {verdict}"
    )


def _shown(row: Mapping[str, Any], stake: int) -> dict[str, str]:
    """The cells of a row by their columns."""
    return {
        "bets": f"{row['n']:,}",
        "games": f"{row['n_games']:,}",
        "open": f"{row['n_open']:,}",
        "void": f"{row['n_void']:,}",
        "won-push-lost": f"{row['n_won']:,}-{row['n_pushed']:,}-{row['n_lost']:,}",
        "staked": f"{row['staked'] / stake:,.0f}",
        "profit": f"{row['profit'] / stake:+,.1f}",
        "yield %": _percent(row, "yield"),
        "by close %": _percent(row, "close_yield"),
    }


def _percent(row: Mapping[str, Any], name: str) -> str:
    """A share in percent, with the reach of its interval where it has one."""
    share, high = row[name], row[f"{name}_high"]
    if share is None:
        return ""
    return f"{100 * share:+.1f}" + (f" ±{100 * (high - share):.1f}" if high is not None else "")
