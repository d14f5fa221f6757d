"""Where the credits of a month go: closes first, then by information per credit, and all at the cadence where there are plenty."""

import datetime as dt
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.budget.credits import month_of, price_of
from stratum_pipelines.budget.information import Coming
from stratum_pipelines.budget.outlook import AGAIN_US, Outlook, Sport, is_for_a_close, look_ahead, plan_poll
from stratum_pipelines.budget.schedule import DAY, LEAD_US
from stratum_pipelines.cadence import SECOND, Plan, Situation, next_poll

HOUR = 3600 * SECOND
MINUTE = 60 * SECOND
NOW = int(dt.datetime(2026, 11, 3, tzinfo=dt.UTC).timestamp()) * SECOND
MONTH = month_of(NOW)
NOON_BEFORE = NOW - DAY // 2
EVENINGS = tuple(Coming(NOW + d * DAY + h * HOUR) for d in range(-6, 2) for h in (20, 21, 23))
EVENING = Sport("evening", price_of(3, ()), EVENINGS, NOW - MINUTE, NOW - MINUTE)


def ahead(room: int, *sports: Sport, outside: float = 0.0) -> Outlook:
    return look_ahead(sports or (EVENING,), NOW, MONTH, room, fastest_s=60, outside=outside)


def plan(sport: Sport, outlook: Outlook, now: int = NOW, attempts: int = 1) -> Plan:
    return plan_poll(sport, outlook, now, fastest_s=60, attempts=attempts)


@pytest.mark.parametrize("start_in", [MINUTE, 2 * HOUR, 20 * HOUR, 50 * HOUR, 100 * HOUR])
@pytest.mark.parametrize("n_failed", [0, 1, 5])
def test_with_plenty_of_credits_the_cadence_alone_decides(start_in: int, n_failed: int) -> None:
    sport = replace(EVENING, games=[Coming(NOW + start_in)], n_failed=n_failed)
    outlook = ahead(5_000_000, sport)
    assert outlook.price == 0.0
    situation = Situation(NOW, sport.polled_at, NOW + start_in, 3, n_failed)
    assert plan(sport, outlook).at == next_poll(situation, 60).at


@given(room=st.integers(0, 30_000), rate=st.floats(0.1, 20), cost=st.integers(1, 12))
def test_what_is_planned_fits_into_what_is_left(room: int, rate: float, cost: int) -> None:
    sports = [replace(EVENING, rate=rate, price=price_of(cost, ())), Sport("quiet", price_of(3, ()))]
    outlook = ahead(room, *sports)
    assert outlook.planned <= room + 1e-6
    assert outlook.planned <= outlook.demand + outlook.closes + 1e-6


@given(rooms=st.tuples(st.integers(500, 30_000), st.integers(500, 30_000)))
def test_more_credits_never_make_information_dearer(rooms: tuple[int, int]) -> None:
    # From 500 on all closes are kept for; below, more credits may first go to one more close, and looks be left less.
    few, many = sorted(rooms)
    assert ahead(few).closes == ahead(many).closes
    assert ahead(many).price <= ahead(few).price * (1 + 1e-6) + 1e-9


def test_scarce_credits_are_all_planned_with() -> None:
    outlook = ahead(6_000)
    assert outlook.price > 0 and outlook.planned == pytest.approx(6_000, rel=1e-3)
    assert ahead(6_000, outside=1_000).planned == pytest.approx(5_000, rel=1e-3)
    # Others who use everything are not left everything.
    assert ahead(6_000, outside=9_000).planned == pytest.approx(3_000, rel=1e-3)


def test_what_is_guessed_is_what_the_cadence_would_use_after_the_last_known_start() -> None:
    whole = replace(EVENING, games=[Coming(NOW + d * DAY + 20 * HOUR) for d in range(28)])
    # The last start is four hours before the renewal, and behind it a sport is polled once an hour: 4 x 3 credits.
    assert ahead(5_000_000, whole).guessed == pytest.approx(12)
    assert ahead(5_000_000).demand > ahead(5_000_000).guessed > 0.9 * ahead(5_000_000).demand
    assert ahead(400).guessed == ahead(5_000_000).guessed


def test_closes_are_kept_for_before_anything_else() -> None:
    # 28 days with three closes each, three credits a close, less those that are over by the first of December.
    outlook = ahead(400)
    assert outlook.closes == 3 * 84 and outlook.cutoff == 0.0
    assert outlook.looks <= 400 - outlook.closes


