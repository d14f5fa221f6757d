"""Falls from a peak: how deep, how long, and how long until they were made good."""

import numpy as np
import numpy.typing as npt
import polars as pl

from stratum_pipelines.quant.odds import Floats


def growth_of(returns: npt.ArrayLike) -> Floats:
    """What 1 has become, before anything and after each return: (..., N) gives (..., N + 1)."""
    rows = np.asarray(returns, np.float64)
    growth = np.empty((*rows.shape[:-1], rows.shape[-1] + 1))
    growth[..., 0] = 1.0
    np.cumprod(1.0 + rows, axis=-1, out=growth[..., 1:])
    return growth


def drawdowns_of(values: npt.ArrayLike) -> Floats:
    """How far each balance lies below the highest before it, as a share of that: 0 at a peak. Any shape, over the last axis.

    The first balance is the first peak: give the starting balance in front, and a loss on the first day counts.

    >>> drawdowns_of([100, 95, 100, 50]).round(4).tolist()
    [0.0, 0.05, 0.0, 0.5]
    """
    balances = np.asarray(values, np.float64)
    peaks = np.maximum.accumulate(balances, axis=-1)
    return (peaks - balances) / peaks


def drawdown_episodes(values: npt.ArrayLike) -> pl.DataFrame:
    """Every fall below a peak, in order: one row from leaving the peak to being back at it.

    `values` (N,) are balances, the starting one first. Columns: `peak`, `trough` and `recovered` are positions in `values`
    (`recovered` null while open), `depth` a share of the peak, `amount` in the unit of the balances, `length` from peak to
    recovery (or to the end) and `recovery` from trough to recovery (null while open), in positions. Of equally low points
    the first is the trough.

    >>> drawdown_episodes([100, 95, 90, 100, 99]).select("peak", "trough", "recovered", "depth").rows()
    [(0, 2, 3, 0.1), (3, 4, None, 0.01)]
    """
    balances = np.asarray(values)
    peaks = np.maximum.accumulate(balances)
    below = np.concatenate([[False], balances < peaks, [False]]).astype(np.int8)
    steps = np.diff(below)
    first, end = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    if not len(first):
        none = np.empty(0, np.int64)
        return _frame(none, none, none, none, none, np.empty(0, np.bool_))
    lowest = np.minimum.reduceat(
        balances, np.column_stack([first, end]).ravel()[: -1 if end[-1] == len(balances) else None]
    )[::2]
    # The first point of each fall that is as low as its lowest.
    fall = np.repeat(np.arange(len(first)), end - first)
    inside = np.flatnonzero(below[1:-1])
    at_lowest = inside[balances[inside] == lowest[fall]]
    of_fall = fall[balances[inside] == lowest[fall]]
    troughs = at_lowest[np.searchsorted(of_fall, np.arange(len(first)))]
    high = peaks[first]
    amount = high - lowest
    return _frame(first - 1, troughs, end, amount / high, amount, end < len(balances), last=len(balances) - 1)


def _frame(
    peak: npt.NDArray,
    trough: npt.NDArray,
    end: npt.NDArray,
    depth: npt.NDArray,
    amount: npt.NDArray,
    is_over: npt.NDArray,
    last: int = 0,
) -> pl.DataFrame:
    """The episodes as a frame; a fall that is not over ends at the last position."""
    over = pl.col("is_over")
    return pl.DataFrame(
        {"peak": peak, "trough": trough, "end": end, "depth": depth, "amount": amount, "is_over": is_over},
        schema_overrides={"depth": pl.Float64, "is_over": pl.Boolean},
    ).select(
        "peak",
        "trough",
        pl.when(over).then("end").alias("recovered"),
        "depth",
        "amount",
        length=pl.when(over).then("end").otherwise(last) - pl.col("peak"),
        recovery=pl.when(over).then(pl.col("end") - pl.col("trough")),
    )
