"""A tear sheet as plain values for programs."""

from typing import Any

from stratum_pipelines.trading.sheet.code_version import code_version
from stratum_pipelines.trading.sheet.figures import MOST_TRADES, TearSheet
from stratum_pipelines.trading.sheet.words import standing, verdict


def as_record(sheet: TearSheet) -> dict[str, Any]:
    """All that the page tells, without pictures: money in minor units, shares as shares, moments in UTC."""
    choice = sheet.choice
    _, kind = standing(sheet.trades["source"].unique().to_list())
    ordered = sheet.closed.sort("profit", "entry_at", "trade_id")
    rolling = sheet.rolling.filter(date=sheet.rolling["date"].max()) if sheet.rolling.height else sheet.rolling
    return {
        "chosen": {
            "account": choice.account,
            "strategy": choice.strategy,
            "symbol": choice.symbol,
            "source": choice.source,
            "from": choice.first,
            "to": choice.last,
            "zone": choice.zone,
        },
        "kind": kind,
        "currency": sheet.currency,
        "verdict": verdict(sheet.performance.measure("expectancy"), sheet.n_days, sheet.currency, kind),
        "trades": sheet.trades.height,
        "statuses": dict(sheet.statuses),
        "days": sheet.n_days,
        "starting_balance": sheet.bankroll.balance,
        "starting_balance_origin": sheet.bankroll.origin,
        "measures": sheet.performance.as_frame().to_dicts(),
        "rolling": rolling.to_dicts(),
        "strategies": sheet.strategies.to_dicts(),
        "buckets": {name: rows.to_dicts() for name, rows in sheet.buckets.items()},
        "drawdowns": sheet.drawdowns.to_dicts(),
        "best": ordered.reverse().head(MOST_TRADES).to_dicts(),
        "worst": ordered.head(MOST_TRADES).to_dicts(),
        "fingerprint": sheet.fingerprint,
        "code": code_version(),
    }
