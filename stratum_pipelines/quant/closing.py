"""Closing lines: where the market stood at the closing moments of a game."""

from collections.abc import Callable

import numpy as np
import polars as pl

from stratum_pipelines.quant.devig import fair_probabilities
from warehouse.tables import ClosingLines

MAX_AGE_S = 3600.0
MIN_GROUPS = 3
CONSENSUS = "consensus"

_OF_MOMENT = [
    "event_id",
    "convention",
    "version",
    "closed_at",
    "until",
    "age_s",
    "is_current",
    "final_at",
    "is_final",
    "reason",
]
_SHARED = [*(name for name in _OF_MOMENT if name != "until"), "market", "outcome", "sport_key", "side"]


# From a sport_key, a market and a book to the method that removes the book's margin there.
MethodOf = Callable[[str, str, str], str]


def closing_lines(
    moments: pl.DataFrame,
    consensus: pl.LazyFrame,
    odds_snapshots: pl.LazyFrame,
    polls: pl.LazyFrame,
    method_of: MethodOf,
) -> pl.DataFrame:
    """The close of every outcome, of the consensus and of each book, for moments from `closing_moments`.

    The last row received by `until` counts; for the convention `pregame_end` the last that was not live. `age_s` runs from the
    last answer that still listed the game. Quality: `missing` without a price, `stale` beyond an hour of age, `thin` below
    three operator groups, else `ok`; a book's own close is never thin, and a book without a quote at the close has no row.
    """
    reason = pl.when(pl.col("version") == 1).then(pl.lit("first")).otherwise(pl.lit("moved"))
    aged = with_last_answer(moments, polls)
    # A game that had left the feed was not in that answer.
    ages = (
        aged.with_columns(age_s=pl.when("is_listed").then("answer_age_s"), reason=reason)
        .select(_OF_MOMENT)
        .sort("until")
    )
    agreed = consensus.with_columns(is_live=pl.col("as_of") >= pl.col("commence_at"))
    overall = _last(ages, agreed, "as_of", _OUTCOME, _AGREED)
    quoted = _last(ages, odds_snapshots, "received_at", [*_OUTCOME, "bookmaker"], _QUOTED).filter(
        ~pl.col("is_suspended")
    )
    market = ["event_id", "market", "convention", "version"]
    outcomes = overall.group_by(market).agg(n_outcomes=pl.len())
    one_book = [*market, "bookmaker"]
    is_whole = pl.len().over(one_book) == pl.col("n_outcomes")
    quoted = quoted.join(outcomes, on=market, how="left").with_columns(is_whole=is_whole.fill_null(False))
    standing = quoted.filter("is_whole").group_by(market).agg(bookmakers=pl.col("bookmaker").unique().sort())
    overall = overall.join(standing, on=market, how="left").select(
        *_SHARED,
        pl.lit(CONSENSUS).alias("bookmaker"),
        pl.col("point_median").alias("point"),
        pl.col("price_median").alias("price_decimal"),
        pl.col("fair_prob"),
        # Rows of earlier versions have no fair_point: their books were not moved, and the median stood for all numbers.
        pl.coalesce("fair_point", "point_median").alias("fair_point"),
        pl.col("n_books"),
        *_BEHIND,
        pl.col("bookmakers").fill_null([]),
        _quality(pl.col("price_median"), pl.col("n_groups") < MIN_GROUPS).alias("quality"),
    )
    books = _with_fair(quoted, one_book, method_of).select(
        *_SHARED,
        pl.col("bookmaker"),
        pl.col("point"),
        pl.col("price_decimal"),
        pl.col("fair_prob"),
        pl.col("point").alias("fair_point"),
        pl.lit(1, pl.Int32).alias("n_books"),
        pl.concat_list("bookmaker").alias("bookmakers"),
        _quality(pl.col("price_decimal"), pl.lit(False)).alias("quality"),
    )
    return ClosingLines.conform(pl.concat([overall, books], how="diagonal")).sort(ClosingLines.sort_by())


