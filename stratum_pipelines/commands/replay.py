"""`stratum replay`: the consensus and the signals that follow from stored quotes, under the settings in force."""

import datetime as dt
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from stratum_pipelines.cli import StratumError
from stratum_pipelines.commands.output import Day, counted, json_option, opened_platform, print_json, progress, results

if TYPE_CHECKING:
    from stratum_pipelines.replay_runs import DayOutcome


@click.command(name="replay")
@click.option("--from", "first", type=Day(), required=True, help="First day, UTC, as 2025-10-09.")
@click.option("--to", "last", type=Day(), required=True, help="Last day, UTC, included.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Write the rows into a lake in this folder."
)
@click.option("--no-signals", is_flag=True, help="The consensus alone, several times as fast.")
@click.option(
    "--processes", type=click.IntRange(1, 64), default=os.cpu_count() or 1, show_default="one a core", help="How many."
)
@json_option
def replay_command(
    first: dt.date, last: dt.date, out: Path | None, no_signals: bool, processes: int, as_json: bool
) -> None:
    """Work consensus and signals out again from stored quotes, and compare them with what is stored.

    Nothing stored is changed. With other settings of the rules (STEAM_MIN_BOOKS=5 stratum replay ...) it shows what they
    would have found. Quotes count as fresh as long as they stand: odds_snapshots does not say when they were last seen.
    """
    from stratum_pipelines.replay_runs import ReplayWork, replay_days

    if first > last:
        raise StratumError(f"--from {first} lies after --to {last}.")
    with opened_platform(filled=True) as platform:
        work = ReplayWork(platform.lake.location, platform.rules, not no_signals, str(out) if out else None)
        if out and out.resolve() == Path(platform.lake.location).resolve():
            raise StratumError("--out is the warehouse itself; name a folder of its own.")
        outcomes = []
        for outcome in replay_days(work, first, last, processes=processes):
            outcomes.append(outcome)
            progress.print(f"replayed {outcome.day}: {counted(outcome.changes, 'change')}", style="dim")
    report = summed(outcomes)
    if as_json:
        print_json(report)
        return
    if not outcomes:
        results.print(f"No day from {first} to {last} holds quotes; nothing to replay.")
        return
    results.print(f"{counted(len(outcomes), 'day')} replayed from {counted(report['changes'], 'change')} of quotes.")
    for name, table in report["tables"].items():
        results.print(
            f"{name}: {table['stored']:,} stored, {table['replayed']:,} replayed, {table['equal']:,} equal in every column"
        )
        for column, n in table["columns"].items():
            results.print(f"  {column} differs in {counted(n, 'row')}", style="dim")
    if report["stale"]:
        results.print(f"{counted(report['stale'], 'stored row')} of consensus left stale books out.", style="dim")
    for name, (was, now) in report["signals"].items():
        results.print(f"  {name}: {was:,} stored, {now:,} replayed")


def summed(outcomes: "list[DayOutcome]") -> dict:
    """All days together."""
    tables: dict[str, dict] = {}
    types: dict[str, list[int]] = {}
    for outcome in outcomes:
        for name, of_day in outcome.tables.items():
            table = tables.setdefault(
                name, {"stored": 0, "replayed": 0, "in_both": 0, "equal": 0, "columns": Counter()}
            )
            for count in ("stored", "replayed", "in_both", "equal"):
                table[count] += getattr(of_day, count)
            table["columns"].update(of_day.columns)
        for name, counts in outcome.signals.items():
            types[name] = [a + b for a, b in zip(types.get(name, (0, 0)), counts, strict=True)]
    for table in tables.values():
        table["columns"] = dict(table["columns"].most_common())
    return {
        "days": [outcome.day for outcome in outcomes],
        "changes": sum(outcome.changes for outcome in outcomes),
        "tables": tables,
        "stale": sum(outcome.stale for outcome in outcomes),
        "signals": dict(sorted(types.items())),
    }
