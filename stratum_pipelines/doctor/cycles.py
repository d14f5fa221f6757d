"""Cycles that were stopped half-way."""

from collections.abc import Iterator

import polars as pl

from stratum_pipelines.doctor.finding import Finding
from stratum_pipelines.platform import Platform
from warehouse.tables import Polls, RawOdds


def look_at_cycles(platform: Platform) -> Iterator[Finding]:
    """Answers stored without a poll: cycles that were stopped half-way, or days not computed yet."""
    polls = platform.lake.scan(Polls).select("response_id")
    waiting = platform.lake.scan(RawOdds).select("response_id", "received_at").join(polls, on="response_id", how="anti")
    n, first, last = (
        waiting.select(
            pl.len(), pl.col("received_at").dt.date().min(), pl.col("received_at").dt.date().max().alias("last")
        )
        .collect()
        .row(0)
    )
    if n:
        yield Finding(
            "cycles",
            "warning",
            f"{n:,} {'answer has' if n == 1 else 'answers have'} not been worked through",
            f"stratum backfill --from {first} --to {last}",
        )
    else:
        yield Finding("cycles", "ok", "every stored answer has been worked through")
