"""What came of bets, strategy by strategy: how many, how they ended, the yield, and what the close had expected of them."""

import numpy as np
import polars as pl

from stratum_pipelines.quant.intervals import clustered_error, clustered_mean, student_quantile

# The row over all strategies.
ALL = ""


def bet_outcomes(trades: pl.LazyFrame, values: pl.LazyFrame) -> pl.DataFrame:
    """One row per strategy of these bets, and one over all of them with the strategy "": all in one currency.

    `values` has the closing-line value of their signals, at most one each: signal_id and clv_ev.

    Columns: strategy, currency, n, n_games, n_open, n_void, n_settled, n_won, n_lost, n_pushed, staked and profit (minor
    units, settled bets only), yield (profit over staked), yield_low and yield_high, n_valued, and close_yield with
    close_yield_low and close_yield_high: the mean of clv_ev over the settled bets that have one, which is the yield to expect
    if the closing line was right.

    Intervals, 95 %, take games as independent and not bets: with p the profit and s the stakes of a game and y the yield,
    the standard error of the sum of p - y x s over games (CR1), over all stakes, times Student's quantile for the games less
    one. Null without settled bets, the interval also for a single game. Raises ValueError for mixed currencies.
    """
    told = trades.select("signal_id", "strategy", "currency", "event_id", "status", "stake", "profit")
    rows = told.join(values.select("signal_id", "clv_ev"), on="signal_id", how="left").collect()
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
    "n_valued": pl.Int64,
    **dict.fromkeys(("close_yield", "close_yield_low", "close_yield_high"), pl.Float64),
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
    valued = settled.filter(pl.col("clv_ev").is_finite())
    mean, mean_error, n_valued_games = clustered_mean(valued["clv_ev"].to_numpy(), valued["event_id"].to_numpy())
    off = float(student_quantile(max(n_valued_games - 1, 1))) * mean_error
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
        **_ends("yield", np.nan if found is None else found, reach),
        "n_valued": valued.height,
        "close_yield": mean if np.isfinite(mean) else None,
        **_ends("close_yield", mean, off),
    }


def _ends(name: str, value: float, reach: float) -> dict[str, float | None]:
    """The two ends of an interval, null where it has none."""
    is_known = np.isfinite(value) and np.isfinite(reach)
    return {f"{name}_low": value - reach if is_known else None, f"{name}_high": value + reach if is_known else None}
