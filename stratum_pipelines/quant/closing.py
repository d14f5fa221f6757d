"""Closing lines: where the market stood when a game began."""

import polars as pl

from warehouse.tables import ClosingLines

CONVENTION = "scheduled"
MAX_AGE_S = 3600.0
MIN_GROUPS = 3
CONSENSUS = "consensus"


def starts_passed(event_changes: pl.LazyFrame, as_of: int) -> pl.DataFrame:
    """The starts of games that passed while they were the known start, by `as_of` (UTC microseconds).

    Columns event_id, sport_key, closed_at, version, is_current, is_listed. A start moved before it came never passes; a
    game that was moved after its start had passed, and begins again later, passes twice: version 2 replaces version 1.
    """
    moment = pl.lit(as_of).cast(pl.Datetime("us", "UTC"))
    changes = event_changes.filter(pl.col("received_at") <= moment).sort("event_id", "received_at")
    # Changes that leave the start as it was (gone, back) belong to the stretch in which that start was known.
    stretch = (pl.col("commence_at") != pl.col("commence_at").shift(1).over("event_id")).fill_null(True)
    stretches = (
        changes.with_columns(stretch=stretch.cum_sum().over("event_id"))
        .group_by("event_id", "stretch", maintain_order=True)
        .agg(
            pl.col("sport_key").first(),
            closed_at=pl.col("commence_at").first(),
            known_from=pl.col("received_at").first(),
            is_listed=pl.col("is_listed").filter(pl.col("received_at") <= pl.col("commence_at")).last(),
        )
        .with_columns(known_until=pl.col("known_from").shift(-1).over("event_id"))
        .filter(
            pl.col("closed_at") >= pl.col("known_from"),
            pl.col("closed_at") < pl.col("known_until").fill_null(moment + pl.duration(microseconds=1)),
            pl.col("closed_at") <= moment,
        )
    )
    return stretches.select(
        "event_id",
        "sport_key",
        "closed_at",
        pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("event_id").alias("version"),
        (pl.int_range(1, pl.len() + 1).over("event_id") == pl.len().over("event_id")).alias("is_current"),
        pl.col("is_listed").fill_null(False),
    ).collect()


def closing_lines(
    starts: pl.DataFrame, consensus: pl.LazyFrame, odds_snapshots: pl.LazyFrame, polls: pl.LazyFrame
) -> pl.DataFrame:
    """The close of every outcome, of the consensus and of each book, for starts from `starts_passed`.

    The last row received at or before the start counts. `age_s` runs from the last answer that still listed the
    game. Quality: `missing` without a price, `stale` beyond an hour of age, `thin` below three operator groups, else `ok`;
    a book's own close is never thin, and a book without a quote at the close has no row.
    """
    ages = _ages(starts, polls)
    overall = _last(ages, consensus, "as_of", ["event_id", "market", "outcome"]).select(
        *_SHARED,
        pl.lit(CONSENSUS).alias("bookmaker"),
        pl.col("point_median").alias("point"),
        pl.col("price_median").alias("price_decimal"),
        pl.col("fair_prob"),
        # Rows of earlier versions have no fair_point: their books were not moved, and the median stood for all numbers.
        pl.coalesce("fair_point", "point_median").alias("fair_point"),
        pl.col("n_books"),
        _quality(pl.col("price_median"), pl.col("n_groups") < MIN_GROUPS).alias("quality"),
    )
    outcomes = overall.group_by("event_id", "market", "version").agg(n_outcomes=pl.len())
    implied = 1 / pl.col("price_decimal")
    side_by_side = ["event_id", "market", "bookmaker", "version"]
    books = (
        _last(ages, odds_snapshots, "received_at", ["event_id", "market", "outcome", "bookmaker"])
        .filter(~pl.col("is_suspended"))
        .join(outcomes, on=["event_id", "market", "version"], how="left")
        .select(
            *_SHARED,
            pl.col("bookmaker"),
            pl.col("point"),
            pl.col("price_decimal"),
            pl.when(pl.len().over(side_by_side) == pl.col("n_outcomes"))
            .then(implied / implied.sum().over(side_by_side))
            .alias("fair_prob"),
            pl.col("point").alias("fair_point"),
            pl.lit(1, pl.Int32).alias("n_books"),
            _quality(pl.col("price_decimal"), pl.lit(False)).alias("quality"),
        )
    )
    both = pl.concat([overall, books], how="diagonal").with_columns(pl.lit(CONVENTION).alias("convention"))
    return ClosingLines.conform(both).sort(ClosingLines.sort_by())


_SHARED = ["event_id", "market", "outcome", "version", "sport_key", "side", "closed_at", "age_s", "is_current"]


def _ages(starts: pl.DataFrame, polls: pl.LazyFrame) -> pl.DataFrame:
    """The starts with `age_s`: seconds since the last answer, null for a game that had left the feed.

    An answer that was cut short keeps the games that start first, so it counts; one that listed nothing and was not
    complete (an error, a broken body) does not.
    """
    seen = (
        polls.filter(pl.col("is_complete") | (pl.col("n_events") > 0))
        .select("sport_key", "received_at", seen_at="received_at")
        .collect()
        .sort("received_at")
    )
    aged = starts.sort("closed_at").join_asof(
        seen, left_on="closed_at", right_on="received_at", by="sport_key", strategy="backward", check_sortedness=False
    )
    age = (pl.col("closed_at") - pl.col("seen_at")).dt.total_microseconds() / 1e6
    return aged.with_columns(age_s=pl.when("is_listed").then(age))


def _last(starts: pl.DataFrame, rows: pl.LazyFrame, moment: str, by: list[str]) -> pl.DataFrame:
    """For every start, the last row of each thing at or before it."""
    wanted = starts.lazy().select("event_id", "closed_at", "version", "is_current", "age_s")
    return (
        rows.join(wanted, on="event_id", how="inner")
        .filter(pl.col(moment) <= pl.col("closed_at"))
        .sort(moment)
        .group_by([*by, "version"], maintain_order=True)
        .last()
        .collect()
    )


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
