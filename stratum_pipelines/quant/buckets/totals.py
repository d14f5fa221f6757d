"""What came of the trades of every bucket."""

import polars as pl

from stratum_pipelines.quant.buckets.bucketing import find_bucketing, local_days
from stratum_pipelines.quant.intervals import wilson_bounds
from stratum_pipelines.quant.performance.closings import closed


def bucketed(trades: pl.LazyFrame, by: str, *, zone: str = "UTC", moment: str = "entry_at") -> pl.DataFrame:
    """One row per bucket, in order, empty ones included: bucket, n, n_won, n_lost, profit, stake, mean_profit, win_rate.

    `trades` are rows of the table `trades`, of one currency; closed ones count. `moment` is the time that decides:
    `entry_at` or `exit_at`; `zone` is where the clock hangs. An empty bucket has n = 0 and zeros everywhere, and
    `win_low` to `win_high` from 0 to 1: nothing is known of it. Trades without such a time (no start of a game) are left
    out. Raises ValueError for an unknown bucketing, an unknown zone and for mixed currencies.
    """
    way, mine = find_bucketing(by), closed(trades)
    try:
        labels = way.labels(local_days(mine, moment, zone))
    except pl.exceptions.ComputeError as error:
        raise ValueError(f"There is no time zone {zone!r}. Give one such as Europe/London.") from error
    profit = pl.col("profit")
    found = (
        mine.group_by(bucket=way.label(moment, zone))
        .agg(
            n=pl.len().cast(pl.Int64),
            n_won=(profit > 0).sum().cast(pl.Int64),
            n_lost=(profit < 0).sum().cast(pl.Int64),
            profit=profit.sum(),
            stake=pl.col("stake").sum(),
        )
        .collect(engine="streaming")
    )
    rows = (
        pl.DataFrame({"bucket": labels}, schema={"bucket": pl.String})
        .join(found, on="bucket", how="left", maintain_order="left")
        .with_columns(pl.col("n", "n_won", "n_lost", "profit", "stake").fill_null(0))
        .with_columns(
            mean_profit=(pl.col("profit") / pl.col("n")).fill_nan(0.0),
            win_rate=(pl.col("n_won") / (pl.col("n_won") + pl.col("n_lost"))).fill_nan(0.0),
        )
    )
    low, high = wilson_bounds(rows["win_rate"].to_numpy(), (rows["n_won"] + rows["n_lost"]).to_numpy())
    return rows.with_columns(pl.Series("win_low", low), pl.Series("win_high", high))
