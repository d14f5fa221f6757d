"""`stratum report-card`: how right each kind of signal was, on planted and on recorded markets."""

import shlex
import sys
from pathlib import Path

import rich_click as click

from stratum_pipelines.cli import StratumError
from stratum_pipelines.commands.output import opened_platform, print_json, progress

MOST_DAYS = 60


@click.command(name="report-card")
@click.option(
    "--archive",
    "archives",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    multiple=True,
    metavar="FOLDER",
    help="Judge a recorded archive in place of the warehouse; may be repeated. It is computed anew, and nothing is kept.",
)
@click.option(
    "--simulate",
    "days",
    type=click.IntRange(0, MOST_DAYS),
    metavar="DAYS",
    default=0,
    help="Judge what was planted in so many days of the built-in market; alone, in place of the warehouse.",
)
@click.option("--seed", type=int, metavar="N", default=7, show_default=True, help="Seed of the simulated market.")
@click.option("--format", "shape", type=click.Choice(["markdown", "json"]), default="markdown", show_default=True)
def report_card(archives: tuple[Path, ...], days: int, seed: int, shape: str) -> None:
    """Say how right each kind of signal was: precision and recall, lift over placebo, what went back, value at the close."""
    from stratum_pipelines.archive_import import ArchiveError
    from stratum_pipelines.commands.progress import LongWork
    from stratum_pipelines.report_card_page import as_page, as_record
    from stratum_pipelines.report_cards import of_archive, of_planted, of_warehouse

    planted, recorded = None, []
    if days:
        progress.print(f"simulating {days} days")
        with LongWork() as work:
            planted = of_planted(days, seed, on_stored=work.stored, on_day=work.day)
    for folder in archives:
        progress.print(f"computing {folder}")
        try:
            with LongWork() as work:
                recorded += of_archive(folder, on_stored=work.stored, on_day=work.day)
        except (ArchiveError, ValueError) as error:
            raise StratumError(str(error)) from error
    if not days and not archives:
        with opened_platform(filled=True) as platform:
            recorded = of_warehouse(platform)
    if shape == "json":
        print_json(as_record(planted, recorded))
    else:
        sys.stdout.write(as_page(_command(archives, days, seed), planted, recorded))


def _command(archives: tuple[Path, ...], days: int, seed: int) -> str:
    """What was typed to get here."""
    words = ["stratum", "report-card"]
    if days:
        words += ["--simulate", str(days), "--seed", str(seed)]
    return shlex.join([*words, *(word for folder in archives for word in ("--archive", str(folder)))])