def _with_fair(quoted: pl.DataFrame, one_book: list[str], method_of: MethodOf) -> pl.DataFrame:
    """Each book's own fair probabilities by the method chosen for it, in the order the quotes come; null where a side is missing."""
    place = quoted.select("sport_key", "market", "bookmaker").unique()
    method = pl.Series("method", [method_of(*row) for row in place.iter_rows()], pl.String)
    whole = quoted.with_row_index("row").filter("is_whole").join(place.with_columns(method), on=place.columns)
    parts = [quoted.select(row=pl.int_range(pl.len(), dtype=pl.UInt32)).clear().with_columns(fair_prob=pl.lit(0.0))]
    for (name, count), part in whole.sort(*one_book, "outcome").group_by("method", "n_outcomes"):
        prices = part["price_decimal"].to_numpy().reshape(-1, int(str(count)))
        fair = np.ravel(fair_probabilities(prices, str(name)).probabilities)
        parts.append(part.select("row").with_columns(fair_prob=pl.Series(fair, nan_to_null=True)))
    return quoted.with_row_index("row").join(pl.concat(parts), on="row", how="left", maintain_order="left")


_OUTCOME = ["event_id", "market", "outcome"]
_BEHIND = ["n_stale", "age_median_s", "age_max_s"]
_AGREED = [
    "sport_key",
    "side",
    "point_median",
    "price_median",
    "fair_prob",
    "fair_point",
    "n_books",
    "n_groups",
    *_BEHIND,
]
_QUOTED = ["sport_key", "side", "point", "price_decimal", "is_suspended"]


def with_last_answer(moments: pl.DataFrame, polls: pl.LazyFrame) -> pl.DataFrame:
    """Closing moments with `answer_age_s`: seconds from the last answer of the sport by `until` to the close, null without one.

    An answer that was cut short keeps the games that start first, so it counts; one that listed nothing and was not
    complete (an error, a broken body) does not.
    """
    seen = (
        polls.filter(pl.col("is_complete") | (pl.col("n_events") > 0))
        .select("sport_key", "received_at", seen_at="received_at")
        .collect()
        .sort("received_at")
    )
    aged = moments.sort("until").join_asof(
        seen, left_on="until", right_on="received_at", by="sport_key", strategy="backward", check_sortedness=False
    )
    age = (pl.col("closed_at") - pl.col("seen_at")).dt.total_microseconds() / 1e6
    return aged.with_columns(answer_age_s=age)


def _last(moments: pl.DataFrame, rows: pl.LazyFrame, clock: str, of: list[str], columns: list[str]) -> pl.DataFrame:
    """For every moment, the last row of each thing by its `until`; where live ones count for nothing, the last of the others."""
    reach = moments.lazy().group_by("event_id").agg(reach=pl.col("until").max())
    known = (
        rows.select(*of, clock, "is_live", *columns)
        .join(reach, on="event_id", how="inner")
        .filter(pl.col(clock) <= pl.col("reach"))
        .drop("reach")
        .sort(clock)
        .collect()
    )
    things = known.select(of).unique(maintain_order=True)
    in_play = pl.col("convention") != "pregame_end"
    found = []
    for asked, counting in (
        (moments.filter(in_play), known),
        (moments.filter(~in_play), known.filter(~pl.col("is_live"))),
    ):
        wanted = things.join(asked, on="event_id").sort("until")
        last = wanted.join_asof(
            counting, left_on="until", right_on=clock, by=of, check_sortedness=False, coalesce=False
        )
        found.append(last.filter(pl.col(clock).is_not_null()).select(*things.columns, *_REST, *columns))
    return pl.concat(found)


_REST = [name for name in _OF_MOMENT if name != "event_id"]


def _quality(price: pl.Expr, is_thin: pl.Expr) -> pl.Expr:
    return (
        pl.when(price.is_null() | pl.col("age_s").is_null())
        .then(pl.lit("missing"))
        .when(pl.col("age_s") > MAX_AGE_S)
        .then(pl.lit("stale"))
        .when(is_thin)
        .then(pl.lit("thin"))
        .otherwise(pl.lit("ok"))
    )
