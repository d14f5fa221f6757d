"""`stratum doctor`: what is configured, reachable and stale, and what to do."""

import datetime as dt
import os
import sys

import rich_click as click
from rich.table import Table as Grid

from stratum_pipelines.commands.output import json_option, opened_platform, print_json, results

COLOURS = {"ok": "green", "warning": "yellow", "fault": "red"}


@click.command(name="doctor")
@json_option
def doctor(as_json: bool) -> None:
    """Say what is configured, reachable and stale, and what to do; exit status 1 when something is broken."""
    from stratum_pipelines.doctor import examine

    with opened_platform() as platform:
        findings = examine(platform, os.environ, dt.datetime.now(dt.UTC))
    if as_json:
        print_json(findings)
    else:
        grid = Grid(header_style="bold")
        for name in ("", "what", "seen", "what to do"):
            grid.add_column(name, overflow="fold")
        for found in findings:
            colour = COLOURS[found.state]
            grid.add_row(f"[{colour}]{found.state}[/{colour}]", found.subject, found.seen, found.remedy)
        results.print(grid)
    sys.exit(1 if any(found.state == "fault" for found in findings) else 0)
