"""The same ratios over the last 30, 90 and 365 days, on every day that has so many behind it."""

import numpy as np
import polars as pl

from stratum_pipelines.quant.performance.basis import Basis
from stratum_pipelines.quant.performance.ratios import RATIOS
from stratum_pipelines.quant.performance.undefined import Undefined

WINDOWS = (30, 90, 365)
SHOWN = ("total_return", "volatility", "sharpe", "sortino", "max_drawdown", "calmar")
REASONS = pl.Enum([reason.name.lower() for reason in Undefined])


def rolling_measures(
    days: pl.DataFrame, basis: Basis, windows: tuple[int, ...] = WINDOWS, measures: tuple[str, ...] = SHOWN
) -> pl.DataFrame:
    """One row per day, window and measure: date, window_days, measure, value (null with a reason) and reason.

    `days` has `date` and `return`, without gaps, in order. A window of 30 ends with its date and holds 30 rows; days before
    there are so many have no row, so that no window is shorter than it says. A window holds what the same figure over
    just those days is: one definition.
    """
    returns = days["return"].to_numpy()
    parts = []
    for window in windows:
        if len(returns) < window:
            continue
        rows = np.lib.stride_tricks.sliding_window_view(returns, window)
        for measure in measures:
            values, reasons = RATIOS[measure](rows, basis)
            parts.append(
                pl.DataFrame(
                    {
                        "date": days["date"][window - 1 :],
                        "window_days": np.full(len(values), window, np.int32),
                        "measure": [measure] * len(values),
                        "value": values,
                        "reason": reasons,
                    }
                )
            )
    if not parts:
        return pl.DataFrame(
            schema={
                "date": pl.Date,
                "window_days": pl.Int32,
                "measure": pl.String,
                "value": pl.Float64,
                "reason": REASONS,
            }
        )
    return pl.concat(parts).with_columns(pl.col("value").fill_nan(None), pl.col("reason").cat.to(REASONS))
