"""`stratum backfill --missed`: closes missed while polling was down, what asking for them costs, and asking."""

import datetime as dt
import os
from typing import TYPE_CHECKING

from stratum_pipelines.cli import StratumError
from stratum_pipelines.commands.output import counted, opened_platform, print_json, results
from stratum_pipelines.commands.progress import LongWork

if TYPE_CHECKING:
    from stratum_pipelines.missed_closes import Filled, Missed


def backfill_missed(first: dt.date, last: dt.date, allowed: int | None, *, as_json: bool) -> None:
    """List the requests that would bring the missed closes; with `allowed` credits, send them as far as those reach."""
    import time

    from stratum_pipelines.missed_closes import fill_closes, missed_closes, paid_asking
    from stratum_pipelines.providers.provider import Asking
    from stratum_pipelines.settings import read_pipeline_settings

    if first > last:
        raise StratumError(f"--from {first} lies after --to {last}.")
    with opened_platform(filled=True) as platform:
        settings = read_pipeline_settings(os.environ)
        asking = Asking(settings.regions, settings.odds_format)
        if allowed is None:
            _show_plan(
                missed_closes(platform, first, last, time.time_ns() // 1000, asking), first, last, as_json=as_json
            )
            return
        ask = paid_asking(platform, settings)
        with LongWork(days=[]) as work:
            filled = fill_closes(platform, first, last, asking=asking, ask=ask, allowed=allowed, progress=work.day)
        _show_filled(filled, allowed, as_json=as_json)


def _show_plan(missed: "list[Missed]", first: dt.date, last: dt.date, *, as_json: bool) -> None:
    total = sum(one.cost for one in missed)
    if as_json:
        print_json({"requests": [one.as_record() for one in missed], "credits": total})
        return
    if not missed:
        results.print(f"No close from {first} to {last} was missed that has not been asked for.")
        return
    import polars as pl

    from stratum_pipelines.commands.rows import print_rows

    print_rows(pl.DataFrame([one.as_record() for one in missed]), results)
    n_games = sum(len(one.event_ids) for one in missed)
    results.print(
        f"{counted(n_games, 'game')}, {counted(len(missed), 'request')}: {counted(total, 'credit')}. Nothing was asked. "
        f"To ask: stratum backfill --missed --from {first} --to {last} --credits {total}"
    )


def _show_filled(filled: "Filled", allowed: int, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "asked": [one.as_record() for one in filled.asked],
                "credits": filled.n_credits,
                "games": filled.n_games,
                "days": sorted({report.day for report in filled.reports}),
                "still_missed": [one.as_record() for one in filled.still_missed],
                "troubles": filled.troubles,
                "is_out_of_credits": filled.is_out_of_credits,
            }
        )
        return
    results.print(
        f"{counted(len(filled.asked), 'request')} for {counted(filled.n_credits, 'credit')}: "
        f"{counted(filled.n_games, 'game')} with a close now, {counted(len(filled.reports), 'day')} computed"
    )
    for trouble in filled.troubles:
        results.print(trouble)
    if filled.still_missed:
        n_games = sum(len(one.event_ids) for one in filled.still_missed)
        why = (
            f"{allowed} credits, or the reserve, allow no more" if filled.is_out_of_credits else "nothing came of them"
        )
        results.print(f"{counted(n_games, 'game')} still without: {why}.")
