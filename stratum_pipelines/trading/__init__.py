"""Trades: what comes into the ledger, by imports and by bets on signals, and what is told of it."""
