"""The moments that count as the close of a game: four conventions, each with the versions its schedule went through.

| convention | its moment | last row that counts |
|---|---|---|
| `scheduled` | the start as it was known just before it passed | at or before it |
| `actual` | the start as last told, where the feed corrected it once the game had begun | at or before it |
| `pregame_end` | the end of the last time in which the start, as then known, was still to come | not live, and before it |
| `last_seen` | the first answer without the game, once its start had come | before it |

A moment becomes final some time after it was known. One that was replaced before then (a start moved again, a game back in
the feed) has never been a close; one that was replaced later stays, as an older version.
"""

import datetime as dt

import polars as pl

from warehouse.tables import TIME

FINAL_AFTER = dt.timedelta(minutes=60)

_INSTANT = pl.duration(microseconds=1)
_COLUMNS = ("event_id", "sport_key", "convention", "closed_at", "until", "known_at", "replaced_at")


def closing_moments(event_changes: pl.LazyFrame, as_of: int, final_after: dt.timedelta = FINAL_AFTER) -> pl.DataFrame:
    """The closing moments of games by `as_of` (UTC microseconds), from their rows of event_changes.

    Columns event_id, sport_key, convention, closed_at, until (the last moment whose rows count), final_at, version,
    is_current, is_final (final by `as_of`) and is_listed (whether the feed listed the game at `until`). One row per
    game, convention and version, those of a game in the order in which they were known. Nothing received after `as_of` is read.
    """
    moment = pl.lit(as_of).cast(TIME)
    changes = event_changes.filter(pl.col("received_at") <= moment).sort("event_id", "received_at").collect()
    stretches = _stretches(changes)
    found = pl.concat(
        [
            _scheduled(stretches).with_columns(convention=pl.lit("scheduled")).select(_COLUMNS),
            _actual(stretches).with_columns(convention=pl.lit("actual")).select(_COLUMNS),
            _pregame_end(stretches).with_columns(convention=pl.lit("pregame_end")).select(_COLUMNS),
            _last_seen(changes).with_columns(convention=pl.lit("last_seen")).select(_COLUMNS),
        ]
    ).with_columns(final_at=pl.col("known_at") + final_after)
    was_a_close = pl.col("replaced_at").is_null() | (pl.col("replaced_at") >= pl.col("final_at"))
    kept = found.filter(pl.col("known_at") <= moment, was_a_close).sort("event_id", "convention", "known_at")
    game = ["event_id", "convention"]
    numbered = kept.with_columns(
        version=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over(game),
        is_current=pl.int_range(1, pl.len() + 1).over(game) == pl.len().over(game),
        is_final=pl.col("final_at") <= moment,
    )
    listed = changes.select("event_id", "is_listed", until="received_at").sort("until")
    placed = numbered.sort("until").join_asof(listed, on="until", by="event_id", check_sortedness=False)
    return (
        placed.with_columns(pl.col("is_listed").fill_null(False))
        .drop("known_at", "replaced_at")
        .sort("event_id", "convention", "version")
    )


def _stretches(changes: pl.DataFrame) -> pl.DataFrame:
    """The times in which one start was known of a game: from `known_from` to `known_until`, null while it still is.

    Changes that leave the start as it was (gone, back) belong to the stretch in which that start was known.
    """
    is_new = (pl.col("commence_at") != pl.col("commence_at").shift(1).over("event_id")).fill_null(True)
    return (
        changes.with_columns(stretch=is_new.cum_sum().over("event_id"))
        .group_by("event_id", "stretch", maintain_order=True)
        .agg(pl.col("sport_key").first(), start=pl.col("commence_at").first(), known_from=pl.col("received_at").first())
        .with_columns(
            known_until=pl.col("known_from").shift(-1).over("event_id"),
            start_before=pl.col("start").shift(1).over("event_id"),
        )
    )


def _scheduled(stretches: pl.DataFrame) -> pl.DataFrame:
    """A start passes while it is known; the next one that is still to come when it is told replaces it.

    A start moved before it came never passes, and one told after the fact never does either.
    """
    to_come = pl.when(pl.col("start") >= pl.col("known_from")).then(pl.col("known_from"))
    passes = pl.col("known_until").is_null() | (pl.col("start") < pl.col("known_until"))
    return stretches.with_columns(
        closed_at=pl.col("start"),
        until=pl.col("start"),
        known_at=pl.col("start"),
        replaced_at=to_come.shift(-1).backward_fill().over("event_id"),
    ).filter(pl.col("start") >= pl.col("known_from"), passes)


def _actual(stretches: pl.DataFrame) -> pl.DataFrame:
    """The start as last told, from the first time on that it was corrected once the game had begun, by the old start or the new."""
    told_late = (pl.col("known_from") > pl.col("start_before")) | (
        (pl.col("known_from") > pl.col("start")) & pl.col("start_before").is_not_null()
    )
    is_told = told_late.fill_null(False).cum_max().over("event_id")
    passes = pl.col("known_until").is_null() | (pl.col("start") < pl.col("known_until"))
    return stretches.with_columns(
        closed_at=pl.col("start"),
        until=pl.col("start"),
        known_at=pl.max_horizontal("start", "known_from"),
        replaced_at=pl.col("known_until"),
    ).filter(is_told, passes)


def _pregame_end(stretches: pl.DataFrame) -> pl.DataFrame:
    """The ends of the times in which the start was still to come; those that follow on each other are one."""
    before = stretches.with_columns(end=pl.min_horizontal("start", "known_until")).filter(
        pl.col("end") > pl.col("known_from")
    )
    begins = (pl.col("known_from") != pl.col("end").shift(1).over("event_id")).fill_null(True)
    return (
        before.with_columns(time=begins.cum_sum().over("event_id"))
        .group_by("event_id", "time", maintain_order=True)
        .agg(pl.col("sport_key").first(), began=pl.col("known_from").first(), closed_at=pl.col("end").last())
        .with_columns(
            until=pl.col("closed_at") - _INSTANT,
            known_at=pl.col("closed_at"),
            replaced_at=pl.col("began").shift(-1).over("event_id"),
        )
    )


def _last_seen(changes: pl.DataFrame) -> pl.DataFrame:
    """The answers from which a game was gone, unless it was back before its start came."""
    back = pl.when("is_listed").then(pl.col("received_at")).shift(-1).backward_fill().over("event_id")
    left = ~pl.col("is_listed") & pl.col("is_listed").shift(1).over("event_id")
    return changes.with_columns(
        closed_at=pl.col("received_at"),
        until=pl.col("received_at") - _INSTANT,
        known_at=pl.max_horizontal("received_at", "commence_at"),
        replaced_at=back,
    ).filter(left, back.is_null() | (back > pl.col("commence_at")))
