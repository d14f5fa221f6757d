"""The trades a question is about, in one currency, and the balance they began with."""

from dataclasses import dataclass

import polars as pl

from stratum_api.analytics.asked import Asked
from stratum_api.analytics.picking import alike, closed_of, distinct, known, picked
from stratum_api.analytics.trade_book import TradesNow
from stratum_api.tiers.sight import invalid

# Where nobody says what an account began with: 10,000.00 of a currency with cents.
USUAL_BALANCE = 1_000_000
ASKED, NOTED, USUAL = "asked", "equity_points", "usual"


@dataclass(frozen=True)
class Chosen:
    """What figures are made of: trades as the kernel takes them, n of them, all in `currency` ("" without any).

    `balance` is what there was before the first of them, in minor units, `balance_from` how that is known; `flows` are
    deposits and withdrawals since then (at, flow), None where the balance is not that of accounts.
    """

    trades: pl.LazyFrame
    n: int
    currency: str
    balance: int
    balance_from: str
    flows: pl.DataFrame | None


def choose(now: TradesNow, asked: Asked) -> Chosen:
    """The trades of a question. Raises ParameterInvalid for mixed currencies, and where nothing was left to begin with."""
    rows, currency = picked(now, asked)
    balance, balance_from, flows = _began_with(now, asked, currency)
    if balance <= 0:
        raise invalid("starting_balance", f"has to be given: the accounts stood at {balance} minor units by then")
    return Chosen(closed_of(rows, currency), rows.height, currency, balance, balance_from, flows)


def _began_with(now: TradesNow, asked: Asked, currency: str) -> tuple[int, str, pl.DataFrame | None]:
    """The balance before the first trade, where it is from, and what came in and went out after."""
    rows = now.rows(asked.until).filter(*known(asked), pl.col("currency") == currency)
    if asked.starting_balance is None and now.points.height:
        noted = _noted(now, asked, rows, currency)
        if noted is not None:
            return noted[0], NOTED, noted[1]
    balance = USUAL_BALANCE if asked.starting_balance is None else asked.starting_balance
    if asked.from_day is not None:
        # It is what there was before all of it, also when only the end is looked at.
        before = rows.filter(*alike(asked), pl.col("exit_at") < asked.from_day)
        balance += _earned(now, before if asked.since is None else before.filter(pl.col("exit_at") >= asked.since))
    return balance, USUAL if asked.starting_balance is None else ASKED, None


def _noted(now: TradesNow, asked: Asked, rows: pl.LazyFrame, currency: str) -> tuple[int, pl.DataFrame] | None:
    """The balance of the accounts together, as they noted it; None where one of them noted none.

    An account's is the first it noted, with what moved and what its trades brought from then until the question begins.
    """
    accounts = distinct(now, rows.filter(pl.lit(True), *alike(asked)), "account")
    points = now.points.filter(
        pl.col("account").is_in(accounts),
        pl.col("currency") == currency,
        pl.col("source").is_in(list(asked.sources)),
        pl.col("recorded_at") <= asked.as_of,
        pl.col("noted_at") <= asked.until,
    )
    first = points.group_by("account", maintain_order=True).first()
    if not accounts or first.height < len(accounts):
        return None
    stated = pl.when(pl.col("kind") == "balance").then("balance").otherwise(pl.coalesce("balance", "amount"))
    balance = int(first.select(stated.sum()).item())
    began = first.select("account", began_at="noted_at")
    flows = (
        points.join(began, on="account")
        .filter(pl.col("noted_at") > pl.col("began_at"), pl.col("kind") != "balance")
        .select(at="noted_at", flow="amount")
    )
    if asked.begin is None:
        return balance, flows
    earlier = rows.filter(pl.col("exit_at") < asked.begin).with_columns(pl.col("account").cast(pl.String))
    since_noted = earlier.join(began.lazy(), on="account").filter(pl.col("exit_at") >= pl.col("began_at"))
    moved = int(flows.filter(pl.col("at") < asked.begin)["flow"].sum() or 0)
    return balance + _earned(now, since_noted) + moved, flows.filter(pl.col("at") >= asked.begin)


def _earned(now: TradesNow, rows: pl.LazyFrame) -> int:
    return int(now.collected(rows.select(pl.col("profit").sum())).item() or 0)
