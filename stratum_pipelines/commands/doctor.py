"""`stratum doctor`: what is configured, reachable and stale, and what to do."""

import datetime as dt
import os
import sys
from dataclasses import replace

import rich_click as click
from rich.table import Table as Grid
from rich.text import Text

from stratum_pipelines.cli import StratumError
from stratum_pipelines.commands.output import json_option, opened_platform, print_json, results
from stratum_pipelines.hints import with_hints
from warehouse.settings import hide_secrets

COLOURS = {"ok": "green", "warning": "yellow", "fault": "red"}


@click.command(name="doctor")
@json_option
def doctor(as_json: bool) -> None:
    """Say what is configured, reachable and stale, and what to do; exit status 1 when something is broken."""
    from stratum_pipelines.doctor import Finding, examine, open_to_look
    from stratum_pipelines.reference_pages import SETTINGS

    try:
        with opened_platform(opener=open_to_look) as platform:
            known = {setting.name for settings in SETTINGS.values() for setting in settings}
            findings = examine(platform, os.environ, dt.datetime.now(dt.UTC), known=known)
    except StratumError as error:
        said = hide_secrets(error.format_message())
        findings = [Finding("settings", "fault", said, "Mend this first; nothing else can be looked at.")]
    findings = [replace(found, remedy=with_hints(found.remedy)) for found in findings]
    if as_json:
        print_json(findings)
    else:
        grid = Grid(header_style="bold")
        for name in ("", "what"):
            grid.add_column(name, no_wrap=True)
        for name in ("seen", "what to do"):
            grid.add_column(name, overflow="fold")
        for found in findings:
            colour = COLOURS[found.state]
            grid.add_row(Text(found.state, style=colour), Text(found.subject), Text(found.seen), Text(found.remedy))
        results.print(grid)
    sys.exit(1 if any(found.state == "fault" for found in findings) else 0)
