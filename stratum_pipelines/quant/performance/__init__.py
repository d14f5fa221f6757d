"""Performance: one kernel for live, backtests, the warehouse and the API.

A figure is a `Measure`: a value with its definition, or null with a typed reason; never infinite, never 1e16. Money is in
minor units, returns are shares. `performance_of` gives every figure of a set of trades, `RATIOS` one ratio of any returns.
"""

from stratum_pipelines.quant.performance.basis import Basis, betting_days, calendar_days, trading_days
from stratum_pipelines.quant.performance.measure import DEFINITIONS, Measure
from stratum_pipelines.quant.performance.ratios import RATIOS
from stratum_pipelines.quant.performance.report import Performance, performance_of
from stratum_pipelines.quant.performance.rolling import WINDOWS, rolling_measures
from stratum_pipelines.quant.performance.undefined import Undefined

__all__ = [
    "DEFINITIONS",
    "RATIOS",
    "WINDOWS",
    "Basis",
    "Measure",
    "Performance",
    "Undefined",
    "betting_days",
    "calendar_days",
    "performance_of",
    "rolling_measures",
    "trading_days",
]
