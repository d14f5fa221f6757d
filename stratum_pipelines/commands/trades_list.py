"""`stratum trades list`: trades by account, strategy, symbol, status, source and day."""

import datetime as dt
import sys

import rich_click as click

from stratum_pipelines.commands.output import Day, opened_platform, results
from stratum_pipelines.commands.rows import print_rows, write_csv, write_json


@click.command(name="list")
@click.option("--account", default="", metavar="NAME", help="Only of this account.")
@click.option("--strategy", default="", metavar="NAME", help="Only of this strategy.")
@click.option("--symbol", default="", metavar="SYMBOL", help="Only in this symbol or sport.")
@click.option(
    "--status", default="", type=click.Choice(["", "open", "closed", "void", "cancelled"]), help="Only these."
)
@click.option("--source", default="", type=click.Choice(["", "bot", "manual", "paper", "backtest"]), help="Only these.")
@click.option("--from", "first", type=Day(), help="Entered on this day or later (UTC).")
@click.option("--to", "last", type=Day(), help="Entered on this day or before (UTC).")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="The newest N alone.  [default: all]")
@click.option(
    "--format",
    "shape",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="table shows the newest to a person; csv and json give all columns, money in minor units.",
)
def list_trades(
    account: str,
    strategy: str,
    symbol: str,
    status: str,
    source: str,
    first: dt.date | None,
    last: dt.date | None,
    limit: int | None,
    shape: str,
) -> None:
    """List trades and bets, the newest entry first."""
    from stratum_pipelines.trading.listing import Asked, for_a_person, trades_of

    with opened_platform(filled=True) as platform:
        rows = trades_of(platform.lake, Asked(account, strategy, symbol, status, source, first, last), limit)
    if shape == "csv":
        write_csv(rows, sys.stdout)
    elif shape == "json":
        write_json(rows, sys.stdout)
    else:
        print_rows(for_a_person(rows), results)
