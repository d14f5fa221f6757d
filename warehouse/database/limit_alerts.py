"""The notice that an account nears or passes its soft limit, as others are told it."""

import polars as pl

from warehouse.tables.table import Column, Table, count, text, time


class LimitAlerts(Table):
    """One notice per account, billing period and threshold. It is the content of a message, not a table of the lake."""

    name = "limit_alerts"
    layer = "system"
    key = ("account_id", "period_start_at", "threshold_percent")

    account_id = text("The account.")
    period_start_at = time("When the billing period began.")
    threshold_percent = count("The share of the soft limit that was reached.", unit="%")
    used = Column(pl.Int64, "Billable requests in the period when it was reached.", "count", at_least=0)
    soft_limit = Column(pl.Int64, "Billable requests the period includes.", "count", at_least=0)
    overage = Column(pl.Int64, "Billable requests above those.", "count", at_least=0)
    noted_at = time("When it was noted.")
