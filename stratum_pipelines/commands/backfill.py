"""`stratum backfill`: compute a range of days again from raw answers."""

import datetime as dt

import rich_click as click

from stratum_pipelines.cli import StratumError
from stratum_pipelines.commands.output import json_option, opened_platform, print_json, progress, results

DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command(name="backfill")
@click.option("--from", "first", type=DAY, help="First day, UTC.")
@click.option("--to", "last", type=DAY, help="Last day, UTC, included.")
@click.option("--stale", is_flag=True, help="Every day whose tables no longer follow from its answers.")
@json_option
def backfill_command(first: dt.datetime | None, last: dt.datetime | None, stale: bool, as_json: bool) -> None:
    """Compute days again from raw answers: snapshots to scorecards, the same rows as live or a Dagster backfill."""
    from stratum_pipelines.backfill import backfill
    from stratum_pipelines.days import stale_days
    from warehouse.tables import RawOdds

    if stale == (first is not None and last is not None):
        raise StratumError("Say which days: --from DAY --to DAY, or --stale.")
    with opened_platform() as platform:
        if stale:
            days = sorted(set(stale_days(platform)["date"].to_list()))
        else:
            assert first is not None
            assert last is not None
            if first > last:
                raise StratumError(f"--from {first.date()} lies after --to {last.date()}.")
            days = [day for day in platform.lake.days(RawOdds) if first.date() <= day <= last.date()]
        done = backfill(
            platform, days, lambda r: progress.print(f"{r.day}  {r.quotes:>10,} quotes  {r.seconds:6.2f} s")
        )
        if as_json:
            print_json({"days": done.days, "rows": done.rows, "quotes": done.quotes, "seconds": done.seconds})
        elif not done.days:
            results.print("No day in that range holds answers; nothing to compute.")
        else:
            rows = ", ".join(f"{name} {count:,}" for name, count in sorted(done.rows.items()))
            results.print(f"{len(done.days)} days computed, {done.quotes:,} quotes in {done.seconds:.1f} s: {rows}")
