"""Answers made to do harm: what is impossible is refused by its reason, and the rest of the answer goes on."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from stratum_pipelines.board.advance import Rules, advance, blank_board
from stratum_pipelines.board.reasons import REASONS
from stratum_pipelines.providers.provider import Provider
from stratum_pipelines.providers.reading import Answer, Game, Reading
from tests.build import EPL, MINUTE, NFL, NOON, answer, book, game, replay, rules
from warehouse.tables import BY_NAME

THREE_WAY = {"h2h": (150, 180, 200), "spread": (-0.5, -108, -112), "total": (2.5, -110, -110)}
TWO_WAY = {"h2h": (-145, 125), "spread": (-3.0, -108, -112), "total": (44.5, -110, -110)}


def listed(sport: str = NFL, home: str = "Home", away: str = "Away", **more: Any) -> dict[str, Any]:
    """One game of one book, its teams and their outcomes called so."""
    prices = THREE_WAY if sport == EPL else TWO_WAY
    text = json.dumps(game([book("fanduel", NOON, **prices)], sport=sport))
    called = {'"Home"': json.dumps(home), '"Away"': json.dumps(away)}
    found: dict[str, Any] = json.loads(re.sub('"Home"|"Away"', lambda name: called[name[0]], text))
    return {**found, **more}


def refused(rows: dict[str, pl.DataFrame]) -> list[str]:
    """The board's reasons, once every frame has been found fit to be stored."""
    for name, frame in rows.items():
        assert list(BY_NAME[name].faults(frame)) == [], name
    return [reason for reason in rows["quarantine"]["reason"].unique(maintain_order=True) if reason in REASONS]


GOOD = {NFL: listed(id="good", home="Foxes", away="Herons"), EPL: listed(EPL, id="good", home="Foxes", away="Herons")}


@pytest.mark.parametrize("sport", [NFL, EPL])
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"home": "Away"}, "impossible_teams"),
        ({"home": "Draw"}, "impossible_teams"),
        ({"away": "Draw"}, "impossible_teams"),
        ({"home": "Over"}, "impossible_teams"),
        ({"away": "Under"}, "impossible_teams"),
        ({"home": "Ho\x00me"}, "unusable_name"),
        ({"away": "A\x1bway"}, "unusable_name"),
        ({"home": "H" * 201}, "unusable_name"),
        ({"home": "   "}, "unusable_name"),
        ({"id": "g\x00"}, "unusable_name"),
        ({"id": "g" * 100_000}, "unusable_name"),
        ({"sport_key": "basketball_nba"}, "wrong_sport"),
        ({"sport_key": "a\x00b"}, "wrong_sport"),
        ({"commence_time": "0001-01-01T00:00:00Z"}, "impossible_start"),
        ({"commence_time": "1969-12-31T23:59:59Z"}, "impossible_start"),
        ({"commence_time": "2200-01-01T00:00:00Z"}, "impossible_start"),
        ({"commence_time": "9999-12-31T23:59:59Z"}, "impossible_start"),
    ],
)
def test_a_game_that_cannot_be_is_left_out_and_the_others_stay(sport: str, change: dict[str, Any], reason: str) -> None:
    rows = replay([answer(NOON, [listed(sport, **change), GOOD[sport]], sport=sport)], sport=sport)
    assert refused(rows) == [reason]
    assert rows["events"]["event_id"].to_list() == ["good"]
    assert rows["polls"]["n_quotes"].to_list() == [len(rows["odds_snapshots"])]
    for column in ("detail", "value"):
        text = "".join(rows["quarantine"][column])
        assert text.isprintable() and len(text) < 1000


@pytest.mark.parametrize("sport", [NFL, EPL])
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"home": "Draw"}, "impossible_teams"),
        ({"away": "Over"}, "impossible_teams"),
        ({"home": "Away"}, "impossible_teams"),
        ({"home": "New\x00Name"}, "unusable_name"),
        ({"home": "N" * 201}, "unusable_name"),
    ],
)
def test_a_team_is_not_renamed_to_what_no_team_can_be_called(sport: str, change: dict[str, Any], reason: str) -> None:
    poisoned = answer(NOON + MINUTE, [listed(sport, **change), GOOD[sport]], sport=sport)
    after = answer(NOON + 2 * MINUTE, [listed(sport), GOOD[sport]], sport=sport)
    rows = replay([answer(NOON, [listed(sport), GOOD[sport]], sport=sport), poisoned, after], sport=sport)
    assert refused(rows) == [reason]
    last = rows["odds_snapshots"].filter(pl.col("received_at").to_physical() == NOON + 2 * MINUTE)
    # The game is back under its own names, and none of the poison has stayed.
    assert set(last["outcome"]) == {"Home", "Away", "Over", "Under"} | ({"Draw"} if sport == EPL else set())


