"""The built-in market taken through the whole chain, and how well the signals found what was planted in it."""

import datetime as dt
from collections.abc import Callable, Collection

import polars as pl

from stratum_pipelines.archive_import import Imported
from stratum_pipelines.backfill import backfill, left_stale
from stratum_pipelines.batch import DayReport
from stratum_pipelines.days import stale_days
from stratum_pipelines.platform import Platform
from stratum_pipelines.raw import Stored, store_answers
from stratum_pipelines.settle import enter_results
from stratum_pipelines.simulation import Simulation, score_detections
from warehouse.tables import Results, Signals

# A week in which football, basketball, hockey and soccer are all played. Fixed, so that every run shows the same market.
FIRST_DAY = dt.date(2026, 1, 10)
SPORTS = ("americanfootball_nfl", "basketball_nba", "soccer_epl")
CADENCE_S = 300.0


def import_simulation(
    platform: Platform,
    *,
    days: int,
    sports: Collection[str] = (),
    seed: int,
    cadence_s: float = CADENCE_S,
    on_stored: Callable[[Stored], None] | None = None,
    on_day: Callable[[DayReport], None] = lambda report: None,
) -> Imported:
    """Simulate days from `FIRST_DAY` on, a poll per sport every `cadence_s` seconds, and compute them.

    Raises ValueError for a sport that is not simulated. The same arguments again find everything stored and computed.
    """
    simulation = Simulation(seed, tuple(sports) or SPORTS)
    last = FIRST_DAY + dt.timedelta(days=days - 1)
    stored = store_answers(platform.lake, simulation.answers(FIRST_DAY, last, cadence_s=cadence_s), on_stored)
    to_compute = sorted(set(stale_days(platform)["date"].to_list()) & stored.days)
    known = simulation.results(FIRST_DAY, last)
    n_results = enter_results(platform, Results.conform(known.with_columns(version=1, is_current=True)))
    computed = backfill(platform, to_compute, on_day)
    detections = detections_of(platform, simulation, FIRST_DAY, last)
    return Imported("simulator", stored, computed, n_results, left_stale(platform), detections)


def detections_of(platform: Platform, simulation: Simulation, first: dt.date, last: dt.date) -> pl.DataFrame:
    """Precision and recall of every signal type against what was planted on these days."""
    signals = platform.lake.scan(Signals, first=first, last=last)
    return score_detections(signals.collect(), simulation.truth(first, last), tolerance_s=2 * CADENCE_S)
