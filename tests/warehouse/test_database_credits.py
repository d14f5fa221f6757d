"""The credits of a key in the database, on both engines: never the same credit twice, and nothing believed that is older."""

import datetime as dt
import threading

import pytest

from tests.warehouse.market_rows import NOON, SECOND
from warehouse.database import Credits, Database
from warehouse.database.credits import SETTLED_AFTER, Balance, Count, Hold

FEED = "feed"
MONTH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
MINUTE = 60 * SECOND


def count(
    asked_s: float, remaining: int | None, used: int | None, charged: int | None = 0, takes_s: float = 1
) -> Count:
    asked_at = NOON + asked_s * SECOND
    return Count(asked_at, asked_at + takes_s * SECOND, remaining, used, charged)


@pytest.fixture
def account(database: Database) -> Credits:
    return Credits(database)


def hold(account: Credits, n: int, leaving: int = 25, at_most: int | None = None, at_s: float = 0) -> Hold | None:
    return account.hold(FEED, n, leaving=leaving, at_most=at_most, purpose="odds", now=NOON + at_s * SECOND)


def learn(account: Credits, one: Count, settles: Hold | None = None, month: dt.datetime = MONTH) -> Balance:
    return account.learn(FEED, one, month, settles=settles)


def test_nothing_is_held_before_anything_was_counted(account: Credits) -> None:
    assert hold(account, 1) is None and account.balance(FEED) is None and account.held(FEED) == 0


def test_holds_add_up_to_the_last_credit_above_the_reserve_and_no_further(account: Credits) -> None:
    learn(account, count(0, 40, 460))
    first = hold(account, 9)
    assert first and hold(account, 7) is None and hold(account, 6)
    assert account.held(FEED) == 15
    account.settle(first)
    assert account.held(FEED) == 6 and hold(account, 9)


def test_holds_of_one_key_leave_others_alone(account: Credits) -> None:
    learn(account, count(0, 40, 460))
    account.learn("other", count(0, 30, 0), MONTH)
    assert hold(account, 15)
    assert account.hold("other", 5, leaving=25, at_most=None, purpose="odds", now=NOON)


def test_of_many_at_once_only_as_many_hold_as_there_are_credits(database: Database) -> None:
    learn(Credits(database), count(0, 55, 0))
    got: list[Hold | None] = []
    workers = [threading.Thread(target=lambda: got.append(hold(Credits(database), 3))) for _ in range(16)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(got) == 16 and sum(one is not None for one in got) == 10


def test_our_own_use_of_a_month_is_bounded_with_what_is_held(account: Credits) -> None:
    learn(account, count(0, 1000, 0, 8))
    assert hold(account, 12, at_most=20) and hold(account, 1, at_most=20) is None


def test_a_key_that_is_not_counted_is_bounded_by_what_we_counted_ourselves(account: Credits) -> None:
    learn(account, count(0, None, None, 3))
    one = hold(account, 3, at_most=7)
    assert one and hold(account, 3, at_most=7) is None
    assert learn(account, count(5, None, None, 3), one).spent == 6
    assert account.held(FEED) == 0 and hold(account, 3, at_most=7) is None
    # The calendar alone tells that credits were renewed.
    assert learn(account, count(9, None, None, 3), month=NOON + 8 * SECOND).spent == 3


def test_what_others_use_is_told_from_our_own(account: Credits) -> None:
    learn(account, count(0, 490, 10, 3))
    balance = learn(account, count(10, 480, 20, 3))
    assert (balance.remaining, balance.spent, balance.outside, balance.outside_squares) == (480, 6, 7, 49)
    balance = learn(account, count(20, 475, 25, 3))
    assert (balance.outside, balance.outside_squares, balance.since) == (9, 53, NOON)


def test_an_answer_that_was_under_way_at_the_same_time_never_gives_credits_back(account: Credits) -> None:
    learn(account, count(10, 94, 6, 3))
    late = learn(account, count(5, 97, 3, 3, takes_s=20))
    assert (late.remaining, late.used, late.spent) == (94, 6, 6)
    assert learn(account, count(9, 91, 9, 3, takes_s=20)).remaining == 91
    # It was asked for after everything known had arrived: it counts as it stands.
    assert learn(account, count(60, 92, 8, 0)).remaining == 92


def test_credits_that_were_renewed_are_counted_from_the_start(account: Credits) -> None:
    learn(account, count(0, 30, 470, 3))
    learn(account, count(10, 20, 480, 3))
    balance = learn(account, count(20, 496, 4, 3))
    assert (balance.remaining, balance.spent, balance.outside, balance.since) == (496, 3, 0, NOON + 20 * SECOND)


def test_credits_that_were_bought_are_there_and_the_month_goes_on(account: Credits) -> None:
    learn(account, count(0, 30, 470, 3))
    balance = learn(account, count(20, 20_027, 473, 3))
    assert (balance.remaining, balance.spent, balance.since) == (20_027, 6, NOON)


def test_a_hold_left_behind_goes_when_a_later_count_holds_its_charge_and_not_before(account: Credits) -> None:
    learn(account, count(0, 60, 0))
    assert hold(account, 9, at_s=10)
    too_early = SETTLED_AFTER / SECOND
    learn(account, count(too_early, 60, 0))
    assert account.held(FEED) == 9
    learn(account, count(too_early + 11, None, None))
    assert account.held(FEED) == 9, "an answer that counts nothing proves nothing"
    learn(account, count(too_early + 12, 51, 9))
    assert account.held(FEED) == 0


def test_an_answer_that_counts_nothing_keeps_its_hold(account: Credits) -> None:
    learn(account, count(0, 60, 0))
    one = hold(account, 9)
    learn(account, count(1, None, None), one)
    assert account.held(FEED) == 9
    learn(account, count(2, 57, 3, 3), one)
    assert account.held(FEED) == 0


def test_a_clock_that_ran_ahead_and_was_set_right_does_not_freeze_the_count(account: Credits) -> None:
    learn(account, count(400 * 86400, 100, 400))
    assert learn(account, count(0, 500, 0)).remaining == 500