def test_where_not_all_closes_can_be_had_those_of_most_games_for_a_credit_are() -> None:
    crowded = replace(EVENING, sport_key="crowded", games=[Coming(game.start, 4.0) for game in EVENINGS])
    outlook = ahead(260, EVENING, crowded)
    assert outlook.closes == 258 and outlook.cutoff == pytest.approx(1 / 3)
    outlook = ahead(240, EVENING, crowded)
    assert outlook.cutoff == pytest.approx(4 / 3)
    at_the_close = EVENINGS[-6].start - LEAD_US
    assert is_for_a_close(crowded, outlook, at_the_close) and not is_for_a_close(EVENING, outlook, at_the_close)


def test_a_close_is_polled_for_though_a_look_is_not_worth_it() -> None:
    outlook = ahead(270)
    first = min(game.start for game in EVENINGS if game.start > NOW)
    assert plan(EVENING, outlook) == Plan(first - LEAD_US, "games are about to start")
    assert not is_for_a_close(EVENING, outlook, first - LEAD_US - MINUTE)
    assert is_for_a_close(EVENING, outlook, first - LEAD_US)
    # Once it was answered the next one counts; an attempt that failed is made again two minutes later.
    done = replace(EVENING, polled_at=first - LEAD_US, answered_at=first - LEAD_US)
    assert not is_for_a_close(done, outlook, first - LEAD_US + SECOND)
    failed = replace(EVENING, polled_at=first - LEAD_US, n_failed=1)
    assert plan(failed, outlook, first - LEAD_US + SECOND).at == first - LEAD_US + 2 * MINUTE


def test_a_look_that_might_be_charged_what_closes_need_is_not_made() -> None:
    outlook = replace(ahead(400), price=0.0)
    room = math.ceil(outlook.closes) + 9
    long_ago = replace(EVENING, answered_at=NOON_BEFORE, polled_at=NOON_BEFORE)
    assert plan(long_ago, replace(outlook, room=room), attempts=3).is_due(NOW)
    kept = plan(long_ago, replace(outlook, room=room - 1), attempts=3)
    assert kept.at == NOW + AGAIN_US and "kept for the closes" in kept.reason


def test_a_sport_with_more_to_show_is_polled_sooner() -> None:
    lively, calm = replace(EVENING, rate=4.0), replace(EVENING, sport_key="calm", rate=0.5)
    dear = replace(EVENING, sport_key="dear", price=price_of(9, ()))
    followed = replace(EVENING, sport_key="followed", games=[Coming(game.start, 5.0) for game in EVENINGS])
    outlook = ahead(8_000, EVENING, lively, calm, dear, followed)
    at = {one.sport_key: plan(one, outlook).at for one in (calm, dear, followed)}
    assert plan(lively, outlook).at < plan(EVENING, outlook).at < at["calm"]
    assert at["followed"] < plan(EVENING, outlook).at < at["dear"]


@pytest.mark.parametrize("room", [-5, 0, 8])
def test_what_is_kept_in_reserve_is_not_spent(room: int) -> None:
    first = min(game.start for game in EVENINGS if game.start > NOW)
    for now in (NOW, first - MINUTE):
        later = plan(replace(EVENING, polled_at=now), replace(ahead(9), room=room), now, attempts=3)
        assert later.at >= now + AGAIN_US and "credits may still be used" in later.reason


def test_a_sport_without_games_is_looked_at_once_a_day_while_that_is_paid_for() -> None:
    idle = Sport("idle", price_of(3, ()), (), NOW, NOW)
    busy = replace(EVENING, games=[Coming(game.start, 50.0) for game in EVENINGS])
    assert plan(idle, ahead(2_000, busy, idle)).at == NOW + DAY
    assert ahead(2_000, busy, idle).unseen_h == 24
    # With little left more rarely, and then not at all.
    assert 24 < ahead(300, busy, idle).unseen_h < math.inf
    assert ahead(256, busy, idle).unseen_h == math.inf
    assert plan(idle, ahead(256, busy, idle)).at == MONTH.end


def test_near_a_renewal_what_is_left_is_used() -> None:
    late = MONTH.end - DAY
    sport = replace(EVENING, games=[Coming(late + 20 * HOUR)], polled_at=late, answered_at=late)
    assert look_ahead([sport], late, MONTH, 1_500, fastest_s=60).price == 0.0


def test_a_feed_that_never_answered_is_asked_at_its_cadence() -> None:
    new = Sport("new", price_of(3, ()))
    assert plan(new, ahead(500, new)).is_due(NOW)
