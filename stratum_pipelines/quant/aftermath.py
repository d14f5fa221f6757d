"""What became of the market after each signal, and at other moments of the same game.

All in one measure. A consensus row of an outcome (fair probability at its number) stands for a place on the normal curve of
the league's final margins or totals, and from there for a probability at any other number:

    place = quantile(fair) - own handicap / deviation,      chance at a number h = Φ(place + h / deviation).

In the winner market the chance is the fair probability itself. For a signal, h is the consensus number of the moment it was
detected. The chances of the outcome at that one number say everything: as the signal's window began, as it was detected, at
the close, and at the moments of the placebo.

Worked example, deviation 13: home -3 at 0.5 is a place of 3 / 13 = 0.2308; a close of -4 at 0.5 is one of 0.3077. At -3 the
close gives Φ(0.3077 - 0.2308) = 0.5307: the market went 0.0307 further toward home.
"""

import datetime as dt

import numpy as np
import polars as pl

from stratum_pipelines.quant.clv import Deviations
from stratum_pipelines.quant.normal import distribution, quantile
from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.scorecard import CONVENTION

# Before and after a signal; the same for every signal, so that a card comes out the same again.
SHIFTS_H = (-24.0, -12.0, -6.0, -3.0, -1.0, 1.0, 3.0, 6.0, 12.0, 24.0)
# The same chance, up to the last bits.
TIE = 1e-9
# Fair probabilities end up so far from certainty that the normal curve knows a place for them.
SURE = 1e-12

_OUTCOME = ["event_id", "market", "outcome"]


def aftermath(
    signals: pl.DataFrame, consensus: pl.LazyFrame, clv_records: pl.DataFrame, deviations: Deviations
) -> pl.DataFrame:
    """Every signal with what became of it; null where it is not known.

    Columns signal_type, market, event_id, is_closed, move (chance gained in the window), later (chance gained from
    detection to the close), further (1 or 0), placebo, placebo_before, placebo_after (shares of its moments), beat (1 or 0)
    and clv_prob.
    """
    closes = clv_records.filter(
        pl.col("is_current"), pl.col("convention") == CONVENTION, pl.col("quality").is_in(["ok", "thin"])
    ).select("signal_id", "closed_at", "close_point", "close_fair_prob", "beat_close", "clv_prob")
    told = (
        signals.select("signal_id", "signal_type", "sport_key", *_OUTCOME, "direction", "detected_at", "window_s")
        .join(closes, on="signal_id", how="left")
        .with_columns(_deviation(signals, deviations))
        .sort("signal_id")
    )
    path = _path(signals, consensus)
    told = told.with_columns(began_at=pl.col("detected_at") - pl.duration(microseconds=pl.col("window_s") * 1e6))
    now, before = _at(told, path, pl.col("detected_at")), _at(told, path, pl.col("began_at"))
    handicap = _own_handicap(now["direction"], now["point"])
    chance, began = _chances(now, handicap), _chances(before, handicap)
    close = told.with_columns(point=pl.col("close_point"), fair_prob=pl.col("close_fair_prob"))
    at_close = _chances(close, handicap)
    figures = {
        "move": chance - began,
        "later": at_close - chance,
        "further": _gained(at_close - chance),
        **_placebo(told, path, handicap, began, at_close),
        "clv_prob": told["clv_prob"].to_numpy().astype(np.float64),
        "beat": told["beat_close"].cast(pl.Float64).to_numpy().astype(np.float64),
    }
    return told.select(
        "signal_type", "market", "event_id", is_closed=pl.col("close_fair_prob").is_not_null()
    ).with_columns(pl.Series(name, values).fill_nan(None) for name, values in figures.items())


def _deviation(signals: pl.DataFrame, deviations: Deviations) -> pl.Expr:
    """The league's standard deviation of what the market is about; null in the winner market."""
    known = [
        {"sport_key": sport, "market": market, "deviation": value}
        for sport in signals["sport_key"].unique().sort().to_list()
        for market, value in deviations.get(sport, {}).items()
    ]
    expression = pl.lit(None, pl.Float64)
    for one in known:
        fits = (pl.col("sport_key") == one["sport_key"]) & (pl.col("market") == one["market"])
        expression = pl.when(fits).then(pl.lit(one["deviation"])).otherwise(expression)
    return expression.alias("deviation")


