"""From profits to balances and returns."""

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.odds import Floats

Ints = npt.NDArray[np.int64]


def equity_curve(profits: npt.ArrayLike, starting_balance: int, flows: npt.ArrayLike | None = None) -> Ints:
    """The balance before anything and after each of N profits, (N + 1,), in minor units, exact.

    `flows` (N,) are deposits (above 0) and withdrawals that came in before each profit. A bet's profit is in money, what
    was staked times the price less the stake, so a lost bet costs its stake and not the whole balance.

    >>> equity_curve([500, -1000], 100_000).tolist()
    [100000, 100500, 99500]
    """
    steps = np.asarray(profits, np.int64)
    if flows is not None:
        steps = steps + np.asarray(flows, np.int64)
    return np.concatenate([[starting_balance], starting_balance + np.cumsum(steps)]).astype(np.int64)


def period_returns(profits: npt.ArrayLike, starting_balance: int, flows: npt.ArrayLike | None = None) -> Floats:
    """The return of each of N periods: its profit over the balance it began with, (N,).

    The balance a period begins with holds the flows of that period, so deposits are no profit. NaN where it is 0 or less:
    there was nothing to earn a return on. Raises ValueError for a starting balance that is not above 0.

    >>> period_returns([500, -1005], 100_000).tolist()
    [0.005, -0.01]
    """
    if starting_balance <= 0:
        raise ValueError(f"The starting balance is {starting_balance}. Give an amount above 0, in minor units.")
    earned = np.asarray(profits, np.float64)
    begun = equity_curve(profits, starting_balance, flows)[:-1].astype(np.float64)
    if flows is not None:
        begun = begun + np.asarray(flows, np.float64)
    return np.divide(earned, begun, out=np.full(len(earned), np.nan), where=begun > 0)
