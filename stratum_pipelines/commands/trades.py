"""`stratum trades`: what is done with trades, each in a file of its own beside this one."""

import rich_click as click

from stratum_pipelines.commands.trades_export import export
from stratum_pipelines.commands.trades_import import import_trades
from stratum_pipelines.commands.trades_list import list_trades
from stratum_pipelines.commands.trades_tear_sheet import tear_sheet_command

# A command of the group stands in a file trades_<name>.py and is listed here.
COMMANDS: tuple[click.Command, ...] = (import_trades, list_trades, export, tear_sheet_command)


@click.group(name="trades")
def trades() -> None:
    """Import trades and bets, list and measure them, and take them away."""


for command in COMMANDS:
    trades.add_command(command)
