"""Pictures of an account up to a day: its balance and drawdown, its months, and how its results are spread."""

import datetime as dt
from dataclasses import replace

import polars as pl

from stratum_pipelines.quant.buckets import heatmap
from stratum_pipelines.quant.performance import performance_of
from stratum_pipelines.trading.chosen import Choice, bankroll, chosen, only_currency
from warehouse.charts import Look, equity_chart, months_chart, results_chart
from warehouse.lake import Lake

# Small on purpose: pictures live in Dagster's event log.
SMALL = {"width": 640, "height": 300, "scale": 1}


def pictures_of_account(lake: Lake, account: str, source: str, day: dt.date) -> dict[str, tuple[str, bytes]]:
    """Title and PNG of every picture of an account's trades from one source that closed up to a day (UTC); {} without any.

    Raises ValueError where they are in several currencies.
    """
    until = dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min, dt.UTC)
    choice = Choice(account=account, source=source)
    trades = chosen(lake, choice).filter(pl.col("status") == "closed", pl.col("exit_at") < until).collect()
    if trades.is_empty():
        return {}
    currency = only_currency(trades["currency"].unique().to_list())
    money = bankroll(lake, trades, currency)
    note = f"{len(trades):,} closed trades, {source}"
    look = Look("", note, currency, **SMALL)  # type: ignore[arg-type]
    rows = trades.lazy()
    profits, counts = (
        heatmap(rows, "year", "month_of_year", value=value, moment="exit_at") for value in ("profit", "n")
    )
    titles = {
        "balance": f"Balance and drawdown of account {account}, up to {day}",
        "months": f"Result of account {account} by month, up to {day}",
        "results": f"Spread of results of account {account}, up to {day}",
    }
    looks = {name: replace(look, title=title) for name, title in titles.items()}
    moments = performance_of(rows, money.balance, flows=money.flows).moments
    return {
        "balance": (titles["balance"], equity_chart(moments, looks["balance"])),
        "months": (titles["months"], months_chart(profits, counts, looks["months"])),
        "results": (titles["results"], results_chart(trades["profit"], looks["results"])),
    }
