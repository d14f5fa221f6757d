"""The command line, `stratum`: a thin door. Commands are found by name in an entry-point group and loaded when called.

So no package imports another for its commands, and `stratum --help` loads none of what they need.
"""

import difflib
import os
import sys
import tempfile
import traceback
from importlib.metadata import EntryPoint, entry_points

import rich_click as click
from click.exceptions import Exit, NoArgsIsHelpError

from warehouse.settings import hide_secrets

GROUP = "stratum.commands"


class StratumError(click.ClickException):
    """One clear line on standard error and exit status 1."""

    def show(self, file: object = None) -> None:
        """Print the line, the commands in it as they can be typed here."""
        from stratum_pipelines.hints import with_hints

        say(with_hints(self.format_message(), GROUP))


class ReaderGone(Exception):
    """Whoever read our output has closed it."""


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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command the first argument names; an unknown one is answered with those that are close."""
        if args and not args[0].startswith("-") and args[0] not in self.found():
            close = difflib.get_close_matches(args[0], self.found(), n=1)
            meant = f"Did you mean {close[0]}?" if close else f"Known are: {', '.join(self.list_commands(ctx))}."
            raise click.UsageError(f"There is no command {args[0]!r}. {meant}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a closed pipe is told apart from its errors, which Click by itself does not."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderGone from error


@click.group(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="stratum", prog_name="stratum")
def commands() -> None:
    """Betting-market intelligence: odds in; consensus, signals, closing lines and closing-line value out."""


def main() -> None:
    """Run the command line; whatever goes wrong ends in one clear line and a non-zero exit status."""
    try:
        commands.main(prog_name="stratum", standalone_mode=False)
        sys.stdout.flush()
    except Exit as stop:
        sys.exit(stop.exit_code)
    except NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.UsageError as error:
        place = error.ctx.command_path if error.ctx else "stratum"
        say(f"{error.format_message()} See: {place} --help")
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        say("stopped. What was finished is stored; run the same command again to go on.")
        sys.exit(130)
    except (ReaderGone, BrokenPipeError):
        # `| head` has seen enough: what is still buffered is not written at the end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(0)
    except OSError as error:
        say(os_trouble(error))
        sys.exit(1)
    except Exception as error:
        say(unexpected(error))
        sys.exit(1)


def say(message: str) -> None:
    """Print one line on standard error, without passwords."""
    click.echo("stratum: " + hide_secrets(" ".join(message.split())), err=True)


def os_trouble(error: OSError) -> str:
    """What the system refused, and about which file."""
    about = f": {error.filename}" if error.filename is not None else ""
    reason = error.strerror or str(error) or type(error).__name__
    return f"{reason}{about}. Look at the disk and at who may write there; STRATUM_HOME names the folder of all state."


def unexpected(error: Exception) -> str:
    """The line about a fault nobody foresaw; where it came from is put into a file that can be sent with a report."""
    text = hide_secrets("".join(traceback.format_exception(error)))
    said = f"an unexpected fault, {type(error).__name__}: {error}"
    try:
        with tempfile.NamedTemporaryFile("w", prefix="stratum-fault-", suffix=".txt", delete=False) as file:
            file.write(text)
    except OSError:
        return said
    return f"{said[:500]}. The details are in {file.name}."
