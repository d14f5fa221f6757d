"""Curves over time: equity and drawdown."""

from typing import Any

import polars as pl

from stratum_api.analytics.asked import Asked
from stratum_api.analytics.chosen import Chosen, choose
from stratum_api.analytics.thinning import thinned
from stratum_api.analytics.trade_book import TradesNow
from stratum_api.shown.performance import CurvePoint, DrawdownCurve, DrawdownPoint, Episode, EquityCurve
from stratum_pipelines.quant.performance.closings import closings
from stratum_pipelines.quant.performance.drawdown import drawdown_episodes, drawdowns_of, growth_of

DAY_US = 86_400_000_000


def equity_of(now: TradesNow, asked: Asked, most_points: int) -> EquityCurve:
    """The balance before anything and after each closing, thinned to so many points."""
    chosen = choose(now, asked)
    rows = curve_of(chosen)
    kept = rows[thinned(rows["balance"].to_numpy(), most_points)]
    moments, balances, returns = (kept[name].to_list() for name in ("at", "balance", "total_return"))
    points = [CurvePoint(*one) for one in zip(moments, balances, returns, strict=True)]
    return EquityCurve(**of(chosen, asked), n_points=rows.height, points=points)


def drawdown_of(now: TradesNow, asked: Asked, most_points: int, most_episodes: int) -> DrawdownCurve:
    """How far each balance lies below the highest before it, and the deepest falls."""
    chosen = choose(now, asked)
    rows = curve_of(chosen)
    kept = rows[thinned(rows["drawdown"].to_numpy(), most_points)]
    # Once nothing is left there is nothing to fall from.
    standing = rows.filter(pl.col("total_return").is_not_null())
    falls = drawdown_episodes(standing["total_return"].to_numpy() + 1.0)
    deepest = falls.sort("depth", descending=True, maintain_order=True).head(most_episodes)
    times = standing["at"]
    return DrawdownCurve(
        **of(chosen, asked),
        n_points=rows.height,
        points=[DrawdownPoint(at, fall) for at, fall in kept.select("at", "drawdown").rows()],
        n_episodes=falls.height,
        episodes=[_episode(one, times) for one in deepest.iter_rows(named=True)],
    )


def of(chosen: Chosen, asked: Asked) -> dict[str, Any]:
    """What every answer says of what it is made of."""
    return {
        "as_of": asked.as_of,
        "since": asked.since,
        "until": asked.until,
        "sources": list(asked.sources),
        "n_trades": chosen.n,
        "currency": chosen.currency,
        "starting_balance": chosen.balance,
        "starting_balance_from": chosen.balance_from,
    }


def curve_of(chosen: Chosen) -> pl.DataFrame:
    """One row per closing, the moment before them first: at, balance, total_return and drawdown, null once nothing was left."""
    rows = closings(chosen.trades, chosen.balance, chosen.flows)
    if rows.is_empty():
        return pl.DataFrame(
            schema={"at": rows.schema["at"], "balance": pl.Int64, "total_return": pl.Float64, "drawdown": pl.Float64}
        )
    growth = growth_of(rows["return"].to_numpy())[1:]
    balance = chosen.balance + (rows["profit"] + rows["flow"]).cum_sum()
    found = rows.select(
        "at", balance.alias("balance"), total_return=pl.Series(growth - 1.0), drawdown=pl.Series(drawdowns_of(growth))
    )
    return found.with_columns(pl.col("total_return", "drawdown").fill_nan(None))


def _episode(fall: dict[str, Any], times: pl.Series) -> Episode:
    us = times.to_physical()
    end = len(times) - 1 if fall["recovered"] is None else fall["recovered"]
    return Episode(
        depth=fall["depth"],
        peak_at=times[fall["peak"]],
        trough_at=times[fall["trough"]],
        recovered_at=None if fall["recovered"] is None else times[end],
        length_days=float(us[end] - us[fall["peak"]]) / DAY_US,
        recovery_days=None if fall["recovered"] is None else float(us[end] - us[fall["trough"]]) / DAY_US,
    )
