"""What an import adds to rows that are known already: it fills what was not told, and takes nothing back."""

import polars as pl

from stratum_pipelines.trading.ledger import ORIGIN
from warehouse.tables import Table

# What a row is told by itself; everything else another file may know less about.
UNTOLD = ("", "unknown")
STATUS = "status"


def completed(table: type[Table], rows: pl.DataFrame, stands: pl.DataFrame) -> pl.DataFrame:
    """The rows with what the lake's rows of the same key know besides.

    A blank, null or unknown value never replaces one that is known; and a trade that is known to have ended is not opened
    again by an older file: it stays as it stands.
    """
    (key,) = table.key
    joined = rows.join(stands.select(pl.all().name.suffix("_held")), left_on=key, right_on=f"{key}_held", how="left")
    filled = []
    for name, column in table.columns.items():
        if name == key or name in ORIGIN:
            continue
        new, held = pl.col(name), pl.col(f"{name}_held")
        if column.dtype == pl.String:
            is_untold = new.is_null() | new.is_in(list(UNTOLD))
            filled.append(pl.when(is_untold & held.is_not_null()).then(held).otherwise(new).alias(name))
        else:
            filled.append(pl.coalesce(new, held).alias(name))
    if STATUS in table.columns:
        is_older = (pl.col(STATUS) == "open") & pl.col(f"{STATUS}_held").is_in(["closed", "void", "cancelled"])
        ended = joined.filter(is_older).select(key)
        joined = joined.filter(~is_older | is_older.is_null())
        kept = stands.join(ended, on=key, how="semi").select(list(table.columns))
        return pl.concat([joined.with_columns(filled).select(list(table.columns)), kept])
    return joined.with_columns(filled).select(list(table.columns))


def compared(table: type[Table], rows: pl.DataFrame, stands: pl.DataFrame) -> tuple[int, int, int]:
    """How many of the rows are not known, stand otherwise, and stand just so."""
    told = [name for name in table.columns if name not in ORIGIN]
    (key,) = table.key
    new = rows.join(stands, on=key, how="anti").height
    same = rows.select(told).join(stands.select(told), on=told, how="semi", nulls_equal=True).height
    return new, rows.height - new - same, same
