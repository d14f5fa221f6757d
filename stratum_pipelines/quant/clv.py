"""Closing-line value: what was taken, against where the market closed."""

import datetime as dt
from collections.abc import Mapping

import numpy as np
import polars as pl

from stratum_pipelines.quant.key_numbers import score_table
from stratum_pipelines.quant.odds import cents
from stratum_pipelines.reference import League
from warehouse.tables import ClvRecords

TIE = 1e-9


def clv_records(
    signals: pl.DataFrame, closing_lines: pl.DataFrame, leagues: Mapping[str, League], computed_at: dt.datetime
) -> pl.DataFrame:
    """One row per signal and version of the close of its outcome's consensus.

    `leagues` by sport_key say what a number is worth: the closing fair probability, known at `close_fair_point`, is moved to
    the entry's number by the league's table of final margins or totals. Signs: better than the close is positive.

    - `clv_points`: entry less close for spreads (own side) and unders, close less entry for overs; null in h2h.
    - `clv_prob`: closing fair probability at the entry's number, given no push, less 1 / entry price.
    - `clv_ev`: win probability x entry price + push probability - 1.
    - `clv_cents`: entry price less the fair closing price at the entry's number, continuous American scale.
    - `beat_close`: by the sign of clv_points, in h2h of clv_prob; null on a tie, without entry or without close.

    A signal detected after a close has no record of it. A close of quality `missing` has no values: all but the entry is
    null, even where one book still stood.

    Worked example: -3.5 taken at 1.91, close -5.5 at fair 0.5, in a league without key numbers and a deviation of 13.2: +2.0
    points; at -3.5 the close gives 1 - Phi(-2 / 13.2) = 0.5602, so clv_prob is 0.5602 - 0.5236 = +0.0366 and clv_ev 0.0700.
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
        close_fair_point=present("fair_point"),
    )
    joined = signals.join(closes, on=["event_id", "market", "outcome"], how="inner").filter(
        pl.col("detected_at") <= pl.col("closed_at")
    )
    entry, close = pl.col("entry_point"), pl.col("close_point")
    points = pl.when(pl.col("direction") == "over").then(close - entry).otherwise(entry - close)
    valued = joined.with_columns(
        clv_points=pl.when(pl.col("market") != "h2h").then(points), computed_at=pl.lit(computed_at)
    ).with_columns(_values(joined, leagues))
    compared = pl.when(pl.col("market") == "h2h").then(pl.col("clv_prob")).otherwise(pl.col("clv_points"))
    valued = valued.with_columns(
        # Equal prices give equal probabilities only up to the last bits.
        beat_close=pl.when(compared.abs() > TIE).then(compared > 0)
    )
    return ClvRecords.conform(valued).sort(ClvRecords.sort_by())


def _values(joined: pl.DataFrame, leagues: Mapping[str, League]) -> list[pl.Series]:
    """Probability, expected value and cents per row; null where entry or close is missing."""
    fair, price, at, to = (
        joined[name].to_numpy().astype(np.float64)
        for name in ("close_fair_prob", "entry_price_decimal", "close_fair_point", "entry_point")
    )
    win, push = fair.copy(), np.zeros(len(fair))
    # A table knows handicaps: an over gives the total away.
    sign = np.where((joined["direction"] == "over").to_numpy(), -1.0, 1.0)
    lined = joined.with_row_index("place").filter(pl.col("market") != "h2h")
    for (sport_key, market), rows in lined.group_by("sport_key", "market"):
        place = rows["place"].to_numpy()
        table = score_table(leagues[str(sport_key)], str(market))
        chances = table.move(fair[place], sign[place] * at[place], sign[place] * to[place])
        win[place], push[place] = chances.win, chances.push
    # So far from the close that the table knows no chance at all: there is no fair price to compare with.
    given = np.where(win > 0, win / (1 - push), np.nan)
    worth = {
        "clv_prob": given - 1 / price,
        "clv_ev": win * price + push - 1,
        "clv_cents": cents(price) - cents(1 / given),
    }
    return [pl.Series(name, values).fill_nan(None) for name, values in worth.items()]
