import math
import tomllib

import pytest

from stratum_pipelines.reference import load_reference
from stratum_pipelines.reference.plausibility import FILE, load_limits, read_limits

LEAGUES = load_reference().leagues


def test_every_league_has_limits_a_line_can_keep() -> None:
    for league in LEAGUES.values():
        limits = load_limits(league)
        assert limits.spread > 0 and 0 < limits.total_low < limits.total_high, league.sport_key
        assert limits.spread_move > 0 and limits.total_move > 0


def test_lengths_are_those_of_the_league() -> None:
    # 1.5 x 13.2 and 1.0 x 13.3.
    nfl = load_limits(LEAGUES["americanfootball_nfl"])
    assert (nfl.spread, nfl.spread_move, nfl.total_move) == (34, pytest.approx(19.8), 13.3)
    assert (nfl.total_low, nfl.total_high, nfl.step) == (26, 72, 0.5)


def test_a_run_line_says_nothing_of_who_wins() -> None:
    assert load_limits(LEAGUES["baseball_mlb"]).win_prob == math.inf
    assert load_limits(LEAGUES["basketball_nba"]).win_prob == 0.08


def test_a_league_that_is_missing_is_named() -> None:
    table = tomllib.loads(FILE.read_text("utf-8"))
    del table["leagues"]["basketball_nba"]
    with pytest.raises(ValueError, match="says nothing of basketball_nba"):
        read_limits(table, LEAGUES["basketball_nba"])
