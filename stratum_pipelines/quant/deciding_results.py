"""Which version of a result bets are settled by, as of a moment."""

import polars as pl

from warehouse.tables import TIME


def deciding_results(results: pl.LazyFrame, as_of: int) -> pl.LazyFrame:
    """The results that decide, up to two rows a game; `is_regulation` says for bets on which time each is.

    Only what was received at or before `as_of` (UTC microseconds) is read. If the newest version says void or postponed,
    it decides. Else the newest final one since the game was last called off does: of the bet's own period where there is
    one, or else of the other. A score after regulation time stands for the whole game only if it is no tie, because then
    nothing more is played. A score of the whole game stands for regulation time, which is wrong for a game that went into
    extra time.

    Columns: those of `results`, with `decided_at` for `received_at`.
    """
    known = results.filter(pl.col("received_at") <= pl.lit(as_of).cast(TIME)).with_columns(
        newest=pl.col("version").max().over("event_id"),
        last_off=pl.col("version").filter(pl.col("status") != "final").max().over("event_id").fill_null(0),
    )
    off = known.filter((pl.col("version") == pl.col("newest")) & (pl.col("status") != "final"))
    played = known.filter(pl.col("version") > pl.col("last_off"))
    found = []
    for is_regulation in (True, False):
        is_own = (pl.col("period") == "regulation") == is_regulation
        stands = is_own | is_regulation | (pl.col("home_score") != pl.col("away_score"))
        chosen = (
            played.filter(stands).sort("event_id", is_own, "version").group_by("event_id", maintain_order=True).last()
        )
        found += [rows.with_columns(is_regulation=pl.lit(is_regulation)) for rows in (chosen, off)]
    return pl.concat(found, how="diagonal").drop("newest", "last_off").rename({"received_at": "decided_at"})
