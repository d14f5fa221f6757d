"""How the API's commands speak: errors as one clear line, results as a table or as JSON, times as ISO 8601."""

import datetime as dt
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import rich_click as click

from stratum_api.credentials import hide_keys
from warehouse.database import Database
from warehouse.errors import WarehouseError
from warehouse.settings import Settings, hide_secrets, read_settings

ACTOR = "command line"

json_option = click.option("--json", "as_json", is_flag=True, help="Print machine-readable JSON instead of a table.")


class CommandFailed(click.ClickException):
    """One clear line on standard error, and exit status 1."""

    def show(self, file: Any = None) -> None:
        """Print the line, without passwords and keys."""
        click.echo("stratum: " + hide_keys(hide_secrets(" ".join(self.format_message().split()))), err=True)


@contextmanager
def opened_database() -> Iterator[tuple[Settings, Database]]:
    """The settings and the migrated database of the environment; what goes wrong inside becomes one clear line."""
    try:
        settings = read_settings(os.environ)
        with Database(settings.database_url) as database:
            database.migrate()
            yield settings, database
    except WarehouseError as error:
        raise CommandFailed(str(error)) from error


def show_rows(rows: Sequence[dict[str, Any]], *, as_json: bool, nothing: str) -> None:
    """Print rows as a table or as JSON; `nothing` is what a table without rows says instead."""
    if as_json:
        show_json(rows)
        return
    if not rows:
        click.echo(nothing)
        return
    from rich.console import Console
    from rich.table import Table as Grid

    grid = Grid(header_style="bold")
    for name in rows[0]:
        grid.add_column(name, overflow="fold")
    for row in rows:
        grid.add_row(*(_text(value) for value in row.values()))
    Console(highlight=False, width=None if sys.stdout.isatty() or os.environ.get("COLUMNS") else 160).print(grid)


def show_json(value: Any) -> None:
    """Print one JSON document."""
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def now() -> dt.datetime:
    """This moment: commands are where the clock is read."""
    return dt.datetime.now(dt.UTC)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)
