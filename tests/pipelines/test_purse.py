"""The purse: what is held before a request leaves, and what is learned from its answer."""

from dataclasses import replace

import pytest

from stratum_pipelines.budget.credits import SECOND, Allowance
from stratum_pipelines.fetch import FetchFailed, Reached
from stratum_pipelines.platform import Platform
from stratum_pipelines.poller import Poller, Progress
from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.purse import Purse
from tests.build import EPL, NFL, NOON, answer

MINUTE = 60 * SECOND


@pytest.fixture
def purse(platform: Platform) -> Purse:
    return Purse(platform.database, "feed", Allowance(reserve=25), attempts=3)


def reached(at: int, remaining: int | None, used: int | None = None) -> Reached:
    return Reached(200, at, at + SECOND, remaining, used)


def test_nothing_can_be_afforded_before_the_first_count(purse: Purse) -> None:
    assert purse.affordable(3) == 0 and purse.hold(3, "odds", NOON) is None
    assert purse.affordable(0) == -1


def test_every_attempt_of_a_request_is_held(purse: Purse) -> None:
    purse.take_in(reached(NOON, 34))
    assert purse.affordable(3) == 1
    hold = purse.hold(3, "odds", NOON)
    assert hold and hold.credits == 9
    assert purse.affordable(3) == 0 and purse.hold(3, "odds", NOON) is None
    settled = purse.settle(hold, answer(NOON + MINUTE, [], credits_remaining=31, credits_used=469, credits_last=3), 3)
    assert (settled.remaining, settled.spent) == (31, 3)
    # 31 - 9 would leave less than 25.
    assert purse.affordable(3) == 0


def test_what_is_kept_for_something_else_cannot_be_had(purse: Purse) -> None:
    purse.take_in(reached(NOON, 60))
    assert purse.affordable(3, kept=26) == 1 and purse.affordable(3, kept=27) == 0
    assert purse.hold(3, "odds", NOON, kept=27) is None and purse.hold(3, "odds", NOON, kept=26)


def test_a_month_of_our_own_is_not_exceeded_whatever_the_provider_has_left(platform: Platform) -> None:
    purse = Purse(platform.database, "feed", Allowance(reserve=25, per_month=10), attempts=1)
    purse.take_in(reached(NOON, 5_000))
    for at in (1, 2, 3):
        assert purse.affordable(3) == 4 - at
        hold = purse.hold(3, "odds", NOON + at * MINUTE)
        assert hold
        purse.settle(hold, answer(NOON + at * MINUTE, [], credits_remaining=5_000 - 3 * at), 3)
    assert purse.affordable(3) == 0 and purse.hold(3, "odds", NOON + 4 * MINUTE) is None


def test_a_provider_that_counts_nothing_bounds_nothing(purse: Purse) -> None:
    purse.take_in(reached(NOON, None))
    assert purse.affordable(3) == -1
    hold = purse.hold(3, "odds", NOON)
    assert hold
    told = answer(NOON + MINUTE, [])
    assert purse.settle(hold, told, 3).spent == 3
    assert purse.settle(hold, replace(told, status_code=429), 3).spent == 3, "refusals are not charged"


def test_two_processes_share_one_purse(platform: Platform, purse: Purse) -> None:
    purse.take_in(reached(NOON, 43))
    other = Purse(platform.database, "feed", Allowance(reserve=25), attempts=3)
    assert purse.hold(3, "odds", NOON) and other.hold(3, "missed closes", NOON) and purse.hold(3, "odds", NOON) is None


class Feed:
    """A feed that charges, and counts as its headers say."""

    provider = "the_odds_api"
    sports = (NFL, EPL)
    attempts = 3

    def __init__(self, remaining: int | None, *, reachable: bool = True) -> None:
        self.remaining = remaining
        self.reachable = reachable
        self.asked = 0
        self.counted = 0

    def price(self, sport_key: str) -> int:
        return 3

    def count(self) -> Reached:
        self.counted += 1
        if not self.reachable:
            raise FetchFailed("no route")
        return reached(NOON - MINUTE, self.remaining)

    def ask(self, sport_key: str) -> list[Answer]:
        self.asked += 1
        assert self.remaining is not None
        self.remaining -= 3
        told = {"credits_remaining": self.remaining, "credits_last": 3}
        return [answer(NOON + self.asked, [], sport=sport_key, **told)]


def test_several_sports_of_one_tick_stop_before_the_reserve(platform: Platform) -> None:
    feed = Feed(25 + 9 + 2)
    poller = Poller(platform, feed, 60.0, now=lambda: NOON, allowance=Allowance(25))
    tick = poller.tick(Progress())
    assert feed.asked == 1 and len(tick.cycles) == 1
    assert "the reserve is reached" in tick.troubles[0]
    assert poller.spending.purse.credits.held(feed.provider) == 0


def test_a_feed_whose_credits_were_never_counted_is_counted_first_and_else_not_asked(platform: Platform) -> None:
    feed = Feed(10_000, reachable=False)
    tick = Poller(platform, feed, 60.0, now=lambda: NOON).tick(Progress())
    assert feed.asked == 0 and feed.counted == 2
    assert "could not be counted" in tick.troubles[0] and "no count of its credits is known" in tick.troubles[1]
    feed.reachable = True
    assert len(Poller(platform, feed, 60.0, now=lambda: NOON).tick(Progress()).cycles) == 2
    # With plenty left the answers themselves count, and nothing more is asked for.
    assert feed.counted == 3


def test_an_old_count_is_not_trusted(platform: Platform) -> None:
    feed = Feed(30)
    poller = Poller(platform, feed, 60.0, now=lambda: NOON)
    poller.spending.purse.take_in(reached(NOON - 61 * MINUTE, 10_000))
    poller.tick(Progress())
    assert feed.asked == 0


def test_a_poll_without_an_answer_leaves_its_hold(platform: Platform) -> None:
    feed = Feed(10_000)
    feed.ask = lambda sport_key: []  # type: ignore[method-assign]
    poller = Poller(platform, feed, 60.0, now=lambda: NOON)
    poller.tick(Progress())
    assert poller.spending.purse.credits.held(feed.provider) == 18
