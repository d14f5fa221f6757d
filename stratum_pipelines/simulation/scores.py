"""Scores and results of simulated games: as The Odds API sends scores, and as rows for the results table."""

from collections.abc import Iterable
from typing import Any

import msgspec
import polars as pl

from stratum_pipelines.providers.the_odds_api_answer import iso
from stratum_pipelines.simulation.feed import heading
from stratum_pipelines.simulation.schedule import Fixture
from stratum_pipelines.simulation.slate import Slate

SECOND = 1_000_000
KEPT_S = 3 * 24 * 3600
# A score is entered so long after the game is over.
ENTERED_AFTER_S = 300
SOURCE = "simulator"


def score_body(slates: Iterable[Slate], at: int) -> bytes:
    """The scores of games listed at a moment (whole UTC seconds) or over for three days at most, as JSON."""
    entries = [_score(slate, i, at) for slate in slates for i, game in enumerate(slate.games) if _has_score(game, at)]
    return msgspec.json.encode(sorted(entries, key=lambda entry: (entry["commence_time"], entry["id"])))


def _has_score(game: Fixture, at: int) -> bool:
    return game.is_listed(at) or (not game.is_postponed and game.opens_at <= at <= game.ends_at + KEPT_S)


def _score(slate: Slate, i: int, at: int) -> dict[str, Any]:
    game = slate.games[i]
    entry = heading(slate, game, at)
    entry["completed"] = game.share_played(at) >= 1.0
    entry["scores"], entry["last_update"] = None, None
    if at >= game.starts_at:
        home, away = slate.paths.score(i, game.share_played(at))
        entry["scores"] = [{"name": game.home_team, "score": str(home)}, {"name": game.away_team, "score": str(away)}]
        entry["last_update"] = iso(min(at, game.ends_at) * SECOND)
    return entry


def result_frame(slates: Iterable[Slate], at: int) -> pl.DataFrame:
    """One row per game over (or postponed) at a moment in whole UTC seconds, with columns of the results table."""
    moment = pl.Datetime("us", "UTC")
    schema = {
        "event_id": pl.String,
        "home_score": pl.Int32,
        "away_score": pl.Int32,
        "status": pl.String,
        "period": pl.String,
        "source": pl.String,
        "received_at": pl.Int64,
    }
    rows = []
    for slate in slates:
        # What is not over needs no paths, and those cost time.
        for i, game in enumerate(slate.games):
            known_at = (game.vanishes_at if game.is_postponed else game.ends_at) + ENTERED_AFTER_S
            if known_at > at:
                continue
            home, away = (None, None) if game.is_postponed else slate.paths.finals[i].tolist()
            status = "postponed" if game.is_postponed else "final"
            rows.append((game.event_id, home, away, status, "full", SOURCE, known_at * SECOND))
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col("received_at").cast(moment))
    return frame.sort("received_at", "event_id")
