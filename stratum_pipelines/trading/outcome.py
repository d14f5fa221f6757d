"""What came of bets, strategy by strategy: how many, how they ended, and the yield with its interval."""

import numpy as np
import polars as pl

from stratum_pipelines.quant.intervals import clustered_error, student_quantile

# The row over all strategies.
ALL = ""


def bet_outcomes(trades: pl.LazyFrame) -> pl.DataFrame:
    """One row per strategy of these bets, and one over all of them with the strategy "": all in one currency.

    Columns: strategy, currency, n, n_games, n_open, n_void, n_settled, n_won, n_lost, n_pushed, staked and profit (minor
    units, settled bets only), yield (profit over staked), yield_low and yield_high. The interval, 95 %, takes games as
    independent and not bets: with p the profit and s the stakes of a game and y the yield, its standard error is that of the sum of
    p - y x s over games (CR1), over all stakes, and Student's quantile for the games less one is taken. Null without
    settled bets, the interval also for a single game. Raises ValueError for mixed currencies.
    """
    rows = trades.select("strategy", "currency", "event_id", "status", "stake", "profit").collect()
    currencies = rows["currency"].unique().sort().to_list()
    if len(currencies) > 1:
        raise ValueError(f"These bets are in {', '.join(currencies)}. Ask for one currency at a time.")
    names = [ALL, *rows["strategy"].unique().sort()] if rows.height else []
    counted = [_outcome(name, rows if name == ALL else rows.filter(pl.col("strategy") == name)) for name in names]
    return pl.DataFrame(counted, schema=SCHEMA)


SCHEMA = {
    "strategy": pl.String,
    "currency": pl.String,
    **dict.fromkeys(("n", "n_games", "n_open", "n_void", "n_settled", "n_won", "n_lost", "n_pushed"), pl.Int64),
    **dict.fromkeys(("staked", "profit"), pl.Int64),
    **dict.fromkeys(("yield", "yield_low", "yield_high"), pl.Float64),
}


def _outcome(strategy: str, bets: pl.DataFrame) -> dict[str, object]:
    settled = bets.filter(pl.col("status") == "closed")
    games = settled.group_by("event_id").agg(pl.col("profit", "stake").sum()).sort("event_id")
    profit, staked = int(settled["profit"].sum()), int(settled["stake"].sum())
    found = profit / staked if staked else None
    reach = np.nan
    if found is not None and games.height > 1:
        parts = games["profit"].to_numpy() - found * games["stake"].to_numpy()
        error = clustered_error(parts, np.arange(games.height)) / staked
        reach = float(student_quantile(games.height - 1)) * error
    is_known = found is not None and np.isfinite(reach)
    return {
        "strategy": strategy,
        "currency": bets["currency"][0],
        "n": bets.height,
        "n_games": bets["event_id"].n_unique(),
        "n_open": (bets["status"] == "open").sum(),
        "n_void": (bets["status"] == "void").sum(),
        "n_settled": settled.height,
        "n_won": (settled["profit"] > 0).sum(),
        "n_lost": (settled["profit"] < 0).sum(),
        "n_pushed": (settled["profit"] == 0).sum(),
        "staked": staked,
        "profit": profit,
        "yield": found,
        "yield_low": found - reach if found is not None and is_known else None,
        "yield_high": found + reach if found is not None and is_known else None,
    }
