"""The options by which `stratum trades` commands say which trades they are about."""

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import rich_click as click

from stratum_pipelines.cli import StratumError
from stratum_pipelines.commands.output import Day

if TYPE_CHECKING:
    from stratum_pipelines.trading.chosen import Choice

OPTIONS = (
    click.option("--account", default="", metavar="NAME", help="Only of this account."),
    click.option("--strategy", default="", metavar="NAME", help="Only of this strategy."),
    click.option("--symbol", default="", metavar="SYMBOL", help="Only in this symbol or sport."),
    click.option("--source", type=click.Choice(["bot", "manual", "paper", "backtest"]), help="Only of this source."),
    click.option("--currency", default="", metavar="CODE", help="Only in this currency, such as USD."),
    click.option("--from", "first", type=Day(), help="Entered on this day or later."),
    click.option("--to", "last", type=Day(), help="Entered on this day or before."),
    click.option(
        "--zone", default="UTC", show_default=True, help="Whose days and hours count, such as America/New_York."
    ),
)


def choosing(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command with the options that say which trades."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def choice_of(
    *,
    account: str,
    strategy: str,
    symbol: str,
    source: str | None,
    currency: str,
    first: dt.date | None,
    last: dt.date | None,
    zone: str,
) -> "Choice":
    """The choice the options make; what cannot be chosen is one clear line."""
    from stratum_pipelines.trading.chosen import Choice

    try:
        symbol = symbol.upper() if symbol.isalpha() else symbol
        return Choice(account, strategy, symbol, source or "", currency.upper(), first, last, zone)
    except ValueError as error:
        raise StratumError(str(error)) from error
