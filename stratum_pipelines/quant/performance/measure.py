"""A figure of performance: its value or why it has none, and what it means."""

from dataclasses import dataclass

from stratum_pipelines.quant.performance.undefined import Undefined, Valued

# Unit and definition of every measure; docs/methodology/performance.md shows each with an example.
DEFINITIONS: dict[str, tuple[str, str]] = {
    "n_trades": ("count", "Trades that are closed and neither open nor void."),
    "net_profit": ("minor units", "Sum of profits, after fees."),
    "total_staked": ("minor units", "Sum of stakes of the closed bets."),
    "yield_on_stake": ("share", "Sum of profits over sum of stakes."),
    "win_rate": (
        "share",
        "Trades with a profit over trades with a profit or a loss. The interval, 95 %, is Wilson's for as many independent trades as the days are worth.",
    ),
    "profit_factor": ("ratio", "Sum of the profits of winning trades over the sum of the losses of losing ones."),
    "expectancy": (
        "minor units",
        "Mean profit per closed trade, those that came out even included. The interval, 95 %, takes days as independent, not trades.",
    ),
    "payoff_ratio": ("ratio", "Mean profit of winning trades over mean loss of losing ones."),
    "kelly_fraction": (
        "share",
        "W - (1 - W) / R, with win rate W and payoff ratio R; below 0 is a game not worth playing at any stake.",
    ),
    "exposure": ("share", "Time with at least one position open over the time from the first entry to the last exit."),
    "total_return": ("share", "Product of (1 + return) less 1, so deposits and withdrawals do not count."),
    "max_drawdown": ("share", "Largest fall from a peak as a share of it; the starting balance is the first peak."),
    "max_drawdown_amount": ("minor units", "Largest fall of the sum of profits from its peak; 0 is the first peak."),
    "drawdown_length": ("days", "From the peak before the deepest drawdown to its recovery, or to the end."),
    "drawdown_recovery": ("days", "From the lowest point of the deepest drawdown to its recovery."),
    "recovery_factor": ("ratio", "Sum of profits, with its sign, over the largest fall of that sum from its peak."),
    "ulcer": ("share", "Root of the mean of squared drawdowns over all periods."),
    "annual_return": ("share a year", "(1 + total return) ^ (periods a year / periods) - 1."),
    "volatility": ("share a year", "Standard deviation of returns (n - 1) x root of the periods a year."),
    "sharpe": (
        "ratio a year",
        "Mean of returns less the risk-free return, over their standard deviation (n - 1), x root of the periods a year.",
    ),
    "sortino": (
        "ratio a year",
        "Mean of returns less the risk-free return, over the root of the mean of squared shortfalls below it (all periods counted), x root of the periods a year.",
    ),
    "calmar": ("ratio", "Annual return over the largest drawdown of the same returns."),
    "tail_ratio": ("ratio", "95th percentile of returns over the size of the 5th, interpolated linearly."),
}


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: a value, or None with the reason; `low` and `high` are the ends of its 95 % interval where it has one.

    `n` is the number of observations, `basis` what a year is made of for those that are taken over a year.
    """

    name: str
    value: float | None
    reason: Undefined
    n: int
    basis: str = ""
    low: float | None = None
    high: float | None = None

    @property
    def unit(self) -> str:
        """What the value counts."""
        return DEFINITIONS[self.name][0]

    @property
    def definition(self) -> str:
        """What the figure is, in a sentence."""
        return DEFINITIONS[self.name][1]


def measured(name: str, found: Valued, n: int, basis: str = "") -> Measure:
    """The only value of a `Valued` as a measure."""
    reason = Undefined(int(found[1][0]))
    return Measure(name, None if reason else float(found[0][0]), reason, n, basis)


def known(name: str, value: float, n: int) -> Measure:
    """A measure that is always defined."""
    return Measure(name, value, Undefined.DEFINED, n)


def unknown(name: str, reason: Undefined, n: int) -> Measure:
    """A measure without a value."""
    return Measure(name, None, reason, n)
