"""What the warehouse holds, in numbers a person can read at a glance."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from stratum_pipelines.platform import Platform
from stratum_pipelines.quant.closing import CONSENSUS
from warehouse.settings import hide_secrets
from warehouse.tables import TABLES, ClosingLines, ClvRecords, Events, Polls, Quarantine, Scorecards, Signals

# The close that scorecards count; others are conventions for comparison.
SCORED_CONVENTION = "scheduled"
# Best first: a market whose outcomes differ closed as badly as the worst of them.
QUALITIES = ("ok", "thin", "stale", "missing")


@dataclass(frozen=True)
class Summary:
    """Counts and scorecards; every field can be printed as JSON."""

    lake: str
    database: str
    rows: dict[str, int]
    first_received_at: str | None
    last_received_at: str | None
    sports: list[dict[str, Any]]
    signals: list[dict[str, Any]]
    closes: list[dict[str, Any]]
    scorecard: list[dict[str, Any]]
    refused: dict[str, int]
    example_signal: dict[str, object] | None


def summarise(platform: Platform) -> Summary:
    """Read every table's counts, the polls by sport, the signals by type, the closes and the newest scorecards."""
    lake = platform.lake
    rows = {table.name: lake.scan(table).select(pl.len()).collect().item() for table in TABLES}
    polls = lake.scan(Polls)
    span = polls.select(first=pl.col("received_at").min(), last=pl.col("received_at").max()).collect().row(0)
    return Summary(
        lake=hide_secrets(platform.settings.lake_url),
        database=hide_secrets(platform.settings.database_url),
        rows=rows,
        first_received_at=span[0].isoformat() if span[0] else None,
        last_received_at=span[1].isoformat() if span[1] else None,
        sports=_sports(platform),
        signals=_signals(platform),
        closes=_closes(platform),
        scorecard=_scorecard(platform),
        refused=dict(lake.scan(Quarantine).group_by("reason").len().sort("reason").collect().iter_rows()),
        example_signal=_example(platform),
    )


def _sports(platform: Platform) -> list[dict[str, Any]]:
    polls = (
        platform.lake.scan(Polls)
        .group_by("sport_key")
        .agg(
            polls=pl.len(),
            quotes=pl.col("n_quotes").sum(),
            changed=pl.col("n_changed").sum(),
            suspended=pl.col("n_suspended").sum(),
        )
    )
    games = platform.lake.scan(Events).group_by("sport_key").agg(games=pl.len())
    return polls.join(games, on="sport_key", how="left").sort("sport_key").collect().to_dicts()


def _signals(platform: Platform) -> list[dict[str, Any]]:
    """Signals by type: how many have a closing-line value, how many a game that closed without one, how many wait."""
    counted = (
        platform.lake.scan(Signals)
        .group_by("signal_type")
        .agg(
            signals=pl.len(),
            games=pl.col("event_id").n_unique(),
            high=(pl.col("priority") == "High").sum(),
            medium=(pl.col("priority") == "Medium").sum(),
            strength_median=pl.col("strength_score").median(),
        )
    )
    valued = (
        platform.lake.scan(ClvRecords)
        .filter(pl.col("is_current"), pl.col("convention") == SCORED_CONVENTION)
        .group_by("signal_type")
        .agg(with_close=pl.col("clv_prob").count(), missing_close=pl.col("clv_prob").null_count())
    )
    joined = counted.join(valued, on="signal_type", how="left").with_columns(
        pl.col("with_close", "missing_close").fill_null(0)
    )
    waiting = (pl.col("signals") - pl.col("with_close") - pl.col("missing_close")).alias("not_closed")
    return joined.with_columns(waiting).sort("signal_type").collect().to_dicts()


def _closes(platform: Platform) -> list[dict[str, Any]]:
    """Closes of the consensus by market: how many games, and how many of each quality."""
    ranks = pl.Series(range(len(QUALITIES)))
    closed = (
        platform.lake.scan(ClosingLines)
        .filter(pl.col("bookmaker") == CONSENSUS, pl.col("is_current"), pl.col("convention") == SCORED_CONVENTION)
        .group_by("market", "event_id")
        .agg(rank=pl.col("quality").replace_strict(pl.Series(QUALITIES), ranks, return_dtype=pl.Int64).max())
    )
    counts = [(pl.col("rank") == rank).sum().alias(quality) for rank, quality in enumerate(QUALITIES)]
    return closed.group_by("market").agg(pl.len().alias("games"), *counts).sort("market").collect().to_dicts()


def _scorecard(platform: Platform) -> list[dict[str, Any]]:
    """The newest scorecards over all time, by signal type and market."""
    cards = platform.lake.scan(Scorecards)
    newest = cards.select(pl.col("as_of").max()).collect().item()
    if newest is None:
        return []
    wanted = cards.filter(
        pl.col("as_of") == newest,
        pl.col("window") == "all",
        pl.col("sport_key") == "",
        pl.col("time_bucket") == "",
        pl.col("signal_type") != "",
    )
    return wanted.drop("sport_key", "time_bucket", "window").sort("signal_type", "market").collect().to_dicts()


def _example(platform: Platform) -> dict[str, object] | None:
    """The strongest signal with a close: something to open and trace."""
    best = (
        platform.lake.scan(Signals)
        .join(platform.lake.scan(ClvRecords).filter("is_current"), on="signal_id", how="inner")
        .filter(pl.col("clv_prob").is_not_null())
        .sort("strength_score", "signal_id", descending=[True, False])
        .select(
            "signal_id",
            "signal_type",
            "event_id",
            "market",
            "outcome",
            "detected_at",
            "from_value",
            "to_value",
            "entry_point",
            "entry_price_decimal",
            "entry_bookmaker",
            "close_point",
            "clv_points",
            "clv_prob",
        )
        .head(1)
        .collect()
    )
    return best.to_dicts()[0] if best.height else None
