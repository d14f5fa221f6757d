"""`stratum run`: the main job, on a recorded archive or on the built-in simulator, and `stratum import`."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click
from rich.markup import escape

from stratum_pipelines.cli import StratumError
from stratum_pipelines.commands.output import counted, json_option, opened_platform, print_json, results
from stratum_pipelines.commands.progress import LongWork
from stratum_pipelines.hints import hint

if TYPE_CHECKING:
    from stratum_pipelines.archive_import import Imported
    from stratum_pipelines.platform import Platform
    from stratum_pipelines.summary import Summary

MOST_DAYS = 60


@click.command(name="run")
@click.option(
    "--archive",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Folder of a recorded archive; without one the built-in simulator is run.",
)
@click.option("--days", type=click.IntRange(1, MOST_DAYS), metavar="N", help="Days to simulate.  [default: 3]")
@click.option(
    "--sport", "sports", multiple=True, metavar="SPORT", help="Sport to simulate, such as soccer_epl; may be repeated."
)
@click.option("--seed", type=int, metavar="N", help="Seed of the simulated market.  [default: 7]")
@json_option
def run(archive: Path | None, days: int | None, sports: tuple[str, ...], seed: int | None, as_json: bool) -> None:
    """Take odds through the whole chain: raw, snapshots, consensus, signals, closing lines, closing-line value."""
    from stratum_pipelines.report import print_summary
    from stratum_pipelines.summary import summarise

    if archive and (days is not None or sports or seed is not None):
        raise StratumError("--days, --sport and --seed are for the simulator; leave them out with --archive.")
    started = time.perf_counter()
    with opened_platform() as platform:
        if archive:
            imported = _import(platform, archive)
        else:
            imported = _simulate(platform, days or 3, sports, 7 if seed is None else seed)
        summary = summarise(platform, imported.stored.providers)
        seconds = time.perf_counter() - started
        if as_json:
            print_json({"summary": summary, "imported": imported.as_record(), "seconds": round(seconds, 3)})
        else:
            print_summary(results, summary, seconds, imported.detections)
            _say_what_next(summary)
            _say_stale(imported)


@click.command(name="import")
@click.argument("folder", type=click.Path(path_type=Path))
@json_option
def import_folder(folder: Path, as_json: bool) -> None:
    """Import a recorded archive and compute the days it touches."""
    with opened_platform() as platform:
        imported = _import(platform, folder)
        if as_json:
            print_json(imported.as_record())
        else:
            stored, computed = imported.stored, imported.computed
            results.print(
                f"{counted(stored.n_answers, 'answer')} seen, {stored.n_new:,} new; "
                f"{counted(len(computed.days), 'day')} computed, {counted(computed.quotes, 'quote')}; "
                f"{counted(imported.n_results, 'result')} added."
            )
            _say_stale(imported)


def _simulate(platform: "Platform", days: int, sports: tuple[str, ...], seed: int) -> "Imported":
    from stratum_pipelines.simulation.sports import sport_of
    from stratum_pipelines.simulation_run import import_simulation

    try:
        for sport_key in sports:
            sport_of(sport_key)
    except ValueError as error:
        raise StratumError(str(error)) from error
    with LongWork() as work:
        return import_simulation(platform, days=days, sports=sports, seed=seed, on_stored=work.stored, on_day=work.day)


def _import(platform: "Platform", folder: Path) -> "Imported":
    from stratum_pipelines.archive_import import ArchiveError, import_archive, provider_of
    from stratum_pipelines.results import read_results_folder

    if folder.is_file():
        raise StratumError(f"{folder} is a file. Give the folder it lies in.")
    try:
        provider_of(platform, folder)
        # They are entered last; a file that cannot be read is better said now than after minutes.
        read_results_folder(folder)
    except (ArchiveError, ValueError) as error:
        raise StratumError(str(error)) from error
    try:
        with LongWork() as work:
            return import_archive(platform, folder, on_stored=work.stored, on_day=work.day)
    except ArchiveError as error:
        raise StratumError(str(error)) from error


def _say_what_next(summary: "Summary") -> None:
    """Commands to go on with; a long one is left to the terminal to break, so that it can be copied."""
    signal = summary.example_signal
    steps = [
        *([(f"stratum trace {str(signal['signal_id'])[:12]}", "where a strong signal came from")] if signal else []),
        ('stratum sql "select * from signals order by strength_score desc limit 10"', ""),
        ("stratum doctor", "what is configured, reachable and stale"),
        ("make up", "Dagster: lineage, plots, live polling"),
    ]
    width = max(len(hint(command)) for command, remark in steps if remark)
    results.print("\n[bold]What to open next[/bold]")
    for command, remark in steps:
        said = f"  [dim]# {remark}[/dim]" if remark else ""
        results.print(f"  {escape(hint(command).ljust(width) if remark else hint(command))}{said}", soft_wrap=True)


def _say_stale(imported: "Imported") -> None:
    """Name the days that the new answers have put out of date."""
    if imported.still_stale.height:
        days = imported.still_stale["date"].unique().sort()
        rest = "rests" if len(days) == 1 else "rest"
        results.print(
            f"\n[yellow]{counted(len(days), 'day')} of other answers {rest} on older numbers[/yellow] "
            f"({days[0]} to {days[-1]}). Recompute with: {escape(hint('stratum backfill --stale'))}",
            soft_wrap=True,
        )