def test_two_names_of_one_team_are_no_game() -> None:
    rows = replay(
        [
            answer(NOON, [listed()]),
            answer(NOON + MINUTE, [listed(home="Home City")]),
            answer(NOON + 2 * MINUTE, [listed(home="Home", away="Home City")]),
        ]
    )
    assert refused(rows) == ["team_renamed", "impossible_teams"]


def bent(change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """The usual game, with a second book bent out of shape."""
    found = listed()
    second = book("draftkings", NOON, h2h=(-150, 130))
    change(second)
    found["bookmakers"].append(second)
    return found


@pytest.mark.parametrize("name", ["a\x00b", "\x7f", " ", "x" * 201])
@pytest.mark.parametrize("what", ["bookmaker", "market", "outcome", "description"])
def test_a_name_nobody_can_use_costs_its_quotes_and_no_others(what: str, name: str) -> None:
    def change(second: dict[str, Any]) -> None:
        if what == "bookmaker":
            second["key"] = name
        elif what == "market":
            second["markets"][0]["key"] = name
        else:
            field = "name" if what == "outcome" else "description"
            second["markets"][0]["outcomes"][0][field] = name

    rows = replay([answer(NOON, [bent(change)])])
    assert refused(rows) == ["unusable_name"]
    kept = 1 if what in ("outcome", "description") else 0
    assert rows["polls"]["n_quotes"].to_list() == [6 + kept]
    lost = 2 - kept
    assert f"{lost} quotes were left out" in rows["quarantine"]["detail"].item()
    assert rows["quarantine"]["detail"].item().isprintable()


@pytest.mark.parametrize("point", [1e308, -1e308, 1000.25])
def test_a_point_beyond_all_bounds_is_refused(point: float) -> None:
    rows = replay([answer(NOON, [game([book("fanduel", NOON, spread=(point, -110, -110))])])])
    assert refused(rows) == ["impossible_point"]
    assert rows["polls"]["n_quotes"].item() == 0


def test_what_a_provider_of_another_s_making_reads_is_looked_at_all_the_same() -> None:
    def read(asked: Answer) -> Reading:
        games = [Game("odd\ud800", NFL, "A", "B", NOON), Game("good", NFL, "C", "D", NOON)]
        return Reading(
            True, "decimal", games, [0, 1], ["fanduel"] * 2, ["h2h"] * 2, ["A", "C"], None, np.array([2.0, 2.0]),
            np.full(2, np.nan), np.full(2, NOON),
        )  # fmt: skip

    usual = rules()
    known = Rules(usual.reference, usual.signals, {"theirs": Provider("theirs", "Theirs", "", read)})
    rows = next(advance(blank_board(NFL, known), [replace(answer(NOON, []), provider="theirs")], known))
    assert refused(rows) == ["unusable_name"]
    assert rows["events"]["event_id"].to_list() == ["good"]


def test_a_linked_game_may_name_its_sides_the_other_way_round() -> None:
    other = replace(answer(NOON + MINUTE, [listed(id="theirs", home="Away", away="Home FC")]), provider="simulator")
    known = replace(rules(), links={("simulator", "theirs"): "game-1"})
    rows = next(advance(blank_board(NFL, known), [answer(NOON, [listed()]), other], known))
    assert refused(rows) == []
    assert rows["polls"]["n_quotes"].to_list() == [6, 6]
    moved = rows["odds_snapshots"].filter((pl.col("received_at").to_physical() > NOON) & (pl.col("market") == "h2h"))
    # The other provider's -145 is for its home team, which is our away team.
    assert dict(moved.select("outcome", "price_american").iter_rows()) == {"Away": -145, "Home": 125}
