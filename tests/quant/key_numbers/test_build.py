from pathlib import Path

import polars as pl
import pytest

from stratum_pipelines.quant.key_numbers.build import build_key_numbers, lined_games
from stratum_pipelines.recorded_games import read_recorded_games
from stratum_pipelines.reference import load_reference
from stratum_pipelines.reference.key_numbers import (
    BUILT,
    key_numbers_text,
    load_key_numbers,
    load_plan,
    read_key_numbers,
)
from tests.quant.key_numbers.games import NBA, NFL, PLAN, SOURCES, played

LEAGUES = load_reference().leagues
THREES = played(*[(2011 + i % 8, 20 + 3 * (i % 2), 20 + 3 * ((i + 1) % 2), -2.5 + i % 3, 43.0) for i in range(40)])
LATER = played(*[(2018, 27, 20, -7.0, 46.0)] * 60, source="counted")
HOOPS = played(*[(2012, 100 + i % 9, 100, -3.0, 202.5) for i in range(1, 9)], sport_key=NBA)


def test_counts_are_of_all_games_and_weights_of_those_that_may_shape_them() -> None:
    built = build_key_numbers(pl.concat([THREES, LATER]), SOURCES, PLAN, LEAGUES)
    assert built.version == 7 and built.sources == SOURCES
    weights = built.weights[NFL, "spreads"]
    assert (weights.games, weights.first_season, weights.last_season, weights.deviation) == (40, 2011, 2018, 13.2)
    # 40 games on 3 where three or so are expected; none on 7 in the games that count, 60 in those that do not.
    assert weights.values[3] > 3 and weights.values[7] < 1
    whole = next(cell for cell in built.cells if (cell.market, cell.era, cell.by) == ("spreads", "", ""))
    assert whole.games == 100 and whole.hits[7 - whole.lowest] == 60


def test_the_order_of_games_changes_nothing() -> None:
    games = pl.concat([THREES, LATER, HOOPS])
    one = key_numbers_text(build_key_numbers(games, SOURCES, PLAN, LEAGUES))
    assert one == key_numbers_text(
        build_key_numbers(games.sample(fraction=1.0, shuffle=True, seed=1), SOURCES, PLAN, LEAGUES)
    )


def test_what_is_written_is_read_again() -> None:
    built = build_key_numbers(pl.concat([THREES, HOOPS]), SOURCES, PLAN, LEAGUES)
    assert read_key_numbers(key_numbers_text(built)) == built


def test_a_score_that_lacks_a_digit_and_a_tie_where_there_are_none_are_left_out() -> None:
    slips = played((2013, 12, 10, 2.0, 218.5), (2013, 97, 97, -2.0, 195.0), sport_key=NBA)
    built = build_key_numbers(pl.concat([HOOPS, slips]), SOURCES, PLAN, LEAGUES)
    assert {cell.games for cell in built.cells if not cell.by and not cell.era} == {8}
    assert built.weights[NBA, "spreads"].games == 8 and built.weights[NBA, "spreads"].values[0] == 0.0


def test_games_without_a_line_shape_nothing() -> None:
    games = played((2011, 20, 17, None, 40.0), (2012, 20, 17, -3.0, None))
    assert lined_games(games, "spreads")["handicap"].to_list() == [-3.0]
    # The over's handicap is minus its total.
    assert lined_games(games, "totals").row(0) == (2011, 37, -40.0, 0.5)


def test_the_table_that_ships_was_made_for_the_leagues_and_the_plan_that_ship() -> None:
    built, plan = load_key_numbers(), load_plan()
    assert built.version == plan.version
    assert {source.folder: source.fitted for source in built.sources} == plan.sources
    for (sport_key, market), weights in built.weights.items():
        league = LEAGUES[sport_key]
        deviation = league.total_sd if market == "totals" else league.margin_sd
        assert weights.deviation == deviation, "Write it anew: stratum key-numbers --data FOLDER --write"


def test_no_weights_know_games_that_backtests_run_on() -> None:
    # The recorded odds begin in 2025: nothing later than 2021 may shape a probability.
    assert max(weights.last_season for weights in load_key_numbers().weights.values()) <= 2020


@pytest.mark.usefixtures("recorded")
def test_the_table_that_ships_is_what_the_recorded_results_give(recorded: Path) -> None:
    found = read_recorded_games(recorded, load_plan().sources)
    built = build_key_numbers(found.games, found.sources, load_plan(), LEAGUES)
    assert key_numbers_text(built) == BUILT.read_text("utf-8"), (
        "Write it anew: stratum key-numbers --data FOLDER --write"
    )
