"""The trades, equity points and validation logs of the lake: recorded once, corrected in place, never doubled."""

from dataclasses import dataclass

import polars as pl

from stratum_pipelines.locks import PATIENCE_S, trading_alone
from warehouse.lake import Lake
from warehouse.tables import Table

# How a row came here says nothing about what happened: read again from another file, it is the same row.
ORIGIN = ("import_id", "import_line", "recorded_at")


@dataclass(frozen=True)
class Recorded:
    """How many of the rows given were not known, stood otherwise, and stood just so."""

    n_new: int
    n_changed: int
    n_same: int


def record(lake: Lake, table: type[Table], rows: pl.DataFrame, *, patience_s: float = PATIENCE_S) -> Recorded:
    """Put rows of `trades`, `equity_points` or `validation_logs` into the lake, by their key; one process at a time.

    A row that stands there already stays as it is, with the moment at which it was first recorded; one that differs is
    replaced, also where its date moved. Only the days that change are written, each at once. Doing it again changes
    nothing, and completes what a process that was stopped left half done. Raises FrameRefused for rows that do not fit the
    table and LakeBusy when another process is recording for longer than `patience_s`.
    """
    rows = table.conform(rows)
    lake.check(table, rows)
    (key,) = table.key
    day = pl.col(table.partition_by).dt.date().alias("day")
    with trading_alone(lake, patience_s):
        ids = rows.select(key).lazy()
        places = lake.scan(table).select(key, day).join(ids, on=key, how="semi").collect(engine="streaming")
        dates = places["day"].unique().sort().to_list()
        held = pl.concat(
            [table.empty()]
            + [lake.scan(table, first=one, last=one).join(ids, on=key, how="semi").collect() for one in dates]
        )
        told = [name for name in table.columns if name not in ORIGIN]
        # A process that was stopped between two days may have left a row that moved on both of them.
        torn = places.filter(pl.col(key).is_duplicated()).select(key)
        stands = held.select(told).join(torn, on=key, how="anti")
        fresh = rows.join(stands, on=told, how="anti", nulls_equal=True)
        leaving = places.join(fresh.select(key), on=key, how="semi")
        by_day = {date: part for (date,), part in fresh.group_by(day)}
        # Days that gain rows come first: a row that moves is never in none.
        for date in [*sorted(by_day), *sorted({*leaving["day"]} - {*by_day})]:
            kept = lake.scan(table, first=date, last=date).join(fresh.lazy().select(key), on=key, how="anti").collect()
            lake.replace(table, date, pl.concat([kept, by_day.get(date, table.empty())]).sort(table.sort_by()))
    n_changed = leaving[key].n_unique()
    return Recorded(fresh.height - n_changed, n_changed, rows.height - fresh.height)
