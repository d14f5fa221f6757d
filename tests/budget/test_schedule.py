"""The starts to come: those known, then the last week again; one poll for closes that lie together."""

import datetime as dt

import numpy as np

from stratum_pipelines.budget.information import Coming
from stratum_pipelines.budget.schedule import CAUGHT_US, DAY, LEAD_US, WEEK, closes_of, demand_of, starts_until
from stratum_pipelines.cadence import SECOND, SLOWEST, STEPS

HOUR = 3600 * SECOND
MINUTE = 60 * SECOND
NOW = int(dt.datetime(2026, 11, 3, tzinfo=dt.UTC).timestamp()) * SECOND


def test_known_starts_are_taken_as_they_are() -> None:
    games = [Coming(NOW + DAY), Coming(NOW - DAY), Coming(NOW + 5 * DAY, 3.0)]
    assert starts_until(games, NOW, NOW + 4 * DAY) == [Coming(NOW + DAY)]
    assert starts_until([], NOW, NOW + WEEK) == []


def test_behind_the_last_known_start_the_last_week_comes_again() -> None:
    week = [Coming(NOW - 3 * DAY + d * DAY + h * HOUR) for d in range(7) for h in (1, 2)]
    found = starts_until(week, NOW, NOW + 3 * WEEK)
    assert len(found) == 3 * 14
    assert {(game.start - week[0].start) % DAY for game in found} == {0, HOUR}
    assert all(NOW < game.start <= NOW + 3 * WEEK for game in found)
    assert len({game.start for game in found}) == len(found)


def test_a_schedule_known_for_two_days_repeats_after_two() -> None:
    games = [Coming(NOW + HOUR), Coming(NOW + DAY + HOUR)]
    starts = [game.start for game in starts_until(games, NOW, NOW + 4 * DAY)]
    assert starts == [NOW + HOUR + d * DAY for d in range(4)]


def test_days_off_are_seen_as_such_once_a_game_of_the_week_before_is_known() -> None:
    weekend = [Coming(NOW + DAY), Coming(NOW + 2 * DAY)]
    starts = [game.start for game in starts_until([Coming(NOW - 6 * DAY), *weekend], NOW, NOW + 10 * DAY)]
    # Of the weekend alone nobody could say that it does not come again after two days.
    assert starts == [NOW + d * DAY for d in (1, 2, 8, 9)]


def test_starts_that_lie_together_are_closed_by_one_poll() -> None:
    games = [Coming(NOW + HOUR), Coming(NOW + HOUR + 4 * MINUTE, 2.0), Coming(NOW + HOUR + 30 * MINUTE)]
    closes = closes_of(games)
    assert [(close.due, close.weight) for close in closes] == [
        (NOW + HOUR - LEAD_US, 3.0),
        (NOW + HOUR + 30 * MINUTE - LEAD_US, 1.0),
    ]
    # The poll is late enough for the last of them.
    assert closes[0].last_start - closes[0].due <= CAUGHT_US
    assert closes_of(games, NOW + HOUR - MINUTE) == closes[1:]
    assert closes_of(games, NOW + HOUR - CAUGHT_US - MINUTE) == closes


def test_demand_is_that_of_the_games_ahead_at_each_moment() -> None:
    games = [Coming(NOW + 10 * HOUR), Coming(NOW + 10 * HOUR, 2.0)]
    hours = np.array([0.0, 8.0, 11.0]) + NOW / SECOND / 3600
    demand = demand_of(games, hours, rate=2.0, fastest_h=1 / 60, listed_h=48, steps=STEPS, slowest=SLOWEST)
    assert demand.weight.tolist() == [4.0, 4.0, 1.0]
    assert np.allclose(demand.pace, [2 / 60 + 3 * 2 / 5, 2 / 60 + 3 * 2, 2 / 60])
    assert np.allclose(demand.interval * 60, [5.0, 1.0, 60.0])
    # A feed that lists six hours ahead does not show them yet.
    unlisted = demand_of(games, hours, rate=2.0, fastest_h=1 / 60, listed_h=6, steps=STEPS, slowest=SLOWEST)
    assert unlisted.weight.tolist() == [1.0, 4.0, 1.0]
