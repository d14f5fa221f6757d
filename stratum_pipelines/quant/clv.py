"""Closing-line value: what was taken, against where the market closed."""

import datetime as dt
from collections.abc import Mapping

import numpy as np
import polars as pl

from stratum_pipelines.quant.key_numbers import Chances, ScoreTable, score_table
from stratum_pipelines.quant.odds import Floats, cents
from stratum_pipelines.reference import League
from warehouse.tables import ClvRecords

TIE = 1e-9
# How far from the entry's number a fair one is looked for, in points, and in how many halvings: below 1e-9 points.
REACH = 200.0
HALVINGS = 40


def clv_records(
    signals: pl.DataFrame, closing_lines: pl.DataFrame, leagues: Mapping[str, League], computed_at: dt.datetime
) -> pl.DataFrame:
    """One row per signal, convention and version of the close of its outcome's consensus.

    Signs: better than the close is positive. `fair` is the close's fair probability, known at `close_fair_point`, moved to
    the entry's number with the league's table of final margins or totals (`key_numbers.score_table`), given no push; `push` the
    chance of a push there; `raw` the break-even probability of the closing price, 1 / price at `close_point`, moved in
    proportion, so that it keeps the margin it had.

    - `clv_points`: entry less close for spreads (own side) and unders, close less entry for overs; null in h2h.
    - `clv_points_novig`: points from the entry's number to the nearest one at which, by the close, its price is fair.
    - `clv_prob`: fair less 1 / entry price; `clv_prob_raw`: raw less 1 / entry price.
    - `clv_ev`: (1 - push) x (fair x entry price - 1); `clv_ev_raw` the same with raw.
    - `clv_cents`: entry price less 1 / fair, on the continuous American scale; `clv_cents_raw` the same with raw.
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
        "final_at",
        "is_final",
        "reason",
        close_version="version",
        close_age_s="age_s",
        close_n_books="n_books",
        close_bookmakers="bookmakers",
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
    is_first = pl.col("version") == pl.col("version").min().over("signal_id", "convention")
    valued = joined.with_columns(
        clv_points=pl.when(pl.col("market") != "h2h").then(points),
        computed_at=pl.lit(computed_at),
        reason=pl.when(is_first).then(pl.lit("first")).otherwise("reason"),
    ).with_columns(_values(joined, leagues))
    compared = pl.when(pl.col("market") == "h2h").then(pl.col("clv_prob")).otherwise(pl.col("clv_points"))
    valued = valued.with_columns(
        # Equal prices give equal probabilities only up to the last bits.
        beat_close=pl.when(compared.abs() > TIE).then(compared > 0)
    )
    return ClvRecords.conform(valued).sort(ClvRecords.sort_by())


def _values(joined: pl.DataFrame, leagues: Mapping[str, League]) -> list[pl.Series]:
    """Probability, expected value and cents per row, with and without margin; null where entry or close is missing."""
    known = _numbers(joined, "close_fair_prob")
    price, close_price = _numbers(joined, "entry_price_decimal"), _numbers(joined, "close_price_decimal")
    over = (joined["direction"] == "over").to_numpy()
    names = ("close_fair_point", "close_point", "entry_point")
    # A table knows handicaps: an over gives the total away.
    at, quoted, to = (np.where(over, -p, p) for p in (_numbers(joined, name) for name in names))
    fair, push, away = known.copy(), np.zeros(len(known)), np.full(len(known), np.nan)
    # What the closing price was for: the same probability at the number it was quoted at.
    priced = known.copy()
    lined = joined.with_row_index("place").filter(pl.col("market") != "h2h")
    for (sport_key, market), rows in lined.group_by("sport_key", "market", maintain_order=True):
        own = rows["place"].to_numpy()
        table = score_table(leagues[str(sport_key)], str(market))
        found = table.move(known[own], at[own], to[own])
        fair[own], push[own] = found.fair, found.push
        priced[own] = table.move(known[own], at[own], quoted[own]).fair
        away[own] = _points_to_fair(table, known[own], at[own], to[own], found, 1 / price[own])
    # So far from the close that the model knows no chance at all: there is no fair price to compare with.
    given = np.where(fair > 0, fair, np.nan)
    raw = given / priced / close_price
    raw = np.where(raw < 1, raw, np.nan)
    worth = {"clv_points_novig": away}
    for end, chance in (("", given), ("_raw", raw)):
        worth |= {
            f"clv_prob{end}": chance - 1 / price,
            # A bet that cannot win loses all that is not pushed, whatever is not known of its fair price.
            f"clv_ev{end}": (1 - push) * (np.where(fair == 0, 0.0, chance) * price - 1),
            f"clv_cents{end}": cents(price) - cents(1 / chance),
        }
    return [pl.Series(name, values).fill_nan(None) for name, values in worth.items()]


def _points_to_fair(table: ScoreTable, known: Floats, at: Floats, to: Floats, found: Chances, even: Floats) -> Floats:
    """Points by which the entry's handicap `to` is better than the nearest at which the chance is `even`, by halving.

    The chance rises with the handicap. NaN where no number within reach has that chance.
    """
    gain = found.fair - even
    sign = np.where(np.abs(gain) > TIE, np.sign(gain), 0.0)
    # A total has no number on the far side of nothing.
    reach = np.where(table.is_total & (sign * to > 0), np.abs(to), REACH)
    place = table.place(known, at)

    def crossed(distance: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        return np.asarray(sign * (table.chances(place, to - sign * distance).fair - even) <= 0)

    near, far = np.zeros_like(to), reach
    reached = crossed(reach)
    for _ in range(HALVINGS):
        middle = (near + far) / 2
        beyond = crossed(middle)
        near, far = np.where(beyond, near, middle), np.where(beyond, middle, far)
    return np.where(sign == 0, np.where(np.isnan(gain), np.nan, 0.0), np.where(reached, sign * far, np.nan))


def _numbers(frame: pl.DataFrame, column: str) -> Floats:
    return frame[column].to_numpy().astype(np.float64)
