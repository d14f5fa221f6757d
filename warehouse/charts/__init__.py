"""Charts of trades as PNG bytes: what an account was worth, how far it fell, when it won and lost, and how much.

A chart takes frames as `stratum_pipelines.quant` makes them and a `Look`, and gives the bytes of a picture: the same bytes for the
same input, with nothing inside that says when or by what it was drawn. What does not exist (null, NaN) is left out and said.
Nothing of ours is imported here, matplotlib when the first chart is drawn. Drawing may be asked for in any thread; `ChartCache`
keeps what was drawn.
"""

from warehouse.charts.cache import ChartCache
from warehouse.charts.equity import drawdown_chart, equity_chart
from warehouse.charts.grids import hours_chart, months_chart
from warehouse.charts.look import MOST_BYTES, MOST_PIXELS, Look
from warehouse.charts.results import results_chart
from warehouse.charts.returns import returns_chart
from warehouse.charts.rolling import rolling_chart

__all__ = [
    "MOST_BYTES",
    "MOST_PIXELS",
    "ChartCache",
    "Look",
    "drawdown_chart",
    "equity_chart",
    "hours_chart",
    "months_chart",
    "results_chart",
    "returns_chart",
    "rolling_chart",
]
