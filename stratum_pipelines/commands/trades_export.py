"""`stratum trades export`: trades as CSV, JSON or Parquet."""

import sys
from pathlib import Path
from typing import Any

import rich_click as click

from stratum_pipelines.cli import StratumError
from stratum_pipelines.commands.choosing import choice_of, choosing
from stratum_pipelines.commands.output import counted, opened_platform, progress


@click.command(name="export")
@choosing
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json", "parquet"]),
    default="csv",
    show_default=True,
    help="Money is in minor units beside its currency in all of them.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The file.  [default: standard output]")
def export(form: str, out: Path | None, **asked: Any) -> None:
    """Write trades with all their columns, the first entry first."""
    from stratum_pipelines.trading.exporting import export_to, export_trades

    choice = choice_of(**asked)
    if out is None and form == "parquet" and sys.stdout.isatty():
        raise StratumError("Parquet is no text to look at. Name a file: --out trades.parquet.")
    with opened_platform(filled=True) as platform:
        if out is None:
            written = export_trades(platform.lake, choice, form, sys.stdout.buffer)
        else:
            written = export_to(platform.lake, choice, form, out)
    progress.print(f"{counted(written, 'trade')} written{f' to {out}' if out else ''} ({choice})", markup=False)