def _path(signals: pl.DataFrame, consensus: pl.LazyFrame) -> pl.DataFrame:
    """The consensus of every outcome that was signalled, where it is known."""
    wanted = signals.select(_OUTCOME).unique().lazy()
    lined = (pl.col("market") == "h2h") | pl.col("point_median").is_not_null()
    return (
        consensus.filter(pl.col("fair_prob").is_not_null(), lined)
        .select(*_OUTCOME, "as_of", "fair_prob", point=pl.col("point_median"))
        .join(wanted, on=_OUTCOME, how="semi")
        .sort("as_of")
        .collect()
    )


def _at(told: pl.DataFrame, path: pl.DataFrame, moment: pl.Expr) -> pl.DataFrame:
    """The signals in their order with point and fair_prob of the consensus as it stood at a moment; null before the first."""
    asked = told.with_columns(moment=moment).with_row_index("place").sort("moment")
    found = asked.join_asof(path, left_on="moment", right_on="as_of", by=_OUTCOME, check_sortedness=False)
    return found.sort("place")


def _own_handicap(direction: pl.Series, point: pl.Series) -> Floats:
    """The handicap from the outcome's own side; NaN where there is none."""
    values = point.to_numpy().astype(np.float64)
    return np.where((direction == "over").to_numpy(), -values, values)


def _chances(rows: pl.DataFrame, handicap: Floats) -> Floats:
    """The chance of each outcome at a handicap, from fair_prob at point; NaN where one of them is not known."""
    fair = rows["fair_prob"].to_numpy().astype(np.float64)
    deviation = rows["deviation"].to_numpy().astype(np.float64)
    apart = (handicap - _own_handicap(rows["direction"], rows["point"])) / deviation
    known = ~np.isnan(fair) & ~np.isnan(apart)
    # At its own number a probability is itself to the last bit, so that what did not move is a tie.
    found = np.where((rows["market"] == "h2h").to_numpy() | (known & (apart == 0)), fair, np.nan)
    elsewhere = np.flatnonzero(known & (apart != 0) & (rows["market"] != "h2h").to_numpy())
    place = quantile(np.clip(fair[elsewhere], SURE, 1 - SURE)) + apart[elsewhere]
    found[elsewhere] = distribution(place)[0]
    return found


def _gained(change: Floats) -> Floats:
    """1 for a chance that rose, 0 for one that fell, NaN for a tie or what is not known."""
    return np.where(np.isnan(change) | (np.abs(change) <= TIE), np.nan, change > 0)


def _placebo(
    told: pl.DataFrame, path: pl.DataFrame, handicap: Floats, began: Floats, at_close: Floats
) -> dict[str, Floats]:
    """Per signal, the share of its shifted moments after which the market went its way; NaN without a decided one."""
    hits, moments = np.zeros((2, told.height)), np.zeros((2, told.height))
    for hours in SHIFTS_H:
        later = int(hours > 0)
        shifted = pl.col("detected_at") + dt.timedelta(hours=hours)
        usable = told.select(shifted < pl.col("closed_at") if later else shifted < pl.col("began_at")).to_series()
        change = (at_close if later else began) - _chances(_at(told, path, shifted), handicap)
        won = np.where(usable.fill_null(False).to_numpy() & ~np.isnan(at_close), _gained(change), np.nan)
        hits[later] += np.nan_to_num(won)
        moments[later] += ~np.isnan(won)
    counted = {"placebo": (hits.sum(axis=0), moments.sum(axis=0))}
    counted |= {"placebo_before": (hits[0], moments[0]), "placebo_after": (hits[1], moments[1])}
    return {name: np.divide(h, m, out=np.full(told.height, np.nan), where=m > 0) for name, (h, m) in counted.items()}
