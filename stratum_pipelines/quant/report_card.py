"""Report cards: how right each kind of signal was about where the market went, and whether it would have gone there anyway."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from stratum_pipelines.quant.aftermath import TIE, aftermath
from stratum_pipelines.quant.intervals import clustered_bounds, clustered_error, clustered_mean
from stratum_pipelines.reference import League

SCHEMA = {
    "signal_type": pl.String,
    "market": pl.String,
    "n": pl.Int64,
    "n_events": pl.Int64,
    "n_closed": pl.Int64,
    "n_decided": pl.Int64,
    "further_rate": pl.Float64,
    "further_low": pl.Float64,
    "further_high": pl.Float64,
    "n_placed": pl.Int64,
    "placebo_rate": pl.Float64,
    "placebo_before": pl.Float64,
    "placebo_after": pl.Float64,
    "lift": pl.Float64,
    "lift_se": pl.Float64,
    "n_moved": pl.Int64,
    "reversal_slope": pl.Float64,
    "reversal_slope_se": pl.Float64,
    "n_beat_decided": pl.Int64,
    "beat_rate": pl.Float64,
    "beat_low": pl.Float64,
    "beat_high": pl.Float64,
    "n_fair_decided": pl.Int64,
    "beat_fair_rate": pl.Float64,
    "beat_fair_low": pl.Float64,
    "beat_fair_high": pl.Float64,
    "clv_prob_mean": pl.Float64,
    "clv_prob_se": pl.Float64,
}


def report_cards(
    signals: pl.DataFrame,
    consensus: pl.LazyFrame,
    clv_records: pl.DataFrame,
    leagues: Mapping[str, League],
    signal_types: Sequence[str] = (),
) -> pl.DataFrame:
    """One row per signal type and market ("" for all of them), in the columns of `SCHEMA`; errors are clustered by game.

    `signal_types` get a row also where there is no signal. Signals count as closed with a current record of the scheduled
    close, of quality ok or thin.

    - `further_rate`: share of signals from which the fair close lay further in their direction; ties are left out.
    - `placebo_rate`: the same from other moments of the same game (`aftermath.SHIFTS_H`), for the same outcome, each signal's moments
      weighing one together. From a later moment, before the start, to the close; from an earlier one to where the signal's
      window began: what the window holds has chosen the direction, so a market that wanders without memory gives one half.
      `placebo_before` and `placebo_after` are the two kinds apart.
    - `lift`: mean of the signal's own outcome (1 or 0) less that of its placebo.
    - `reversal_slope`: how much of its move the market added after the signal: sum of move x later / sum of move², below 0
      where it went back.
    - `beat_rate`, `beat_fair_rate`, `clv_prob_mean`: of the entries, as in scorecards; intervals by game.
    """
    judged = aftermath(signals, consensus, clv_records, leagues)
    types = sorted({*signal_types, *judged["signal_type"].to_list()})
    rows = []
    for signal_type in types:
        mine = judged.filter(pl.col("signal_type") == signal_type)
        for market in ("", *sorted(mine["market"].unique().to_list())):
            some = mine if not market else mine.filter(pl.col("market") == market)
            rows.append({"signal_type": signal_type, "market": market, **_card(some)})
    return pl.DataFrame(rows, schema=SCHEMA)


def _card(judged: pl.DataFrame) -> Mapping[str, float | int | None]:
    """The figures of some signals."""
    further, beat = judged.drop_nulls("further"), judged.drop_nulls("beat")
    placed = further.drop_nulls("placebo")
    before, after = placed.drop_nulls("placebo_before"), placed.drop_nulls("placebo_after")
    moved = judged.drop_nulls(["move", "later"]).filter(pl.col("move").abs() > TIE)
    valued = judged.drop_nulls("clv_prob")
    priced = valued.filter(pl.col("clv_prob") != 0).with_columns(beat_fair=(pl.col("clv_prob") > 0).cast(pl.Float64))
    further_rate, further_low, further_high = _share(further, "further")
    beat_rate, beat_low, beat_high = _share(beat, "beat")
    fair_rate, fair_low, fair_high = _share(priced, "beat_fair")
    lift, lift_se, _ = _mean(placed, pl.col("further") - pl.col("placebo"))
    slope, slope_se = _slope(moved)
    clv_mean, clv_se, _ = _mean(valued, pl.col("clv_prob"))
    figures = {
        "n": judged.height,
        "n_events": judged["event_id"].n_unique(),
        "n_closed": int(judged["is_closed"].sum()),
        "n_decided": further.height,
        "further_rate": further_rate,
        "further_low": further_low,
        "further_high": further_high,
        "n_placed": placed.height,
        "placebo_rate": _mean(placed, pl.col("placebo"))[0],
        "placebo_before": _mean(before, pl.col("placebo_before"))[0],
        "placebo_after": _mean(after, pl.col("placebo_after"))[0],
        "lift": lift,
        "lift_se": lift_se,
        "n_moved": moved.height,
        "reversal_slope": slope,
        "reversal_slope_se": slope_se,
        "n_beat_decided": beat.height,
        "beat_rate": beat_rate,
        "beat_low": beat_low,
        "beat_high": beat_high,
        "n_fair_decided": priced.height,
        "beat_fair_rate": fair_rate,
        "beat_fair_low": fair_low,
        "beat_fair_high": fair_high,
        "clv_prob_mean": clv_mean,
        "clv_prob_se": clv_se,
    }
    return {name: None if np.isnan(value) else value for name, value in figures.items()}


def _mean(some: pl.DataFrame, values: pl.Expr) -> tuple[float, float, int]:
    """A mean, its standard error clustered by game, and the number of games."""
    return clustered_mean(some.select(values).to_series().to_numpy(), some["event_id"].to_numpy())


def _share(some: pl.DataFrame, column: str) -> tuple[float, float, float]:
    """A share with its 95 % interval, games taken as independent."""
    rate, error, games = _mean(some, pl.col(column))
    low, high = clustered_bounds(rate, np.nan_to_num(error), some.height, games)
    return rate, float(low), float(high)


def _slope(moved: pl.DataFrame) -> tuple[float, float]:
    """The slope through the origin of what came later on the signal's move, with its standard error clustered by game."""
    move, later = moved["move"].to_numpy(), moved["later"].to_numpy()
    whole = float(np.sum(move**2))
    if not whole:
        return np.nan, np.nan
    slope = float(np.sum(move * later)) / whole
    games: npt.NDArray[np.int64] = np.unique(moved["event_id"].to_numpy(), return_inverse=True)[1]
    return slope, clustered_error(move * (later - slope * move), games) / whole
