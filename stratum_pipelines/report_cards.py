"""Report cards of the signals: on what was planted in a simulated market, and on recorded markets."""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping
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
from stratum_pipelines.reference import League
from stratum_pipelines.signals import find_signals
from stratum_pipelines.simulation import Simulation, score_detections
from stratum_pipelines.simulation_run import FIRST_DAY, SPORTS, import_simulation
from warehouse.settings import read_settings
from warehouse.tables import ClvRecords, Consensus, Events, Polls, Signals

# Often enough for rules that look at three minutes.
CADENCE_S = 60.0
# A signal may come so long after the last book has followed.
TOLERANCE_S = 600.0
# How long before a signal's window the true line may have begun to go its way: the slowest books follow by minutes.
FOLLOWING_S = 1800.0


@dataclass(frozen=True)
class Planted:
    """What the signals found of what was planted in so many simulated days.

    `finds` are in the columns of `score_detections` and two more, on the rows of all kinds together: `n_line_moved`, how many
    signals the true line bears out, planted or not, and `line_precision`, their share.
    """

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
    together (kind "") and each by itself. One without aims has no row. The true line bears a signal out when it stands a full step
    of the league further toward its side than at some moment of its window or of the half hour before.
    """
    names = tuple(sports) or SPORTS
    last = FIRST_DAY + dt.timedelta(days=days - 1)
    with _warehouse() as platform:
        import_simulation(
            platform, days=days, sports=names, seed=seed, cadence_s=CADENCE_S, on_stored=on_stored, on_day=on_day
        )
        signals = platform.lake.scan(Signals, first=FIRST_DAY, last=last).collect()
    simulation = Simulation(seed, names)
    truth = list(simulation.truth(FIRST_DAY, last))
    signals = signals.with_columns(line_moved=_borne_out(simulation, signals, platform.rules.reference.leagues))
    found = []
    for name, signal in find_signals().items():
        if signal.finds and signal.is_on:
            aims = [one for one in truth if one.kind in signal.finds]
            mine = signals.filter(pl.col("signal_type") == name)
            scores = score_detections(mine, aims, TOLERANCE_S)
            scores = scores if scores.height else _found_nothing(name, scores, len(aims))
            counted = pl.lit(mine["line_moved"].sum(), pl.Int32)
            found.append(scores.with_columns(n_line_moved=pl.when(pl.col("kind") == "").then(counted)))
    return Planted(days, seed, names, CADENCE_S, pl.concat(found).with_columns(line_precision=_share_of_signals))


_share_of_signals = pl.when(pl.col("n_signals") > 0).then(pl.col("n_line_moved") / pl.col("n_signals"))


def _borne_out(simulation: Simulation, signals: pl.DataFrame, leagues: Mapping[str, League]) -> pl.Series:
    """Whether the true line had gone a full step toward each signal's side."""
    columns = signals.select(
        "sport_key", "event_id", "market", "direction", pl.col("detected_at").dt.epoch("us"), "window_s"
    )
    return pl.Series(
        [
            simulation.gained(event, market, direction, at - int((window + FOLLOWING_S) * 1e6), at)
            >= leagues[sport].move_thresholds[market]
            for sport, event, market, direction, at, window in columns.iter_rows()
        ],
        dtype=pl.Boolean,
    )


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
