"""`stratum backfill`: compute a range of days again from raw answers."""

import datetime as dt

import rich_click as click

from stratum_pipelines.cli import StratumError
from stratum_pipelines.commands.missed_closes import backfill_missed
from stratum_pipelines.commands.output import Day, counted, json_option, opened_platform, print_json, results
from stratum_pipelines.commands.progress import LongWork


@click.command(name="backfill")
@click.option("--from", "first", type=Day(), help="First day, UTC, as 2025-10-09.")
@click.option("--to", "last", type=Day(), help="Last day, UTC, included.")
@click.option("--stale", is_flag=True, help="Every day whose tables no longer follow from its answers.")
@click.option("--missed", is_flag=True, help="Closes missed while polling was down: list what asking for them costs.")
@click.option(
    "--credits", "allowed", type=click.IntRange(min=0), help="With --missed: ask for them, for so many credits at most."
)
@json_option
def backfill_command(
    first: dt.date | None, last: dt.date | None, stale: bool, missed: bool, allowed: int | None, as_json: bool
) -> None:
    """Compute days again from raw answers: snapshots to scorecards, the same rows as live or a Dagster backfill."""
    if allowed is not None and not missed:
        raise StratumError("--credits goes with --missed.")
    if missed:
        if stale or not (first and last):
            raise StratumError("Say from which days closes were missed: --missed --from DAY --to DAY.")
        backfill_missed(first, last, allowed, as_json=as_json)
        return
    _backfill(first, last, stale=stale, as_json=as_json)


def _backfill(first: dt.date | None, last: dt.date | None, *, stale: bool, as_json: bool) -> None:
    from stratum_pipelines.backfill import backfill, backfill_stale
    from stratum_pipelines.days import stale_days
    from stratum_pipelines.leftovers import sweep
    from warehouse.tables import RawOdds

    if stale and (first or last):
        raise StratumError("Give either --from and --to, or --stale, not both.")
    if not stale and not (first and last):
        raise StratumError("Say which days: --from DAY --to DAY, or --stale.")
    if first and last and first > last:
        raise StratumError(f"--from {first} lies after --to {last}.")
    with opened_platform(filled=True) as platform:
        if first and last:
            days = [day for day in platform.lake.days(RawOdds) if first <= day <= last]
        else:
            days = sorted(set(stale_days(platform)["date"].to_list()))
        with LongWork(days=days) as work:
            done = backfill_stale(platform, work.day) if stale else backfill(platform, days, work.day)
        swept = sweep(platform)
        if as_json:
            print_json(
                {
                    "days": done.days,
                    "rows": done.rows,
                    "quotes": done.quotes,
                    "seconds": done.seconds,
                    "files_swept": swept.n,
                }
            )
            return
        if swept.n:
            results.print(f"{counted(swept.n, 'file')} that nobody reads any more deleted.", style="dim")
        if stale and not done.days:
            done_instead = "what waited to be settled and scored is done" if done.rows else "nothing to compute"
            results.print(f"Every day follows from its answers; {done_instead}.")
        elif not done.days:
            held = platform.lake.days(RawOdds)
            there = f"Days with answers: {held[0]} to {held[-1]}." if held else "No day holds any."
            results.print(f"No day from {first} to {last} holds answers; nothing to compute. {there}")
        else:
            results.print(
                f"{counted(len(done.days), 'day')} computed ({done.days[0]} to {done.days[-1]}), "
                f"{counted(done.quotes, 'quote')} in {done.seconds:.1f} s"
            )
            results.print(", ".join(f"{name} {count:,}" for name, count in sorted(done.rows.items())), style="dim")
