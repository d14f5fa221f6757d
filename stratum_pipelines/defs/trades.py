"""Trades, balances and checks of trades: entered by imports, and by bets on signals."""

from stratum_pipelines.defs.declared import asset_of

ENTERED = [asset_of("trades"), asset_of("equity_points"), asset_of("validation_logs")]
