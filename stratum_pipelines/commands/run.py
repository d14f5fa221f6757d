"""`stratum run`: the main job, on a recorded archive or on the built-in simulator, and `stratum import`."""

import time
from pathlib import Path

import rich_click as click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from stratum_pipelines.cli import StratumError
from stratum_pipelines.commands.output import json_option, opened_platform, print_json, progress, results


@click.command(name="run")
@click.option(
    "--archive", type=click.Path(path_type=Path), help="Folder of a recorded archive; the simulator without one."
)
@click.option(
    "--days", type=click.IntRange(1, 60), default=3, show_default=True, help="Days to simulate, without an archive."
)
@click.option("--sport", "sports", multiple=True, help="Sport to simulate, as the provider spells it; may be repeated.")
@click.option("--seed", type=int, default=7, show_default=True, help="Seed of the simulated market.")
@json_option
def run(archive: Path | None, days: int, sports: tuple[str, ...], seed: int, as_json: bool) -> None:
    """Take odds through the whole chain: raw, snapshots, consensus, signals, closing lines, closing-line value."""
    from stratum_pipelines.report import print_summary
    from stratum_pipelines.summary import summarise

    started = time.perf_counter()
    with opened_platform() as platform:
        if archive is None:
            from stratum_pipelines.simulation_run import import_simulation

            try:
                with Shown() as shown:
                    imported = import_simulation(
                        platform, days=days, sports=sports, seed=seed, on_stored=shown.stored, on_day=shown.day
                    )
            except ValueError as error:
                raise StratumError(str(error)) from error
        else:
            imported = _import(platform, archive)
        summary = summarise(platform)
        seconds = time.perf_counter() - started
        if as_json:
            print_json({"summary": summary, "imported": imported.as_record(), "seconds": round(seconds, 3)})
        else:
            print_summary(results, summary, seconds, imported.detections)
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
                f"{stored.n_answers:,} answers seen, {stored.n_new:,} new; {len(computed.days)} days computed, "
                f"{computed.quotes:,} quotes; {imported.n_results:,} results added."
            )
            _say_stale(imported)


def _import(platform, folder: Path):  # type: ignore[no-untyped-def]
    from stratum_pipelines.archive_import import ArchiveError, import_archive

    try:
        with Shown() as shown:
            return import_archive(platform, folder, on_stored=shown.stored, on_day=shown.day)
    except ArchiveError as error:
        raise StratumError(str(error)) from error


def _say_stale(imported) -> None:  # type: ignore[no-untyped-def]
    if imported.still_stale.height:
        days = imported.still_stale["date"].unique().sort()
        results.print(
            f"\n[yellow]{len(days)} later days rest on older numbers[/yellow] ({days[0]} to {days[-1]}). "
            "Recompute them with: stratum backfill --stale"
        )


class Shown:
    """Progress on standard error while answers are stored and days computed; silent when it is not a terminal."""

    def __enter__(self) -> "Shown":
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self.progress = Progress(*columns, console=progress, transient=False)
        self.progress.start()
        self.storing = self.progress.add_task("storing raw answers", total=None)
        self.computing = self.progress.add_task("computing days", total=None)
        return self

    def __exit__(self, *error: object) -> None:
        self.progress.stop()

    def stored(self, stored) -> None:  # type: ignore[no-untyped-def]
        """Show how many answers have been stored."""
        self.progress.update(self.storing, completed=stored.n_answers, total=stored.n_answers)
        self.progress.update(self.computing, total=len(stored.days))

    def day(self, report) -> None:  # type: ignore[no-untyped-def]
        """Show a computed day."""
        signals = report.rows.get("signals", 0)
        described = f"computing days ({report.day}: {report.quotes:,} quotes, {signals:,} signals)"
        self.progress.update(self.computing, advance=1, description=described)
