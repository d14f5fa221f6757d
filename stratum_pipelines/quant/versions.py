"""Versions: what was final stays as it was, and what differs from it is written beside it."""

from collections.abc import Collection, Sequence

import polars as pl

# What is worked out here, depends on when a row was written, or only tells of the quotes behind it and is not in older rows:
# no change of these is a correction.
_OWN = (
    *("version", "is_current", "final_at", "is_final", "reason", "computed_at", "close_version"),
    *("n_stale", "age_median_s", "age_max_s"),
)


def carry_versions(made: pl.DataFrame, stored: pl.DataFrame, of: Sequence[str], as_of: pl.Expr) -> pl.DataFrame:
    """The rows as made now, on top of those that are stored: the frame to put in the place of the stored one.

    `of` are the key columns besides `version`; both frames are whole for their games, in the same columns. `as_of` is the
    moment up to which `made` knows the market.

    - A stored row that was final stays, byte for byte besides `is_current`. Others are replaced by what was made.
    - Where the newest made row equals the newest final one, nothing is added. Where it differs, it is added with the next
      version: `reason` is `moved` when its close is at another moment, else `correction`. So are closes between the two.
    - Nothing is made of a final row without a counterpart, and it is no longer current.
    - A final row that `made` cannot know yet (`final_at` after `as_of`) is left alone.
    """
    keys = list(of)
    final = stored.filter(pl.col("is_final").fill_null(False)).sort(*keys, "version")
    if final.is_empty():
        return made
    last = final.group_by(keys, maintain_order=True).last().with_columns(is_known=pl.col("final_at") <= as_of)
    seen = made.join(last.select(*keys, *_renamed(last, keys)), on=keys, how="left", maintain_order="left")
    is_new = seen.filter(pl.col("was_version").is_null()).select(made.columns)
    seen = seen.filter(pl.col("was_version").is_not_null())
    differs = pl.any_horizontal(
        pl.col(name).ne_missing(pl.col(f"was_{name}")) for name in made.columns if name not in (*keys, *_OWN)
    )
    moved = pl.col("closed_at") != pl.col("was_closed_at")
    changed = seen.with_columns(differs=differs & pl.col("was_is_known")).with_columns(
        is_superseded=(pl.col("differs") & pl.col("is_current")).any().over(keys)
    )
    between = ~pl.col("is_current") & pl.col("is_final") & (pl.col("closed_at") > pl.col("was_closed_at"))
    added = (
        changed.filter("is_superseded", pl.col("is_current") | between)
        .sort(*keys, "version")
        .with_columns(
            version=pl.max_horizontal(
                "version", pl.col("was_version") + pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over(keys)
            ).cast(pl.Int32),
            reason=pl.when(moved).then(pl.lit("moved")).otherwise(pl.lit("correction")),
        )
    )
    stands = changed.filter("is_current").select(*keys, stands=~pl.col("is_superseded"))
    newest = pl.col("version") == pl.col("version").max().over(keys)
    knows = last.select(*keys, "is_known")
    kept = (
        final.join(stands, on=keys, how="left", maintain_order="left")
        .join(knows, on=keys, how="left", maintain_order="left")
        .with_columns(
            is_current=pl.when("is_known").then(newest & pl.col("stands").fill_null(False)).otherwise("is_current")
        )
    )
    return pl.concat([is_new, kept.select(made.columns), added.select(made.columns)]).sort(*keys, "version")


def keep_times(made: pl.DataFrame, stored: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """The rows, with the stored `computed_at` where the stored row of that key has the same values."""
    was = stored.select(*key, *_renamed(stored, key))
    seen = made.join(was, on=list(key), how="left", maintain_order="left")
    values = [name for name in made.columns if name not in (*key, "computed_at")]
    same = ~pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"was_{name}")) for name in values)
    kept = pl.when(same & pl.col("was_computed_at").is_not_null()).then("was_computed_at").otherwise("computed_at")
    return seen.with_columns(computed_at=kept).select(made.columns)


def _renamed(frame: pl.DataFrame, but: Collection[str]) -> list[pl.Expr]:
    return [pl.col(name).alias(f"was_{name}") for name in frame.columns if name not in but]
