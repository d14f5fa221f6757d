"""Polling: when each sport was asked last, and whether that is often enough for every rule."""

import datetime as dt
from collections.abc import Iterator

import polars as pl

from stratum_pipelines.doctor.finding import Finding
from stratum_pipelines.platform import Platform
from warehouse.tables import Events, Polls

SILENT_AFTER = dt.timedelta(hours=6)


def look_at_polling(platform: Platform, now: dt.datetime) -> Iterator[Finding]:
    """The last poll of every sport that has games still to come; archives have none."""
    last = (
        platform.lake.scan(Polls)
        .group_by("sport_key")
        .agg(last=pl.col("received_at").max(), complete=pl.col("is_complete").sort_by("received_at").last())
    )
    coming = platform.lake.scan(Events).filter(pl.col("commence_at") > now).group_by("sport_key").agg(games=pl.len())
    for row in last.join(coming, on="sport_key", how="left").sort("sport_key").collect().iter_rows(named=True):
        seen = f"last poll {row['last']:%Y-%m-%d %H:%M} UTC"
        if not row["games"]:
            yield Finding(row["sport_key"], "ok", f"{seen}; no games to come")
        elif now - row["last"] > SILENT_AFTER:
            yield Finding(
                row["sport_key"],
                "warning",
                f"{seen}, {row['games']} games to come",
                "Is the poll_odds sensor running? make up",
            )
        elif not row["complete"]:
            yield Finding(
                row["sport_key"], "warning", f"{seen}, and it was incomplete", "See quarantine for the reason."
            )
        else:
            yield Finding(row["sport_key"], "ok", f"{seen}, {row['games']} games to come")


def look_at_rules(platform: Platform, now: dt.datetime) -> Iterator[Finding]:
    """Rules that said nothing in the last six hours because the feed is polled too slowly for their window."""
    since = now - SILENT_AFTER
    recent = (
        platform.lake.scan(Polls, first=since.date())
        # At the first answer nothing is known of the feed, and that is nothing to mend.
        .filter(pl.col("received_at") >= since, pl.col("gap_p95_s").is_not_null())
        .explode("silent_rules")
        .filter(pl.col("silent_rules").is_not_null())
        .group_by("sport_key", "silent_rules")
        .agg(gap_s=pl.col("gap_p95_s").median(), polls=pl.len())
        .sort("sport_key", "silent_rules")
        .collect()
    )
    for row in recent.iter_rows(named=True):
        yield Finding(
            "rules",
            "warning",
            f"{row['sport_key']}: {row['silent_rules']} was silent at {row['polls']:,} polls: their gap (95th percentile {row['gap_s']:,.0f} s) "
            "is more than half its window",
            f"Poll faster, or widen {row['silent_rules']}_WINDOW_MINUTES.",
        )
