"""In what two computations of the same rows differ, value by value."""

import polars as pl

from warehouse.tables import Table

# Measured, not computed: they differ between any two runs.
MEASURED = {"polls": ("duration_ms",)}


def differences_between(table: type[Table], live: pl.DataFrame, recomputed: pl.DataFrame) -> pl.DataFrame:
    """Every value in which two frames of a table differ, row by row: table, key, column, live, recomputed."""
    ignored = MEASURED.get(table.name, ())
    compared = [name for name in table.columns if name not in table.key and name not in ignored]
    left = live.with_columns(_live=pl.lit(True))
    right = recomputed.with_columns(_recomputed=pl.lit(True))
    joined = left.join(right, on=list(table.key), how="full", coalesce=True, suffix="_new")
    key = pl.concat_str([pl.col(name).cast(pl.String) for name in table.key], separator=" | ")
    shown = []
    missing = joined.filter(pl.col("_live").is_null() | pl.col("_recomputed").is_null())
    if missing.height:
        there = pl.lit("(a row)")
        none = pl.lit("(no row)")
        shown.append(
            missing.select(
                pl.lit(table.name).alias("table"),
                key.alias("key"),
                pl.lit("").alias("column"),
                pl.when(pl.col("_live").is_null()).then(none).otherwise(there).alias("live"),
                pl.when(pl.col("_recomputed").is_null()).then(none).otherwise(there).alias("recomputed"),
            )
        )
    both = joined.filter(pl.col("_live") & pl.col("_recomputed"))
    for name in compared:
        changed = both.filter(pl.col(name).ne_missing(pl.col(f"{name}_new")))
        if changed.height:
            shown.append(
                changed.select(
                    pl.lit(table.name).alias("table"),
                    key.alias("key"),
                    pl.lit(name).alias("column"),
                    _as_text(table, name, name).alias("live"),
                    _as_text(table, name, f"{name}_new").alias("recomputed"),
                )
            )
    columns = dict.fromkeys(("table", "key", "column", "live", "recomputed"), pl.String)
    return pl.concat(shown) if shown else pl.DataFrame(schema=columns)


def _as_text(table: type[Table], name: str, column: str) -> pl.Expr:
    value = pl.col(column)
    if table.columns[name].dtype == pl.List(pl.String):
        value = value.list.join(", ")
    return value.cast(pl.String)
