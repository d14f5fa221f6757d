"""How commands speak: the platform opened from the environment, progress on standard error, results on standard output."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import rich_click as click
from rich.console import Console

from stratum_pipelines.cli import StratumError

if TYPE_CHECKING:
    from stratum_pipelines.platform import Platform

# A pipe or a log has no width of its own; tables need about so many columns to stay readable.
results = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
progress = Console(stderr=True, highlight=False)


def print_json(value: object) -> None:
    """One JSON document on standard output; times as ISO 8601, dates likewise."""
    import msgspec

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2).decode() + "\n")


@contextmanager
def opened_platform() -> Iterator["Platform"]:
    """The platform the environment describes; what goes wrong inside becomes one clear line."""
    from stratum_pipelines.platform import open_platform
    from stratum_pipelines.polling_pause import PollingGoesOn
    from warehouse.errors import WarehouseError
    from warehouse.settings import read_settings

    try:
        yield open_platform(read_settings(os.environ))
    except (WarehouseError, PollingGoesOn) as error:
        raise StratumError(str(error)) from error


json_option = click.option("--json", "as_json", is_flag=True, help="Print machine-readable JSON instead of a report.")
