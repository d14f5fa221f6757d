"""The last quotes of recorded games settled by their recorded scores, against plain arithmetic a bet at a time."""

import gzip
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from stratum_pipelines.quant.odds import american_to_decimal
from stratum_pipelines.quant.settlement import settle_bets

STAKE = 10_000


def last_quotes(folder: Path, *, has_draw: bool) -> pl.DataFrame:
    """The last quote of every book for every outcome of the games with a result, as bets to settle."""
    with gzip.open(folder / "results.csv.gz") as file:
        results = pl.read_csv(file.read()).select("event_id", "home_score", "away_score")
    keys = ["event_id", "bookmaker", "market", "outcome"]
    quotes = (
        pl.read_parquet(folder / "quote_changes.parquet")
        .filter(pl.col("price").is_not_null())
        .sort("snapshot_time")
        .group_by(keys, maintain_order=True)
        .last()
        .join(results, on="event_id", how="inner")
    )
    side = (
        pl.when(pl.col("outcome") == pl.col("home_team"))
        .then(pl.lit("home"))
        .when(pl.col("outcome") == pl.col("away_team"))
        .then(pl.lit("away"))
        .otherwise(pl.col("outcome").str.to_lowercase())
    )
    return quotes.with_columns(
        side.alias("side"),
        pl.Series("price_decimal", american_to_decimal(quotes["price"].to_numpy())),
        stake=pl.lit(STAKE),
        is_lay=pl.lit(value=False),
        has_draw=pl.lit(value=has_draw),
        status=pl.lit("final"),
    )


def by_hand(bet: dict[str, Any]) -> int:
    """What one bet comes to."""
    home, away, side = bet["home_score"], bet["away_score"], bet["side"]
    point = Decimal(str(bet["point"] or 0))
    if bet["market"] == "totals":
        ahead = home + away - point if side == "over" else point - home - away
    elif side == "draw":
        ahead = Decimal(1 if home == away else -1)
    else:
        ahead = home - away if side == "home" else away - home
        ahead = Decimal(-1) if bet["has_draw"] and home == away else ahead + point
    # Some totals of the World Cup stand at quarters: two bets of half the stake, a quarter to either side.
    off = Decimal("0.25") if point % Decimal("0.5") else Decimal(0)
    gain = Decimal(str(bet["price_decimal"])) - 1
    halves = [gain if half > 0 else Decimal(-1) if half < 0 else Decimal(0) for half in (ahead - off, ahead + off)]
    return int((sum(halves) * STAKE / 2).quantize(Decimal(1), ROUND_HALF_EVEN))


@pytest.mark.parametrize(
    ("name", "has_draw", "least"),
    [("oddsapi_nfl_2025", False, 8_000), ("oddsapi_wnba_2026", False, 1_500), ("oddsapi_worldcup_2026", True, 2_000)],
)
def test_recorded_games_settle_as_by_hand(recorded: Path, name: str, has_draw: bool, least: int) -> None:
    bets = last_quotes(recorded / name, has_draw=has_draw)
    assert bets.height >= least
    settled = settle_bets(bets)
    assert settled["profit"].to_list() == [by_hand(bet) for bet in bets.iter_rows(named=True)]
    assert {*settled["ended"]} >= {"win", "loss"}
    # Of the two sides of a line one wins what the other loses, or both are pushed.
    lined = settled.filter(pl.col("market") != "h2h")
    pairs = lined.group_by("event_id", "bookmaker", "market", pl.col("point").abs()).agg(pl.col("ended").sort())
    ends = pairs.filter(pl.col("ended").list.len() == 2)["ended"].list.join(" ")
    assert {*ends} <= {"loss win", "push push", "half_loss half_win"}


def test_houston_at_seattle_by_hand(recorded: Path) -> None:
    # Seattle won 27 to 19; DraftKings closed Seattle at -3 (-110): 10,000 x 100 / 110 = 9,090.9.
    bets = last_quotes(recorded / "oddsapi_nfl_2025", has_draw=False).filter(
        pl.col("event_id") == "7ca953ab786f70b22cabbe4946d330fa",
        pl.col("bookmaker") == "draftkings",
        pl.col("market") == "spreads",
    )
    before_the_start = bets.with_columns(
        point=pl.when(pl.col("side") == "home").then(-3.0).otherwise(3.0), price_decimal=pl.lit(1 + 100 / 110)
    )
    settled = settle_bets(before_the_start).sort("profit")
    assert settled.select("outcome", "ended", "profit").rows() == [
        ("Houston Texans", "loss", -10_000),
        ("Seattle Seahawks", "win", 9_091),
    ]
