import copy
import tomllib

import pytest

from stratum_pipelines.reference import load_reference
from stratum_pipelines.reference.key_numbers import BUILT, MARKETS, PLAN, load_key_numbers, load_plan, read_plan

TABLE = tomllib.loads(PLAN.read_text("utf-8"))


def test_the_plan_names_leagues_that_are_known() -> None:
    known = load_reference().leagues
    assert set(load_plan().leagues) | load_plan().cannot_tie <= set(known)
    assert all(not league.has_draw for key, league in known.items() if key in load_plan().cannot_tie)


def test_every_cell_that_ships_counts_its_games() -> None:
    built = load_key_numbers()
    for cell in built.cells:
        assert sum(cell.hits) == cell.games > 0, cell
        assert cell.hits[0] and cell.hits[-1], cell
        assert cell.market in MARKETS and cell.by in ("", "spread", "total")
    assert len({(c.league, c.market, c.era, c.by, c.at_least) for c in built.cells}) == len(built.cells)


def test_the_cells_of_a_league_that_has_lines_add_up() -> None:
    cells = [c for c in load_key_numbers().cells if (c.league, c.market) == ("americanfootball_nfl", "spreads")]
    whole = next(c.games for c in cells if (c.era, c.by) == ("", ""))
    assert whole == 2290  # 2,128 of 2011 to 2018 and 162 of 2025
    assert whole == sum(c.games for c in cells if c.era and not c.by)
    assert whole == sum(c.games for c in cells if (c.era, c.by) == ("", "spread"))


def test_what_ships_is_compact_and_holds_no_game() -> None:
    text = BUILT.read_text("utf-8")
    assert len(text) < 100_000
    assert "home" not in text and "Packers" not in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t["leagues"]["basketball_nba"].update(spread_edges=[5, 3]), "spread_edges of basketball_nba"),
        (lambda t: t["leagues"]["basketball_nba"].update(total_edges=[200, 200]), "total_edges of basketball_nba"),
        (
            lambda t: t["leagues"]["basketball_nba"].update(
                eras=[{"first": 2007, "last": 2012, "why": ""}, {"first": 2012, "last": 2013, "why": ""}]
            ),
            "eras of basketball_nba",
        ),
        (lambda t: t.update(shrinkage={"spreads": 10}), "shrinkage"),
        (lambda t: t.update(shrinkage={"spreads": 10, "totals": 0}), "shrinkage"),
    ],
)
def test_a_careless_edit_of_the_plan_is_refused(change, words: str) -> None:
    table = copy.deepcopy(TABLE)
    change(table)
    with pytest.raises(ValueError, match=words):
        read_plan(table)
