"""What became of the market after each signal, and at other moments of the same game.

All in one measure. A consensus row of an outcome (fair probability at its fair_point) is moved to any other number by the
league's table of final margins or totals (`key_numbers.score_table`). In the winner market the chance is the fair
probability itself. For a signal, the number h is the consensus number of the moment it was detected. The chances of the outcome
at that one number, given no push, say everything: as the signal's window began, as it was detected, at the close, and at
the moments of the placebo.

Worked example, a league without key numbers and a deviation of 13: home -3.5 at 0.5 has a mean margin of 3.5, a close of -4.5
at 0.5 one of 4.5: at -3.5 the close gives Φ(1 / 13) = 0.5307, and the market went 0.0307 further toward home.
"""

import datetime as dt
from collections.abc import Mapping

import numpy as np
import polars as pl

from stratum_pipelines.quant.key_numbers import score_table
from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.reference import League
from warehouse.tables import COUNTED_CONVENTION

# Before and after a signal; the same for every signal, so that a card comes out the same again.
SHIFTS_H = (-24.0, -12.0, -6.0, -3.0, -1.0, 1.0, 3.0, 6.0, 12.0, 24.0)
# The same chance, up to the last bits.
TIE = 1e-9

_OUTCOME = ["event_id", "market", "outcome"]


def aftermath(
    signals: pl.DataFrame, consensus: pl.LazyFrame, clv_records: pl.DataFrame, leagues: Mapping[str, League]
) -> pl.DataFrame:
    """Every signal with what became of it; null where it is not known.

    Columns signal_type, market, event_id, is_closed, move (chance gained in the window), later (chance gained from
    detection to the close), further (1 or 0), placebo, placebo_before, placebo_after (shares of its moments), beat (1 or 0)
    and clv_prob.
    """
    closes = clv_records.filter(
        pl.col("is_current"), pl.col("convention") == COUNTED_CONVENTION, pl.col("quality").is_in(["ok", "thin"])
    ).select("signal_id", "closed_at", "close_fair_point", "close_fair_prob", "beat_close", "clv_prob")
    told = (
        signals.select("signal_id", "signal_type", "sport_key", *_OUTCOME, "direction", "detected_at", "window_s")
        .join(closes, on="signal_id", how="left")
        .sort("signal_id")
    )
    path = _path(signals, consensus)
    told = told.with_columns(began_at=pl.col("detected_at") - pl.duration(microseconds=pl.col("window_s") * 1e6))
    now, before = _at(told, path, pl.col("detected_at")), _at(told, path, pl.col("began_at"))
    handicap = _own_handicap(now["direction"], now["point"])
    chance, began = _chances(now, handicap, leagues), _chances(before, handicap, leagues)
    close = told.with_columns(point=pl.col("close_fair_point"), fair_prob=pl.col("close_fair_prob"))
    at_close = _chances(close, handicap, leagues)
    figures = {
        "move": chance - began,
        "later": at_close - chance,
        "further": _gained(at_close - chance),
        **_placebo(told, path, handicap, began, at_close, leagues),
        "clv_prob": told["clv_prob"].to_numpy().astype(np.float64),
        "beat": told["beat_close"].cast(pl.Float64).to_numpy().astype(np.float64),
    }
    return told.select(
        "signal_type", "market", "event_id", is_closed=pl.col("close_fair_prob").is_not_null()
    ).with_columns(pl.Series(name, values).fill_nan(None) for name, values in figures.items())


def _path(signals: pl.DataFrame, consensus: pl.LazyFrame) -> pl.DataFrame:
    """The consensus of every outcome that was signalled, where it is known."""
    wanted = signals.select(_OUTCOME).unique().lazy()
    lined = (pl.col("market") == "h2h") | pl.col("fair_point").is_not_null()
    return (
        consensus.filter(pl.col("fair_prob").is_not_null(), lined)
        .select(*_OUTCOME, "as_of", "fair_prob", point=pl.col("fair_point"))
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


def _chances(rows: pl.DataFrame, handicap: Floats, leagues: Mapping[str, League]) -> Floats:
    """The chance of each outcome at a handicap, given no push, from fair_prob at point; NaN where one of them is not known."""
    found = rows["fair_prob"].to_numpy().astype(np.float64).copy()
    at = _own_handicap(rows["direction"], rows["point"])
    lined = rows.with_row_index("row").filter(pl.col("market") != "h2h")
    for (sport_key, market), of_market in lined.group_by("sport_key", "market"):
        place = of_market["row"].to_numpy()
        if sport_key not in leagues:
            found[place] = np.nan
            continue
        # At its own number a probability is itself to the last bit, so that what did not move is a tie.
        table = score_table(leagues[str(sport_key)], str(market))
        found[place] = table.move(found[place], at[place], handicap[place]).fair
    return found


def _gained(change: Floats) -> Floats:
    """1 for a chance that rose, 0 for one that fell, NaN for a tie or what is not known."""
    return np.where(np.isnan(change) | (np.abs(change) <= TIE), np.nan, change > 0)


def _placebo(
    told: pl.DataFrame,
    path: pl.DataFrame,
    handicap: Floats,
    began: Floats,
    at_close: Floats,
    leagues: Mapping[str, League],
) -> dict[str, Floats]:
    """Per signal, the share of its shifted moments after which the market went its way; NaN without a decided one."""
    hits, moments = np.zeros((2, told.height)), np.zeros((2, told.height))
    for hours in SHIFTS_H:
        later = int(hours > 0)
        shifted = pl.col("detected_at") + dt.timedelta(hours=hours)
        usable = told.select(shifted < pl.col("closed_at") if later else shifted < pl.col("began_at")).to_series()
        change = (at_close if later else began) - _chances(_at(told, path, shifted), handicap, leagues)
        won = np.where(usable.fill_null(False).to_numpy() & ~np.isnan(at_close), _gained(change), np.nan)
        hits[later] += np.nan_to_num(won)
        moments[later] += ~np.isnan(won)
    counted = {"placebo": (hits.sum(axis=0), moments.sum(axis=0))}
    counted |= {"placebo_before": (hits[0], moments[0]), "placebo_after": (hits[1], moments[1])}
    return {name: np.divide(h, m, out=np.full(told.height, np.nan), where=m > 0) for name, (h, m) in counted.items()}
