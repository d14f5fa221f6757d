import dataclasses
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from stratum_pipelines.quant.key_numbers.held_out import held_out
from stratum_pipelines.recorded_games import read_recorded_games
from stratum_pipelines.reference import load_reference
from stratum_pipelines.reference.key_numbers import load_plan
from tests.quant.key_numbers.games import NFL, PLAN, played

LEAGUES = {NFL: load_reference().leagues[NFL]}
PLAN = dataclasses.replace(PLAN, leagues={NFL: PLAN.leagues[NFL]})


def seasons(rng: np.random.Generator, n: int, threes: float, first: int, years: int, source: str) -> pl.DataFrame:
    """Games that end on 3 this often, else on any margin up to 20."""
    margins = np.where(rng.random(n) < threes, 3, rng.integers(1, 21, n)) * rng.choice([-1, 1], n)
    return played(*[(first + i % years, 40 + int(m), 40, 0.0, None) for i, m in enumerate(margins)], source=source)


def test_a_key_number_that_holds_gains_and_one_that_does_not_loses() -> None:
    rng = np.random.default_rng(12)
    before = seasons(rng, 400, 0.3, 2011, 4, "shaping")
    again, gone = seasons(rng, 200, 0.3, 2018, 1, "counted"), seasons(rng, 200, 0.0, 2018, 1, "counted")
    for later, sign in ((again, 1), (gone, -1)):
        found = held_out(pl.concat([before, later]), PLAN, LEAGUES)
        by_way = {(row.judged, row.weights): row for row in found}
        assert set(by_way) == {("each season", w) for w in ("all", "era", "bucket")} | {("later games", "all")}
        assert by_way["each season", "all"].games == 400 and by_way["each season", "all"].gain > 0.1
        judged = by_way["later games", "all"]
        assert judged.games == 200 and sign * judged.gain > 2 * judged.error > 0


def test_a_season_is_never_judged_by_its_own_games() -> None:
    # Each season's games all end on a margin of its own: whoever looks at the season itself would gain.
    games = played(*[(2011 + i % 4, 40 + 5 * (i % 4 + 1), 40, 0.0, None) for i in range(80)])
    (row, *_) = held_out(games, PLAN, LEAGUES)
    assert row.gain < 0


def test_recorded_nfl_games_are_likelier_with_key_numbers_than_without(recorded: Path) -> None:
    folders = {"sbr_nfl_open_close": True, "oddsapi_nfl_2025": False}
    plan = load_plan()
    only = dataclasses.replace(plan, leagues={NFL: plan.leagues[NFL]}, sources=folders)
    found = held_out(read_recorded_games(recorded, folders).games, only, LEAGUES, ["spreads"])
    gains = {(row.market, row.judged, row.weights): row for row in found}
    seasons, later = gains["spreads", "each season", "all"], gains["spreads", "later games", "all"]
    assert seasons.gain == pytest.approx(0.134, abs=0.005) and seasons.gain > 10 * seasons.error
    assert later.games == 162 and later.gain > 3 * later.error
    # Weights of an era or of a bucket of their own are no better than those of all: that is why there are none.
    assert all(gains["spreads", "each season", weights].gain < seasons.gain for weights in ("era", "bucket"))
