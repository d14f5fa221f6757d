"""Report cards of the signals: on what was planted in a simulated market, and on recorded markets."""

import datetime as dt
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from stratum_pipelines.archive_import import import_archive
from stratum_pipelines.batch import DayReport
from stratum_pipelines.platform import Platform, open_platform
from stratum_pipelines.quant.report_card import report_cards
from stratum_pipelines.raw import Stored
from stratum_pipelines.signals import find_signals
from stratum_pipelines.simulation import Simulation, score_detections
from stratum_pipelines.simulation_run import FIRST_DAY, SPORTS, import_simulation
from warehouse.settings import read_settings
from warehouse.tables import ClvRecords, Consensus, Events, Polls, Signals

# Often enough for rules that look at three minutes.
CADENCE_S = 60.0
# A signal may come so long after the last book has followed.
TOLERANCE_S = 600.0


@dataclass(frozen=True)
class Planted:
    """What the signals found of what was planted in so many simulated days; `finds` in the columns of `score_detections`."""

    days: int
    seed: int
    sports: tuple[str, ...]
    cadence_s: float
    finds: pl.DataFrame


@dataclass(frozen=True)
class Recorded:
    """The cards of one sport as it was recorded, and how closely: `gap_median_s` between its answers.

    `silent` names the rules that judged nothing because the answers lay too far apart, with the number of answers.
    """

    sport_key: str
    title: str
    first: dt.date
    last: dt.date
    n_polls: int
    n_games: int
    gap_median_s: float | None
    silent: dict[str, int]
    cards: pl.DataFrame


def of_planted(
    days: int,
    seed: int,
    sports: Collection[str] = (),
    *,
    on_stored: Callable[[Stored], None] | None = None,
    on_day: Callable[[DayReport], None] = lambda report: None,
) -> Planted:
    """Simulate a market in a warehouse of its own, thrown away afterwards, and score every signal type that aims at something.

    Found and right mean what they mean in `score_detections`. A type is held against what it is there to find: all kinds
    together (kind "") and each by itself. One without aims has no row.
    """
    names = tuple(sports) or SPORTS
    last = FIRST_DAY + dt.timedelta(days=days - 1)
    with _warehouse() as platform:
        import_simulation(
            platform, days=days, sports=names, seed=seed, cadence_s=CADENCE_S, on_stored=on_stored, on_day=on_day
        )
        signals = platform.lake.scan(Signals, first=FIRST_DAY, last=last).collect()
    truth = list(Simulation(seed, names).truth(FIRST_DAY, last))
    found = []
    for name, signal in find_signals().items():
        if signal.finds and signal.is_on:
            aims = [one for one in truth if one.kind in signal.finds]
            scores = score_detections(signals.filter(pl.col("signal_type") == name), aims, TOLERANCE_S)
            found.append(scores if scores.height else _found_nothing(name, scores, len(aims)))
    return Planted(days, seed, names, CADENCE_S, pl.concat(found))


def _found_nothing(name: str, scores: pl.DataFrame, n_planted: int) -> pl.DataFrame:
    """The row of a type that gave no signal at all."""
    row = {
        "signal_type": name,
        "kind": "",
        "is_aim": True,
        "n_planted": n_planted,
        "recall": 0.0 if n_planted else None,
    }
    return pl.DataFrame([row | {"n_found": 0, "n_signals": 0, "n_right": 0}], schema=scores.schema)


def of_archive(
    folder: Path,
    *,
    on_stored: Callable[[Stored], None] | None = None,
    on_day: Callable[[DayReport], None] = lambda report: None,
) -> list[Recorded]:
    """The cards of a recorded archive, brought into a warehouse of its own that is thrown away afterwards.

    Raises ArchiveError for a folder that no provider can read, ValueError for results that cannot be read.
    """
    with _warehouse() as platform:
        import_archive(platform, folder, on_stored=on_stored, on_day=on_day)
        return of_warehouse(platform)


def of_warehouse(platform: Platform) -> list[Recorded]:
    """The cards of every sport in a warehouse, in the order of their keys; none of an empty one."""
    polls = platform.lake.scan(Polls)
    sports = polls.select(pl.col("sport_key").unique().sort()).collect()["sport_key"].to_list()
    return [_recorded(platform, sport_key) for sport_key in sports]


@contextmanager
def _warehouse() -> Iterator[Platform]:
    """An empty warehouse for as long as it is needed."""
    with TemporaryDirectory(prefix="stratum-report-card-") as home:
        platform = open_platform(read_settings({"STRATUM_HOME": home}))
        try:
            yield platform
        finally:
            platform.database.close()


def _recorded(platform: Platform, sport_key: str) -> Recorded:
    lake, mine = platform.lake, pl.col("sport_key") == sport_key
    polls = lake.scan(Polls).filter(mine).select("received_at", "silent_rules").sort("received_at").collect()
    received = polls["received_at"]
    gap = received.diff().dt.total_microseconds().median()
    league = platform.rules.reference.leagues.get(sport_key)
    silent = polls["silent_rules"].explode().drop_nulls().value_counts().sort("silent_rules").iter_rows()
    return Recorded(
        sport_key,
        league.title if league else sport_key,
        received.dt.date().min(),  # type: ignore[arg-type]
        received.dt.date().max(),  # type: ignore[arg-type]
        polls.height,
        lake.scan(Events).filter(mine).select(pl.len()).collect().item(),
        float(gap) / 1e6 if isinstance(gap, int | float) else None,
        dict(silent),
        report_cards(
            lake.scan(Signals).filter(mine).collect(),
            lake.scan(Consensus).filter(mine),
            lake.scan(ClvRecords).filter(mine).collect(),
            platform.rules.reference.leagues,
            sorted(platform.rules.signals),
        ),
    )
