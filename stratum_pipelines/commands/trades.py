"""`stratum trades`: what is done with trades, each in a file of its own beside this one."""

import rich_click as click

from stratum_pipelines.commands.trades_import import import_trades
from stratum_pipelines.commands.trades_list import list_trades

# A command of the group stands in a file trades_<name>.py and is listed here.
COMMANDS: tuple[click.Command, ...] = (import_trades, list_trades)


@click.group(name="trades")
def trades() -> None:
    """Import trades and bets, and list them."""


for command in COMMANDS:
    trades.add_command(command)
