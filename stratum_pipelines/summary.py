"""What some providers brought into the warehouse, in numbers a person can read at a glance."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import polars as pl

from stratum_pipelines.platform import Platform
from stratum_pipelines.quant.closing import CONSENSUS
from stratum_pipelines.quant.scorecard import scorecards
from stratum_pipelines.trading.outcome import bet_outcomes
from stratum_pipelines.trading.paper_account import MINE
from warehouse.lake import Lake
from warehouse.settings import hide_secrets
from warehouse.tables import (
    COUNTED_CONVENTION,
    TABLES,
    ClosingLines,
    ClvRecords,
    EventLinks,
    Events,
    Polls,
    Quarantine,
    RawOdds,
    Scorecards,
    Signals,
    Table,
    Trades,
)

# Best first: a market whose outcomes differ closed as badly as the worst of them.
QUALITIES = ("ok", "thin", "stale", "missing")


@dataclass(frozen=True)
class Summary:
    """Counts and scorecards; every field can be printed as JSON.

    `rows` counts all that the tables hold and `polls_beside` the polls of other providers, by title; everything else is
    about the answers of the providers asked for and the games they listed. `paper_bets` has a row per strategy and first
    one over all, in minor units; `paper_stake` is what a bet stakes now.
    """

    lake: str
    database: str
    rows: dict[str, int]
    polls_beside: dict[str, int]
    first_received_at: str | None
    last_received_at: str | None
    sports: list[dict[str, Any]]
    signals: list[dict[str, Any]]
    closes: list[dict[str, Any]]
    silent_rules: dict[str, int]
    scorecard: list[dict[str, Any]]
    refused: dict[str, int]
    example_signal: dict[str, object] | None
    paper_stake: int
    paper_bets: list[dict[str, Any]]


class _Brought:
    """The rows that these providers brought in: by their answers, and by the games they listed."""

    def __init__(self, lake: Lake, providers: Collection[str]) -> None:
        self.lake = lake
        self._theirs = pl.col("provider").is_in(list(providers))
        self._games = lake.scan(EventLinks).filter(self._theirs).select("event_id").unique().collect().lazy()

    def polls(self) -> pl.LazyFrame:
        """Their polls."""
        return self.lake.scan(Polls).filter(self._theirs)

    def polls_beside(self) -> pl.LazyFrame:
        """The polls of all others."""
        return self.lake.scan(Polls).filter(~self._theirs)

    def refused(self) -> pl.LazyFrame:
        """What was refused of their answers."""
        answers = self.lake.scan(RawOdds).filter(self._theirs).select("response_id")
        return self.lake.scan(Quarantine).join(answers, on="response_id", how="semi")

    def of_games(self, table: type[Table]) -> pl.LazyFrame:
        """The rows of a table that are about their games."""
        return self.lake.scan(table).join(self._games, on="event_id", how="semi")


def summarise(platform: Platform, providers: Collection[str]) -> Summary:
    """What the answers of these providers came to: polls by sport, signals by type, closes, scorecards and paper bets."""
    lake = platform.lake
    brought = _Brought(lake, providers)
    rows = {table.name: lake.scan(table).select(pl.len()).collect().item() for table in TABLES}
    span = brought.polls().select(first=pl.col("received_at").min(), last=pl.col("received_at").max()).collect().row(0)
    return Summary(
        lake=hide_secrets(platform.settings.lake_url),
        database=hide_secrets(platform.settings.database_url),
        rows=rows,
        polls_beside=_polls_beside(platform, brought),
        first_received_at=span[0].isoformat() if span[0] else None,
        last_received_at=span[1].isoformat() if span[1] else None,
        sports=_sports(brought),
        signals=_signals(brought),
        silent_rules=_silent(brought),
        closes=_closes(brought),
        scorecard=_scorecard(brought),
        refused=dict(brought.refused().group_by("reason").len().sort("reason").collect().iter_rows()),
        example_signal=_example(brought),
        paper_stake=platform.paper.stake,
        paper_bets=_paper_bets(brought),
    )


def _polls_beside(platform: Platform, brought: _Brought) -> dict[str, int]:
    """Polls of the other providers, by title."""
    known = platform.rules.providers
    return {
        known[name].title if name in known else name: count
        for name, count in brought.polls_beside().group_by("provider").len().sort("provider").collect().iter_rows()
    }


def _sports(brought: _Brought) -> list[dict[str, Any]]:
    polls = (
        brought.polls()
        .group_by("sport_key")
        .agg(
            polls=pl.len(),
            quotes=pl.col("n_quotes").sum(),
            changed=pl.col("n_changed").sum(),
            suspended=pl.col("n_suspended").sum(),
        )
    )
    games = brought.of_games(Events).group_by("sport_key").agg(games=pl.len())
    return polls.join(games, on="sport_key", how="left").sort("sport_key").collect().to_dicts()


def _signals(brought: _Brought) -> list[dict[str, Any]]:
    """Signals by type: how many have a closing-line value, how many a game that closed without one, how many wait."""
    counted = (
        brought.of_games(Signals)
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
        brought.of_games(ClvRecords)
        .filter(pl.col("is_current"), pl.col("convention") == COUNTED_CONVENTION)
        .group_by("signal_type")
        .agg(with_close=pl.col("clv_prob").count(), missing_close=pl.col("clv_prob").null_count())
    )
    joined = counted.join(valued, on="signal_type", how="left").with_columns(
        pl.col("with_close", "missing_close").fill_null(0)
    )
    waiting = (pl.col("signals") - pl.col("with_close") - pl.col("missing_close")).alias("not_closed")
    return joined.with_columns(waiting).sort("signal_type").collect().to_dicts()


def _silent(brought: _Brought) -> dict[str, int]:
    """The rules the feed was too coarse for, and at how many polls."""
    known = brought.polls().filter(pl.col("gap_p95_s").is_not_null()).select("silent_rules")
    named = known.explode("silent_rules").filter(pl.col("silent_rules").is_not_null())
    return dict(named.group_by("silent_rules").len().sort("silent_rules").collect().iter_rows())


def _closes(brought: _Brought) -> list[dict[str, Any]]:
    """Closes of the consensus by market: how many games, and how many of each quality."""
    ranks = pl.Series(range(len(QUALITIES)))
    closed = (
        brought.of_games(ClosingLines)
        .filter(pl.col("bookmaker") == CONSENSUS, pl.col("is_current"), pl.col("convention") == COUNTED_CONVENTION)
        .group_by("market", "event_id")
        .agg(rank=pl.col("quality").replace_strict(pl.Series(QUALITIES), ranks, return_dtype=pl.Int64).max())
    )
    counts = [(pl.col("rank") == rank).sum().alias(quality) for rank, quality in enumerate(QUALITIES)]
    return closed.group_by("market").agg(pl.len().alias("games"), *counts).sort("market").collect().to_dicts()


def _scorecard(brought: _Brought) -> list[dict[str, Any]]:
    """The scorecards over all time, by signal type and market, as of the newest ones that are stored."""
    newest = brought.lake.scan(Scorecards).select(pl.col("as_of").max()).collect().item()
    if newest is None:
        return []
    # Those stored count every provider together, so they are made once more of the records asked for.
    wanted = scorecards(brought.of_games(ClvRecords).collect(), newest).filter(
        pl.col("window") == "all",
        pl.col("sport_key") == "",
        pl.col("time_bucket") == "",
        pl.col("signal_type") != "",
    )
    return wanted.drop("sport_key", "time_bucket", "window").sort("signal_type", "market").to_dicts()


def _paper_bets(brought: _Brought) -> list[dict[str, Any]]:
    """What came of the paper bets on their games, over all and by strategy."""
    counted = (pl.col("is_current"), pl.col("convention") == COUNTED_CONVENTION)
    return bet_outcomes(brought.of_games(Trades).filter(MINE), brought.of_games(ClvRecords).filter(counted)).to_dicts()


def _example(brought: _Brought) -> dict[str, object] | None:
    """The strongest signal with a close: something to open and trace."""
    best = (
        brought.of_games(Signals)
        .join(
            brought.of_games(ClvRecords).filter("is_current", pl.col("convention") == COUNTED_CONVENTION),
            on="signal_id",
            how="inner",
        )
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
