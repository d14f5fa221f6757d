"""How commands speak: the platform opened from the environment, progress on standard error, results on standard output."""

import datetime as dt
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click
from rich.console import Console

from stratum_pipelines.cli import StratumError
from stratum_pipelines.hints import hint

if TYPE_CHECKING:
    from stratum_pipelines.platform import Platform
    from stratum_pipelines.signals import Overrides
    from warehouse.settings import Settings

# A pipe or a log has no width of its own; tables need about so many columns to stay readable.
PIPE_WIDTH = 110


class Output(Console):
    """A console that leaves a closed pipe (`| head`) to whoever runs the command."""

    def on_broken_pipe(self) -> None:
        """Say upwards that nobody reads any more."""
        raise BrokenPipeError


def _width() -> int | None:
    return None if sys.stdout.isatty() or os.environ.get("COLUMNS") else PIPE_WIDTH


results = Output(highlight=False, width=_width())
progress = Output(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())


def print_json(value: object) -> None:
    """One JSON document on standard output; times as ISO 8601, dates likewise."""
    import msgspec

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2).decode() + "\n")


def counted(number: int, noun: str) -> str:
    """The number with its noun: 1 day, 2 days."""
    return f"{number:,} {noun if number == 1 else noun + 's'}"


def environment() -> "Settings":
    """The settings of the warehouse, read from the environment."""
    from warehouse.errors import WarehouseError
    from warehouse.settings import read_settings

    try:
        return read_settings(os.environ)
    except WarehouseError as error:
        raise StratumError(str(error)) from error


def require_lake(settings: "Settings") -> None:
    """Refuse to answer questions about a warehouse that is not there: most likely the folder is the wrong one."""
    if "://" not in settings.lake_url and not Path(settings.lake_url).is_dir():
        raise StratumError(
            f"There is no warehouse in {settings.home}. Fill it with: {hint('stratum run')}. "
            "Or say where it is: STRATUM_HOME=FOLDER (by default .stratum in the working folder)."
        )


@contextmanager
def opened_platform(
    *, filled: bool = False, opener: "Callable[[Settings, Overrides], Platform] | None" = None
) -> Iterator["Platform"]:
    """The platform the environment describes; what goes wrong inside becomes one clear line.

    `filled` refuses a warehouse that is not there yet, for commands that only ask. `opener` makes the platform of the
    settings in another way than `open_platform`.
    """
    from stratum_pipelines.platform import open_platform
    from stratum_pipelines.polling_pause import PollingGoesOn
    from stratum_pipelines.readers import ReaderStopped
    from warehouse.errors import WarehouseError

    settings = environment()
    if filled:
        require_lake(settings)
    try:
        yield _open(settings, opener or open_platform)
    except (WarehouseError, PollingGoesOn, ReaderStopped) as error:
        raise StratumError(str(error)) from error


def _open(settings: "Settings", opener: "Callable[[Settings, Overrides], Platform]") -> "Platform":
    from stratum_pipelines.paper_terms import read_paper_terms
    from stratum_pipelines.settings import read_final_after, read_overrides
    from warehouse.errors import WarehouseError
    from warehouse.settings import hide_secrets

    overrides, final_after = read_overrides(os.environ), read_final_after(os.environ)
    paper = read_paper_terms(os.environ)
    try:
        return replace(opener(settings, overrides), final_after=final_after, paper=paper)
    except WarehouseError:
        raise
    except OSError as error:
        if settings.home.is_dir() or not settings.home.is_relative_to(error.filename or settings.home / "nothing"):
            raise
        raise StratumError(
            f"The folder of all state, {settings.home}, cannot be made ({error.strerror}: {error.filename}). "
            "Name one that can: STRATUM_HOME=FOLDER (by default .stratum in the working folder)."
        ) from error
    except ValueError as error:
        # The error may quote a part of the password that was taken for a port.
        raise StratumError(
            "STRATUM_DATABASE_URL cannot be read: it must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME, "
            "with signs such as @ : / in the password written as %40 %3A %2F."
        ) from error
    except Exception as error:
        if "://" not in settings.lake_url:
            raise
        raise StratumError(f"The lake {hide_secrets(settings.lake_url)} cannot be used: {error}") from error


class Day(click.ParamType):
    """A day written as 2025-10-09."""

    name = "DAY"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        """The date."""
        if isinstance(value, dt.date):
            return value
        try:
            return dt.datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=dt.UTC).date()
        except ValueError:
            self.fail(f"{value!r} is no day. Write it as 2025-10-09.", param, ctx)


json_option = click.option("--json", "as_json", is_flag=True, help="Print machine-readable JSON instead of a report.")
