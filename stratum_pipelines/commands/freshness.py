"""`stratum freshness`: how old every book's quotes are, and which books are late or silent."""

import datetime as dt
from typing import TYPE_CHECKING

import rich_click as click
from rich.table import Table as Grid
from rich.text import Text

from stratum_pipelines.commands.output import json_option, opened_platform, print_json, results
from stratum_pipelines.hints import hint

if TYPE_CHECKING:
    from stratum_pipelines.freshness_report import BookReport

AGES = ("age", "p50", "p95", "p99", "expected", "limit")
COLOURS = {"fresh": "green", "late": "yellow", "silent": "red", "paused": "dim", "idle": "dim"}


@click.command(name="freshness")
@click.option("--sport", "sport_key", metavar="SPORT", help="Only this sport, such as americanfootball_nfl.")
@json_option
def freshness(sport_key: str | None, as_json: bool) -> None:
    """Say of every book, sport and market how old its quotes are, what is expected, and whether it is late or silent."""
    from stratum_pipelines.freshness_report import freshness_report

    with opened_platform(filled=True) as platform:
        found = freshness_report(platform, dt.datetime.now(dt.UTC), sport_key)
    if as_json:
        print_json(found)
        return
    if not found:
        results.print(
            f"No book has been sighted{f' in {sport_key}' if sport_key else ''}. See: {hint('stratum doctor')}"
        )
        return
    for sport in sorted({one.sport_key for one in found}):
        books = [one for one in found if one.sport_key == sport]
        grid = Grid(title=f"{sport}, as of {max(one.at for one in books):%Y-%m-%d %H:%M:%S} UTC", title_justify="left")
        for heading in ("book", "market", "state", *AGES, "why"):
            grid.add_column(heading, justify="right" if heading in AGES else "left", header_style="bold")
        for one in books:
            ages = (one.age_s, one.age_p50_s, one.age_p95_s, one.age_p99_s, one.expected_gap_s, one.limit_s)
            state = Text(one.state, style=COLOURS[one.state])
            grid.add_row(one.bookmaker, one.market, state, *map(length, ages), _why(one))
        results.print(grid)


def _why(book: "BookReport") -> str:
    """Since when, and why, of a book that is not fresh."""
    if not book.reason or book.since_at is None:
        return ""
    return f"{book.reason.replace('_', ' ')} since {book.since_at:%m-%d %H:%M:%S}"


def length(seconds: float | None) -> str:
    """A length of time in the two units that matter.

    >>> length(42.4), length(150), length(8640), length(190_000), length(None)
    ('42s', '2m 30s', '2h 24m', '2d 4h', '')
    """
    if seconds is None:
        return ""
    whole = round(seconds)
    for unit, size, smaller, part in (("d", 86_400, "h", 3_600), ("h", 3_600, "m", 60), ("m", 60, "s", 1)):
        if whole >= size:
            return f"{whole // size}{unit} {whole % size // part}{smaller}"
    return f"{whole}s"
