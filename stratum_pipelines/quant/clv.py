"""Closing-line value: what was taken, against where the market closed."""

import datetime as dt
from collections.abc import Mapping

import numpy as np
import polars as pl

from stratum_pipelines.quant.lines import move_probability, own_handicap
from stratum_pipelines.quant.odds import cents
from warehouse.tables import ClvRecords

TIE = 1e-9

Deviations = Mapping[str, Mapping[str, float]]


def clv_records(
    signals: pl.DataFrame, closing_lines: pl.DataFrame, deviations: Deviations, computed_at: dt.datetime
) -> pl.DataFrame:
    """One row per signal and version of the close of its outcome's consensus.

    `deviations[sport_key][market]` is the standard deviation, in points, of the league's final margin ("spreads") or
    total ("totals"). Signs: better than the close is positive.

    - `clv_points`: entry less close for spreads (own side) and unders, close less entry for overs; null in h2h.
    - `clv_prob`: closing fair probability at the entry's number, given no push, less 1 / entry price.
    - `clv_ev`: win probability x entry price + push probability - 1.
    - `clv_cents`: entry price less the fair closing price at the entry's number, continuous American scale.
    - `beat_close`: by the sign of clv_points, in h2h of clv_prob; null on a tie, without entry or without close.

    A signal detected after a close has no record of it. A close of quality `missing` has no values: all but the entry is
    null, even where one book still stood.

    Worked example: -3.5 taken at 1.91, close -5.5 at fair 0.5, deviation 13.2: +2.0 points; at -3.5 the close gives
    1 - Phi(-2 / 13.2) = 0.5602, so clv_prob is 0.5602 - 0.5236 = +0.0366 and clv_ev 0.0700.
    """

    def present(name: str) -> pl.Expr:
        return pl.when(pl.col("quality") != "missing").then(pl.col(name))

    closes = closing_lines.filter(pl.col("bookmaker") == "consensus").select(
        "event_id",
        "market",
        "outcome",
        "convention",
        "version",
        "closed_at",
        "quality",
        "is_current",
        close_point=present("point"),
        close_price_decimal=present("price_decimal"),
        close_fair_prob=present("fair_prob"),
    )
    joined = signals.join(closes, on=["event_id", "market", "outcome"], how="inner").filter(
        pl.col("detected_at") <= pl.col("closed_at")
    )
    entry, close = pl.col("entry_point"), pl.col("close_point")
    points = pl.when(pl.col("direction") == "over").then(close - entry).otherwise(entry - close)
    valued = joined.with_columns(
        clv_points=pl.when(pl.col("market") != "h2h").then(points), computed_at=pl.lit(computed_at)
    ).with_columns(_values(joined, deviations))
    compared = pl.when(pl.col("market") == "h2h").then(pl.col("clv_prob")).otherwise(pl.col("clv_points"))
    valued = valued.with_columns(
        # Equal prices give equal probabilities only up to the last bits.
        beat_close=pl.when(compared.abs() > TIE).then(compared > 0)
    )
    return ClvRecords.conform(valued).sort(ClvRecords.sort_by())


def _values(joined: pl.DataFrame, deviations: Deviations) -> list[pl.Series]:
    """Probability, expected value and cents per row; null where entry or close is missing."""
    fair = joined["close_fair_prob"].to_numpy().astype(np.float64)
    price = joined["entry_price_decimal"].to_numpy().astype(np.float64)
    win, push = fair.copy(), np.zeros(len(fair))
    lined = (joined["market"] != "h2h").to_numpy()
    columns = ("sport_key", "market", "direction", "close_fair_prob", "close_point", "entry_point")
    for i, (sport_key, market, side, known, at, to) in enumerate(joined.select(columns).iter_rows()):
        if not lined[i]:
            continue
        if known is None or at is None or to is None:
            win[i] = np.nan
            continue
        deviation = deviations[sport_key][market]
        win[i], push[i] = move_probability(known, own_handicap(side, at), own_handicap(side, to), deviation)
    # So far from the close that the model knows no chance at all: there is no fair price to compare with.
    given = np.where(win > 0, win / (1 - push), np.nan)
    worth = {
        "clv_prob": given - 1 / price,
        "clv_ev": win * price + push - 1,
        "clv_cents": cents(price) - cents(1 / given),
    }
    return [pl.Series(name, values).fill_nan(None) for name, values in worth.items()]
