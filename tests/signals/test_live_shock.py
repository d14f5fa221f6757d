"""LIVE_SHOCK: in play, on the watchlist, within a budget, and only when switched on."""

import pytest

from stratum_pipelines.signals import find_signals, signals_in_force
from tests.build import MINUTE, NOON, replay
from tests.signals.boards import GROUPS, found_by, poll

START = NOON + 10 * MINUTE
# Fair home chances 0.5, 0.6, 0.7 and 0.8 without a margin.
PRICES = {0.5: (100, 100), 0.6: (-150, 150), 0.7: (-233, 233), 0.8: (-400, 400)}


def path(chances: dict[int, float], until: int, books: tuple = GROUPS[:4]) -> list:
    """A poll a minute; the chance of home from each minute on."""
    answers = []
    for minute in range(until):
        chance = chances[max(at for at in chances if at <= minute)]
        at = NOON + minute * MINUTE
        answers.append(poll(at, {key: {"h2h": PRICES[chance]} for key in books}, start=START))
    return answers


def shocks(answers: list, **more: object) -> list[tuple[int, str]]:
    parameters = {"watchlist": ("*",), **more}
    return [(row["detected_at"].minute, row["direction"]) for row in found_by("LIVE_SHOCK", answers, **parameters)]


def test_a_jump_in_play_is_a_shock_and_before_the_start_none() -> None:
    assert shocks(path({0: 0.5, 5: 0.7}, 10)) == []
    assert shocks(path({0: 0.5, 15: 0.7}, 20)) == [(15, "home")]
    assert shocks(path({0: 0.7, 15: 0.5}, 20)) == [(15, "away")]


def test_what_it_says_of_a_shock() -> None:
    (row,) = found_by("LIVE_SHOCK", path({0: 0.5, 15: 0.7}, 20), watchlist=("game-1",))
    assert (row["from_value"], row["to_value"]) == (pytest.approx(0.5), pytest.approx(233 / 333))
    assert (row["window_s"], row["time_bucket"], row["minutes_to_start"]) == (60.0, "live", -5.0)
    assert row["bookmakers"] == sorted(GROUPS[:4]) and set(row["meta"]["book_age_s"].values()) == {0.0}
    assert (row["meta"]["minutes_in_play"], row["meta"]["consensus_n_groups"]) == (5.0, 4)


def test_a_slow_drift_is_no_shock() -> None:
    # 0.1 every five minutes: never 0.15 within the window, which ends five minutes back.
    assert shocks(path({0: 0.5, 15: 0.6, 21: 0.7, 27: 0.8}, 30)) == []
    assert shocks(path({0: 0.5, 15: 0.6, 18: 0.7}, 30)) == [(18, "home")]


def test_the_line_of_the_start_is_where_it_begins() -> None:
    # The jump lies between the last answer before the start and the first one in play.
    assert shocks(path({0: 0.5, 10: 0.7}, 15)) == [(10, "home")]
    # A jump before the start is over by then.
    assert shocks(path({0: 0.5, 9: 0.7}, 15)) == []


@pytest.mark.parametrize(
    ("watchlist", "is_heard"),
    [((), False), (("game-1",), True), (("away",), True), (("HOME",), True), (("game-2", "Nobody"), False)],
)
def test_only_games_on_the_watchlist_are_looked_at(watchlist: tuple, is_heard: bool) -> None:
    assert bool(shocks(path({0: 0.5, 15: 0.7}, 20), watchlist=watchlist)) is is_heard


def test_it_is_off_unless_switched_on() -> None:
    assert "LIVE_SHOCK" in find_signals()
    assert "LIVE_SHOCK" not in signals_in_force()
    on = signals_in_force((("LIVE_SHOCK", "enabled", True), ("LIVE_SHOCK", "watchlist", ("*",))))
    assert on["LIVE_SHOCK"].parameters["watchlist"] == ("*",)
    assert "LIVE_SHOCK" not in set(replay(path({0: 0.5, 15: 0.7}, 20))["signals"]["signal_type"])


def test_a_market_of_two_groups_is_no_market() -> None:
    assert shocks(path({0: 0.5, 15: 0.7}, 20, books=GROUPS[:2])) == []
    assert shocks(path({0: 0.5, 15: 0.7}, 20, books=GROUPS[:3])) == [(15, "home")]


def test_the_budget_holds_for_any_hour_whatever_the_direction() -> None:
    # To and fro every seven minutes; the window of five forgets the turn before.
    chances = {0: 0.5} | {12 + 7 * i: (0.7 if i % 2 == 0 else 0.5) for i in range(14)}
    found = shocks(path(chances, 112))
    # Three in an hour: after 12, 19 and 26 minutes; 68 is less than an hour after 12, 75 more.
    assert [minute for minute, _ in found][:3] == [12, 19, 26]
    assert len(found) == 6
    rows = found_by("LIVE_SHOCK", path(chances, 112), watchlist=("*",))
    minutes = [(row["detected_at"].hour - 12) * 60 + row["detected_at"].minute for row in rows]
    assert minutes == [12, 19, 26, 75, 82, 89]
    one_by_one = found_by("LIVE_SHOCK", path(chances, 112), watchlist=("*",), one_by_one=True)
    assert [row["signal_id"] for row in one_by_one] == [row["signal_id"] for row in rows]
    assert shocks(path(chances, 112), max_per_hour=0) == []
