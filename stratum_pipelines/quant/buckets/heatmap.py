"""Two bucketings across each other."""

import polars as pl

from stratum_pipelines.quant.buckets.bucketing import find_bucketing, local_days
from stratum_pipelines.quant.performance.closings import closed

VALUES = ("n", "profit", "mean_profit")


def heatmap(
    trades: pl.LazyFrame, rows: str, columns: str, *, value: str = "profit", zone: str = "UTC", moment: str = "entry_at"
) -> pl.DataFrame:
    """A row per bucket of one kind (`bucket`), a column per bucket of another, zeros where nothing fell.

    `value` is `n`, `profit` (minor units) or `mean_profit`; the rest as for `bucketed`. Weekday by hour is `rows="weekday",
    columns="hour"`, the usual table of months `rows="year", columns="month_of_year"`. Raises ValueError for unknown names.
    """
    if value not in VALUES:
        raise ValueError(f"There is no value {value!r}. Known are: {', '.join(VALUES)}.")
    down, across, mine = find_bucketing(rows), find_bucketing(columns), closed(trades)
    days = local_days(mine, moment, zone)
    amount = {"n": pl.len().cast(pl.Int64), "profit": pl.col("profit").sum(), "mean_profit": pl.col("profit").mean()}
    cells = (
        mine.group_by(bucket=down.label(moment, zone), across=across.label(moment, zone))
        .agg(value=amount[value])
        .collect(engine="streaming")
    )
    every = pl.DataFrame({"bucket": down.labels(days)}, schema={"bucket": pl.String})
    wide = cells.drop_nulls().pivot("across", index="bucket", values="value")
    wanted = across.labels(days)
    zero = pl.lit(0, pl.Float64 if value == "mean_profit" else pl.Int64)
    filled = wide.with_columns(zero.alias(name) for name in wanted if name not in wide.columns)
    return every.join(filled, on="bucket", how="left", maintain_order="left").select(
        "bucket", pl.col(wanted).fill_null(0)
    )
