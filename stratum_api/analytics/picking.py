"""Which trades a question is about."""

import polars as pl

from stratum_api.analytics.asked import Asked
from stratum_api.analytics.trade_book import TradesNow
from stratum_api.tiers.sight import invalid

NUMBERS = ("entry_at", "exit_at", "commence_at", "profit", "stake")


def known(asked: Asked) -> list[pl.Expr]:
    """What trades of the sources and the account asked for meet that were over, and recorded, as of the moment asked for."""
    met = [
        pl.col("source").is_in(list(asked.sources)),
        pl.col("exit_at") <= asked.as_of,
        pl.col("recorded_at") <= asked.as_of,
    ]
    return met if asked.account is None else [*met, pl.col("account") == asked.account]


def alike(asked: Asked) -> list[pl.Expr]:
    """What trades of the strategy, the symbol and the currency asked for meet."""
    wanted = {"strategy": asked.strategy, "symbol": asked.symbol, "currency": asked.currency}
    return [pl.col(name) == value for name, value in wanted.items() if value is not None]


def ended(asked: Asked) -> list[pl.Expr]:
    """What trades meet that ended between the moments asked for, both included."""
    up_to = pl.col("exit_at") <= asked.until
    return [up_to] if asked.begin is None else [up_to, pl.col("exit_at") >= asked.begin]


def picked(now: TradesNow, asked: Asked) -> tuple[pl.DataFrame, str]:
    """The trades of a question, numbers alone, and their currency; "" without any.

    Of millions of trades that is what fits into memory. Raises ParameterInvalid for mixed currencies.
    """
    mine = now.rows(asked.until).filter(*known(asked), *alike(asked), *ended(asked))
    if now.held is not None:
        mine = mine.collect().lazy()  # few enough to be chosen once and for all
    currency = asked.currency or one_currency(now, mine)
    return now.collected(mine.filter(pl.col("currency") == currency).select(NUMBERS)), currency


def closed_of(rows: pl.DataFrame, currency: str) -> pl.LazyFrame:
    """Trades that were picked as the kernel takes them."""
    return rows.lazy().with_columns(status=pl.lit("closed"), currency=pl.lit(currency))


def one_currency(now: TradesNow, rows: pl.LazyFrame) -> str:
    """The currency of these trades, "" without any. Raises ParameterInvalid for more than one."""
    found = distinct(now, rows, "currency")
    if len(found) > 1:
        raise invalid("currency", f"has to be given: these trades are in {', '.join(found)}, which have no sum")
    return found[0] if found else ""


def distinct(now: TradesNow, rows: pl.LazyFrame, column: str) -> list[str]:
    """The different texts of a column, sorted."""
    return sorted(now.collected(rows.select(pl.col(column).cast(pl.String).unique()))[column])
