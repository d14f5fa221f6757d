"""Closing lines that nobody drew."""

import datetime as dt
from collections.abc import Iterator

import polars as pl

from stratum_pipelines.doctor.finding import Finding
from stratum_pipelines.platform import Platform
from stratum_pipelines.quant.closing_moments import closing_moments
from warehouse.tables import ClosingLines, Consensus, EventChanges, Events, Polls

# Games are settled a minute after they start; longer than this means that nobody does it.
SETTLED_WITHIN = dt.timedelta(minutes=10)


def look_at_closing_lines(platform: Platform, now: dt.datetime) -> Iterator[Finding]:
    """Games that had started by the last answer of their sport and have no closing line: settling was cut short."""
    settled = pl.lit(now - SETTLED_WITHIN)
    last = platform.lake.scan(Polls).group_by("sport_key").agg(last=pl.col("received_at").max())
    drawn = platform.lake.scan(ClosingLines).select("event_id").unique()
    games = platform.lake.scan(Events).join(last, on="sport_key")
    games = games.filter(pl.col("commence_at") <= pl.min_horizontal("last", settled))
    # Days before the oldest kept may have been dropped by their retention.
    oldest = min(platform.lake.days(ClosingLines), default=dt.date.min)
    games = games.filter(pl.col("commence_at").dt.date() >= oldest)
    missing = _to_close(platform, games.join(drawn, on="event_id", how="anti"), now - SETTLED_WITHIN)
    n, first, until = missing.select(
        pl.col("event_id").n_unique(), pl.col("date").min(), pl.col("date").max().alias("until")
    ).row(0)
    if n:
        yield Finding(
            "closing lines",
            "warning",
            f"{n:,} {'game has' if n == 1 else 'games have'} started and {'has' if n == 1 else 'have'} no closing line",
            f"stratum backfill --from {first} --to {until}",
        )
    else:
        yield Finding("closing lines", "ok", "every game that was priced before its start has them")


def _to_close(platform: Platform, games: pl.LazyFrame, until: dt.datetime) -> pl.DataFrame:
    """The event_id and date of every closing moment of these games, passed by `until`, for which settling has a line to draw.

    It has none for a game whose start nobody knew before it had passed, or that no book had priced by then.
    """
    ids = games.select("event_id").collect()["event_id"].to_list()
    # The rule of settling itself: the last known start of a game that was moved may never have been known before it came.
    changes = platform.lake.scan(EventChanges).filter(pl.col("event_id").is_in(ids))
    moments = closing_moments(changes, int(until.timestamp() * 1_000_000), platform.final_after)
    starts = moments.select("event_id", "until", date=pl.col("closed_at").dt.date())
    if not starts.is_empty():
        seen = changes.select(pl.col("received_at").dt.date().min()).collect().item()
        consensus = platform.lake.scan(Consensus, first=seen, last=starts.select(pl.col("date").max()).item())
        priced = consensus.filter(pl.col("event_id").is_in(ids)).group_by("event_id").agg(pl.col("as_of").min())
        starts = starts.join(priced.collect(), on="event_id").filter(pl.col("as_of") <= pl.col("until"))
    return starts.select("event_id", "date")
