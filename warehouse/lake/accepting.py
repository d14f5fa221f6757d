"""What must hold before anything is written, and the pieces a frame is written in."""

import datetime as dt

import polars as pl

from warehouse.errors import FrameRefused, OperationRefused
from warehouse.tables.table import Table

DAY_US = 86_400_000_000
EPOCH = dt.date(1970, 1, 1)


def partitioned(table: type[Table]) -> None:
    """Refuse a table kept whole."""
    if not table.partition_by:
        raise OperationRefused(f"Table {table.name} is kept whole, without partitions: use merge.")


def kept_whole(table: type[Table]) -> None:
    """Refuse a table with partitions."""
    if table.partition_by:
        raise OperationRefused(
            f"Table {table.name} is partitioned by {table.partition_by}: use append, replace or replace_rows."
        )


def checked(table: type[Table], frame: pl.DataFrame) -> None:
    """Refuse faulty rows: types, nulls, bounds, closed lists and the key; cheap enough for every write. The tests hold it against the table's pandera schema."""
    faults = list(table.faults(frame))
    if faults:
        more = f" And {len(faults) - 3} more faults." if len(faults) > 3 else ""
        raise FrameRefused(f"{' '.join(faults[:3])}{more} Nothing was written: correct the rows and write them again.")


def of_day(table: type[Table], day: dt.date, frame: pl.DataFrame) -> None:
    """Refuse rows of another day than the partition's."""
    for other, rows in by_day(table, frame):
        if other != day:
            raise FrameRefused(
                f"Table {table.name}: {rows.height} rows have {table.partition_by} on {other}, not on {day}. "
                "Write each day's rows to its own partition. Nothing was written."
            )


def by_day(table: type[Table], frame: pl.DataFrame) -> list[tuple[dt.date, pl.DataFrame]]:
    """The frame's rows by UTC date of the partition column, in order of date."""
    if frame.is_empty():
        return []
    moments = frame.get_column(table.partition_by)
    numbers = moments.to_physical()
    first, last = (int(moment) // DAY_US for moment in (numbers.min(), numbers.max()))  # type: ignore[arg-type]
    if first == last:
        return [(EPOCH + dt.timedelta(days=first), frame)]
    parts = frame.with_columns(moments.dt.date().alias("__day")).partition_by("__day", include_key=False, as_dict=True)
    return [(key[0], parts[key]) for key in sorted(parts)]
