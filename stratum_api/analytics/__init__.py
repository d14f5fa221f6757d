"""What came of trades, computed for endpoints: from the lake's table `trades` by the kernel of `stratum_pipelines.quant`.

    asked = Asked(…)                                              # which trades, up to when, measured how
    found = await service.analyses.get(equity_of, asked, 500)     # computed in a thread, or remembered

A worker holds the few columns that figures are made of (`TradeBook`), as long as there are not too many rows, and looks every
five seconds whether the lake's files have changed. What was computed is remembered until they have (`Analyses`).
"""

from stratum_api.analytics.analyses import Analyses
from stratum_api.analytics.asked import Asked
from stratum_api.analytics.trade_book import TradeBook, TradesNow

__all__ = ["Analyses", "Asked", "TradeBook", "TradesNow"]
