"""A long replay over several processes: stretches of days, each beginning where its own games were first listed."""

import datetime as dt
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import pairwise

import polars as pl

from stratum_pipelines.board.advance import Rules
from stratum_pipelines.differences import differences_between
from stratum_pipelines.replay import ReplayedDay, replay
from warehouse.lake import Lake
from warehouse.tables import Consensus, OddsSnapshots, Signals, Table

REPLAYED = (Consensus, Signals)


@dataclass(frozen=True)
class TableOutcome:
    """One table of one day, as stored and as replayed.

    `equal` rows are the same in every column, `in_both` have the same key; `columns` says in how many of those a column
    differs.
    """

    stored: int
    replayed: int
    in_both: int
    equal: int
    columns: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class DayOutcome:
    """One day replayed: the changes it follows from, and what became of its tables by name.

    `stale` counts the stored rows of the consensus in which a book was left out for being stale: a replay knows of none.
    `signals` counts stored and replayed signals by type.
    """

    day: dt.date
    changes: int
    tables: dict[str, TableOutcome]
    stale: int
    signals: dict[str, tuple[int, int]]


@dataclass(frozen=True)
class ReplayWork:
    """What is replayed and what becomes of it: rows go into the lake at `out` where one is named."""

    location: str
    rules: Rules
    with_signals: bool = True
    out: str | None = None


def replay_days(work: ReplayWork, first: dt.date, last: dt.date, *, processes: int = 1) -> Iterator[DayOutcome]:
    """Replay the days from `first` to `last`, both included, and compare them with what is stored; in order of days.

    With several processes each takes a stretch of days and begins it early enough to know all its games, so the rows are
    those of one process.
    """
    days = [day for day in Lake(work.location).days(OddsSnapshots) if first <= day <= last]
    if processes < 2 or len(days) < processes:
        if days:
            yield from _outcomes(work, days[0], days[-1])
        return
    cuts = [len(days) * i // processes for i in range(processes + 1)]
    stretches = [days[a:b] for a, b in pairwise(cuts)]
    # No answer is read, and what reads them cannot all travel to another process.
    work = replace(work, rules=replace(work.rules, providers={}))
    # Fresh processes, not forks: Polars' threads do not survive a fork.
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        for done in [pool.submit(_stretch, work, stretch) for stretch in stretches]:
            yield from done.result()


def _stretch(work: ReplayWork, days: Sequence[dt.date]) -> list[DayOutcome]:
    return list(_outcomes(work, days[0], days[-1]))


def _outcomes(work: ReplayWork, first: dt.date, last: dt.date) -> Iterator[DayOutcome]:
    lake = Lake(work.location)
    out = Lake(work.out) if work.out else None
    for replayed in replay(lake, work.rules, first, last, with_signals=work.with_signals):
        if out:
            for table in _tables(work):
                out.replace(table, replayed.day, _frame(replayed, table))
        yield _outcome(work, lake, replayed)


def _tables(work: ReplayWork) -> tuple[type[Table], ...]:
    return REPLAYED if work.with_signals else (Consensus,)


def _frame(replayed: ReplayedDay, table: type[Table]) -> pl.DataFrame:
    return replayed.consensus if table is Consensus else replayed.signals


def _outcome(work: ReplayWork, lake: Lake, replayed: ReplayedDay) -> DayOutcome:
    stored = {table.name: lake.scan(table, first=replayed.day, last=replayed.day).collect() for table in _tables(work)}
    tables = {table.name: _table_outcome(table, stored[table.name], _frame(replayed, table)) for table in _tables(work)}
    types: dict[str, tuple[int, int]] = {}
    if work.with_signals:
        was, now = (
            dict(frame["signal_type"].value_counts().iter_rows()) for frame in (stored[Signals.name], replayed.signals)
        )
        types = {name: (was.get(name, 0), now.get(name, 0)) for name in sorted({*was, *now})}
    stale = int((stored[Consensus.name]["n_stale"] > 0).sum())
    return DayOutcome(replayed.day, replayed.changes, tables, stale, types)


def _table_outcome(table: type[Table], stored: pl.DataFrame, replayed: pl.DataFrame) -> TableOutcome:
    different = differences_between(table, stored, replayed)
    values = different.filter(pl.col("column") != "")
    in_both = stored.join(replayed, on=list(table.key), how="semi").height
    columns = dict(values["column"].value_counts(sort=True).iter_rows())
    return TableOutcome(stored.height, replayed.height, in_both, in_both - values["key"].n_unique(), columns)
