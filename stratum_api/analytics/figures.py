"""Every figure of a set of trades, over the windows asked for."""

from stratum_api.analytics.asked import Asked
from stratum_api.analytics.chosen import Chosen, choose
from stratum_api.analytics.curves import of
from stratum_api.analytics.trade_book import TradesNow
from stratum_api.shown.performance import Figures, ShownMeasure
from stratum_pipelines.quant.performance import Measure, Performance, performance_of

WINDOWS: dict[str, int | None] = {"all": None, "365d": 365, "90d": 90, "30d": 30}
MONEY = "minor units"


def figures_of(now: TradesNow, asked: Asked, windows: tuple[str, ...], bases: tuple[str, ...]) -> Figures:
    """The figures of each window, by the definitions of the kernel; those a year on each basis asked for (none: on all).

    A window of 30 days are the trades that ended within the last 30 days of the zone, and the balance they began with: its
    figures are those of just these trades.
    """
    measures: list[ShownMeasure] = []
    whole: Chosen | None = None
    for name in windows:
        days = WINDOWS[name]
        chosen = choose(now, asked if days is None else asked.last_days(days))
        whole = chosen if days is None else whole
        measures += [
            _shown(one, name)
            for one in measured(chosen, asked).measures
            if not one.basis or not bases or one.basis in bases
        ]
    said = of(whole or choose(now, asked), asked)
    return Figures(**said, zone=asked.zone, risk_free_rate=asked.risk_free_rate, measures=measures)


def measured(chosen: Chosen, asked: Asked) -> Performance:
    """All that the kernel says of these trades."""
    return performance_of(
        chosen.trades, chosen.balance, zone=asked.zone, risk_free_rate=asked.risk_free_rate, flows=chosen.flows
    )


def _shown(one: Measure, window: str) -> ShownMeasure:
    value, low, high = (in_unit(figure, one.unit) for figure in (one.value, one.low, one.high))
    reason = one.reason.name.lower() if one.reason else ""
    return ShownMeasure(one.name, window, one.basis, value, low, high, one.n, one.unit, reason, one.definition)


def in_unit(value: float | None, unit: str) -> int | float | None:
    """A figure as answers show it: money, means of it included, in whole minor units."""
    return value if value is None or unit != MONEY else round(value)
