"""Figures, reasons and buckets in words a person reads."""

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from stratum_pipelines.quant.performance import Measure, Undefined
from warehouse.charts.scales import number_text
from warehouse.currencies import amount_text, minor_digits

NAMES = {
    "n_trades": "Closed trades",
    "net_profit": "Net result",
    "total_staked": "Staked",
    "yield_on_stake": "Yield on stakes",
    "win_rate": "Win rate",
    "profit_factor": "Profit factor",
    "expectancy": "Mean result per trade",
    "payoff_ratio": "Mean win over mean loss",
    "kelly_fraction": "Kelly fraction",
    "exposure": "Time with an open position",
    "total_return": "Return",
    "max_drawdown": "Deepest drawdown",
    "max_drawdown_amount": "Deepest drawdown in money",
    "drawdown_length": "Length of the deepest drawdown",
    "drawdown_recovery": "Recovery from its lowest point",
    "recovery_factor": "Recovery factor",
    "ulcer": "Ulcer index",
    "annual_return": "Return a year",
    "volatility": "Volatility a year",
    "sharpe": "Sharpe ratio",
    "sortino": "Sortino ratio",
    "calmar": "Calmar ratio",
    "tail_ratio": "Tail ratio",
}
REASONS = {
    Undefined.EMPTY: "nothing was closed",
    Undefined.ONE_OBSERVATION: "one observation alone: it wants at least two",
    Undefined.MISSING_VALUES: "a return is not known",
    Undefined.RUINED: "the balance fell to 0 or below: nothing was left to earn a return on",
    Undefined.NO_VARIATION: "all returns are equal: there is no risk to divide by",
    Undefined.NO_LOSSES: "nothing was lost: there is nothing to divide by",
    Undefined.NO_WINS: "nothing was won",
    Undefined.NO_DRAWDOWN: "the balance was never below its peak",
    Undefined.NOT_RECOVERED: "the drawdown is still open",
    Undefined.NO_STAKE: "nothing was staked: positions have no stake",
    Undefined.NO_TIME: "no time passed between entry and exit",
    Undefined.TOO_LARGE: "beyond what can be reckoned with",
}
BASES = {
    "trading_days": "Monday to Friday, 252",
    "calendar_days": "every day, 365",
    "betting_days": "days with a closing",
}
SOURCES = {"bot": "real money, by a program", "manual": "real money, by hand", "paper": "paper", "backtest": "backtest"}
# So many are named before the rest is counted.
MOST_NAMED = 6


def figure_text(measure: Measure, currency: str) -> str:
    """A figure with its unit; "–" where it is undefined."""
    return "–" if measure.value is None else value_text(measure.value, measure.unit, currency)


def interval_text(measure: Measure, currency: str) -> str:
    """Its 95 % interval; "" where it has none."""
    if measure.low is None or measure.high is None:
        return ""
    return f"{value_text(measure.low, measure.unit, currency)} to {value_text(measure.high, measure.unit, currency)}"


def value_text(value: float, unit: str, currency: str) -> str:
    """A value in one of the units of the performance kernel."""
    if unit == "count":
        return number_text(value, 0)
    if unit == "minor units":
        return money_text(value, currency)
    if unit.startswith("share"):
        return share_text(value)
    if unit == "days":
        return f"{number_text(value, 1)} days"
    return number_text(value, 2 if abs(value) >= 0.095 else 3)


def money_text(minor: float, currency: str, *, signed: bool = False) -> str:
    """Minor units with their currency; parts of a minor unit are rounded."""
    if float(minor).is_integer():
        return f"{amount_text(int(minor), currency, signed=signed)} {currency}"
    return f"{number_text(minor / 10 ** minor_digits(currency), minor_digits(currency), signed=signed)} {currency}"


def share_text(share: float, *, signed: bool = False) -> str:
    """A share in percent, with a decimal more where it is small."""
    percent = 100 * share
    decimals = 2 if 0 < abs(percent) < 0.95 else 1
    return f"{number_text(percent, decimals, signed=signed)} %"


def reason_text(reason: Undefined) -> str:
    """Why a figure is undefined; "" where it is not."""
    return REASONS.get(reason, "")


def moment_text(at: dt.datetime | None, zone: str, *, with_time: bool = True) -> str:
    """A moment on the clocks of a zone; "–" where there is none."""
    return "–" if at is None else f"{at.astimezone(ZoneInfo(zone)):{'%Y-%m-%d %H:%M' if with_time else '%Y-%m-%d'}}"


def named(values: Sequence[str], nothing: str) -> str:
    """The values in a row, the first six by name; `nothing` stands for "".

    >>> named(["b", "", "a"], "none"), named(list("abcdefgh"), "none")
    ('a, b, none', 'a, b, c, d, e, f and 2 more')
    """
    shown = [*sorted(value for value in set(values) if value), *([nothing] if "" in values else [])]
    rest = len(shown) - MOST_NAMED
    return ", ".join(shown) if rest <= 1 else ", ".join(shown[:MOST_NAMED]) + f" and {rest} more"


def bucket_text(kind: str, bucket: str) -> str:
    """A bucket as it is read.

    >>> bucket_text("hour", "07"), bucket_text("session", "london+new_york"), bucket_text("weekday", "monday")
    ('07:00', 'London and New York', 'Monday')
    """
    if kind == "hour":
        return f"{bucket}:00"
    if kind == "session":
        return " and ".join(part.replace("_", " ").title() for part in bucket.split("+"))
    return bucket.capitalize() if kind == "weekday" else bucket


def standing(sources: Sequence[str]) -> tuple[str, str]:
    """What kind of money it was: a word for the badge, and its kind (`paper`, `real`, `backtest` or `mixed`)."""
    real = {"bot", "manual"}
    kinds = {"real" if source in real else source for source in sources}
    if len(kinds) > 1:
        words = {"paper": "paper", "real": "real money", "backtest": "backtest"}
        return " and ".join(words[kind] for kind in sorted(kinds)).upper() + ", MIXED", "mixed"
    (kind,) = kinds
    return {"paper": "PAPER", "real": "REAL MONEY", "backtest": "BACKTEST"}[kind], kind


def verdict(expectancy: Measure, n_days: int, currency: str, kind: str) -> str:
    """What can honestly be said: whether the interval of the mean result holds zero, and how much it rests on."""
    if expectancy.value is None:
        return "Nothing was closed, so nothing can be said."
    mean = money_text(expectancy.value, currency, signed=True)
    if expectancy.low is None or expectancy.high is None:
        return f"The mean result was {mean} a trade. All of it closed on one day, so there is no interval: nothing can be said."
    low, high = (money_text(end, currency, signed=True) for end in (expectancy.low, expectancy.high))
    days = f"{n_days:,} days with a closing"
    about = f"The mean result was {mean} a trade; its 95 % interval, from {low} to {high}, rests on {days} and"
    if expectancy.low <= 0 <= expectancy.high:
        said = f"{about} includes zero: this cannot be told apart from luck."
    elif expectancy.low > 0:
        said = f"{about} lies above zero. Who picks the best of many strategies sees that by luck as well."
    else:
        said = f"{about} lies below zero: it lost money, and not by bad luck alone."
    if n_days < 30:
        said += " So few days make any interval rough."
    if kind in ("paper", "backtest", "mixed"):
        said += " No money was at stake in what is not real: it takes for granted that each price could be had in full."
    return said
