"""The command line, `stratum`: a thin door. Commands are found by name in an entry-point group and loaded when called.

So no package imports another for its commands, and `stratum --help` loads none of what they need.
"""

import sys
from importlib.metadata import EntryPoint, entry_points

import rich_click as click
from click.exceptions import Exit

GROUP = "stratum.commands"


class StratumError(click.ClickException):
    """One clear line on standard error and exit status 1."""

    def show(self, file: object = None) -> None:
        """Print the line."""
        click.echo(f"stratum: {self.format_message()}", err=True)


class LazyCommands(click.RichGroup):
    """A group whose commands are entry points, imported on first use."""

    def found(self) -> dict[str, EntryPoint]:
        """Commands by name."""
        return {point.name: point for point in entry_points(group=GROUP)}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands, sorted."""
        return sorted(self.found())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        point = self.found().get(cmd_name)
        return point.load() if point else None


@click.group(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="stratum", prog_name="stratum")
def commands() -> None:
    """Betting-market intelligence: odds in; consensus, signals, closing lines and closing-line value out."""


def main() -> None:
    """Run the command line; whatever goes wrong ends in one clear line and a non-zero exit status."""
    try:
        commands.main(prog_name="stratum", standalone_mode=False)
    except Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stratum: stopped. What was finished is stored; run the same command again to go on.", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
