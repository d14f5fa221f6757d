import numpy as np
import pytest

from stratum_pipelines.quant.key_numbers.counts import closing_numbers, count_cells, either_way, frequencies
from stratum_pipelines.reference import load_reference
from stratum_pipelines.reference.key_numbers import Cell
from tests.quant.key_numbers.games import NFL, PLAN, played

LEAGUES = load_reference().leagues

GAMES = played(
    (2011, 23, 20, -3.0, 44.5),  # the home favourite by 3
    (2012, 20, 23, 2.5, 41.0),  # the away favourite by 3
    (2015, 20, 23, -7.5, 45.0),  # the home favourite beaten by 3
    (2016, 17, 10, 0.0, 38.0),  # nobody's: the home team by 7
    (2016, 10, 16, None, None),  # no line: the home team beaten by 6
)


def cell(market: str, era: str, by: str, at_least: float | None = None) -> Cell:
    (found,) = (
        c
        for c in count_cells(GAMES, PLAN, LEAGUES)
        if (c.league, c.market, c.era, c.by, c.at_least) == (NFL, market, era, by, at_least)
    )
    return found


def hits(cell: Cell) -> dict[int, int]:
    return {cell.lowest + i: n for i, n in enumerate(cell.hits) if n}


def test_margins_are_the_favourites_and_where_nobody_was_the_home_teams() -> None:
    whole = cell("spreads", "", "")
    assert (whole.games, hits(whole)) == (5, {3: 2, -3: 1, 7: 1, -6: 1})
    assert hits(cell("totals", "", "")) == {43: 3, 27: 1, 26: 1}


def test_eras_and_buckets_are_cut_as_the_plan_says() -> None:
    assert hits(cell("spreads", "2011-2014", "")) == {3: 2}
    assert hits(cell("spreads", "2015-2018", "")) == {-3: 1, 7: 1, -6: 1}
    # Spreads without their sign: 2.5 and 0 below 3, 3 from 3 up, 7.5 from 7 up. The game without a line is in none.
    assert hits(cell("spreads", "", "spread", None)) == {3: 1, 7: 1}
    assert hits(cell("spreads", "", "spread", 3.0)) == {3: 1}
    assert hits(cell("spreads", "", "spread", 7.0)) == {-3: 1}
    assert hits(cell("spreads", "2015-2018", "spread", 7.0)) == {-3: 1}
    # Totals: 45 and more, or less.
    assert cell("totals", "", "total", 45.0).games == 1
    assert cell("totals", "", "total", None).games == 3


def test_a_bucket_without_games_is_no_cell() -> None:
    assert not [c for c in count_cells(GAMES, PLAN, LEAGUES) if not c.games]
    assert not [c for c in count_cells(GAMES, PLAN, LEAGUES) if c.league != NFL]


def test_a_line_that_was_not_even_is_taken_where_it_would_be() -> None:
    # 0 at 0.6: the home team is better by 13.2 x 0.2533 = 3.344 points. Over 45 at 0.4: 45 - 13.3 x 0.2533 = 41.631.
    games = played((2011, 20, 10, 0.0, 45.0)).with_columns(spread_prob=0.6, total_prob=0.4)
    spread, total = closing_numbers(games.cast({"spread_prob": float}), LEAGUES[NFL])
    assert (spread, total) == (pytest.approx([-3.344], abs=1e-3), pytest.approx([41.631], abs=1e-3))


def test_frequencies_have_shares_and_intervals() -> None:
    # 8 of 10: Wilson's 0.4902 to 0.9433.
    found = frequencies(Cell(NFL, "spreads", "", "", None, None, 10, 3, (8, 0, 2)))
    assert found.columns == ["number", "n", "hits", "share", "low", "high"]
    assert found["number"].to_list() == [3, 5]
    assert found.row(0)[1:4] == (10, 8, 0.8)
    assert found.row(0)[4:] == (pytest.approx(0.4902, abs=5e-5), pytest.approx(0.9433, abs=5e-5))


def test_margins_of_either_sign_can_be_counted_together() -> None:
    found = either_way(Cell(NFL, "spreads", "", "", None, None, 6, -3, (2, 0, 0, 1, 0, 0, 3)))
    assert (found.lowest, found.hits, found.games) == (0, (1, 0, 0, 5), 6)
    assert np.sum(found.hits) == found.games
