"""Spending: which sport the next credits go to, and that they are there when its request leaves.

Holds the plan for the rest of the month beside the purse it is paid from. Moments are UTC microseconds.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from stratum_pipelines.budget.credits import month_of
from stratum_pipelines.budget.forecast import Forecast, Others, Wish, forecast, last_request, others_until
from stratum_pipelines.budget.outlook import Outlook, Sport, is_for_a_close, look_ahead, plan_poll
from stratum_pipelines.cadence import SECOND, Plan, Situation, next_poll
from stratum_pipelines.fetch import FetchFailed, Reached
from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.purse import Purse
from warehouse.database.credits import Balance, Hold
from warehouse.database.types import micros

# With room for fewer requests than this, or a count older than this, the credits left are counted, which costs none,
# before the next request leaves: somebody else may have used the same key.
CLOSE_CALL = 5
COUNT_AGAIN_US = 3600 * SECOND
# The plan for the month is made anew after this long, and at once when other games are known or credits came or went.
PLAN_AGAIN_US = 900 * SECOND
SUDDEN = 0.02


class Spending:
    """Decides what polling spends, sport by sport, and pays for it."""

    def __init__(self, purse: Purse, count: Callable[[], Reached], fastest_s: float) -> None:
        """`count` asks for the credits left with something that costs none, and raises FetchFailed."""
        self.purse = purse
        self.fastest_s = fastest_s
        self.outlook: Outlook | None = None
        self._count = count
        self._known: tuple[object, ...] = ()

    def room(self) -> int | None:
        """The credits that may still be used; None where nothing bounds them."""
        return self.purse.room()

    def look_ahead(self, sports: Sequence[Sport], now: int) -> Outlook | None:
        """The plan for the rest of the month; None where nothing bounds what is spent, or nothing costs anything."""
        room = self.room()
        priced = [one for one in sports if one.price.at_most]
        if room is None or not priced:
            self.outlook = None
            return None
        month = month_of(now, self.purse.allowance.reset_day)
        known = (month, *((one.sport_key, tuple(game.start for game in one.games)) for one in priced))
        held = self.outlook
        if (
            held is None
            or known != self._known
            or not held.at <= now < held.at + PLAN_AGAIN_US
            or abs(room - held.room) > SUDDEN * held.room
        ):
            balance = self.purse.balance()
            outside = _others(balance, month.seconds_left(now)).expected if balance else 0.0
            held = look_ahead(priced, now, month, room, fastest_s=self.fastest_s, outside=outside)
            self._known = known
        self.outlook = replace(held, room=room)
        return self.outlook

    def plan(self, sport: Sport, now: int) -> Plan:
        """When a sport is polled next, and why, as of the last look ahead."""
        if self.outlook is None or not sport.price.at_most:
            start = sport.next_start(now)
            situation = Situation(now, sport.polled_at, start, sport.price.at_most, sport.n_failed)
            return next_poll(situation, self.fastest_s)
        return plan_poll(sport, self.outlook, now, fastest_s=self.fastest_s, attempts=self.purse.attempts)

    def hold(self, sport: Sport, now: int) -> tuple[Hold | None, list[str]]:
        """What a poll of the sport may be charged, held; None when that might touch what is kept, with the reason in words.

        A look leaves what is kept for the closes of games alone, a poll for a close leaves the reserve alone.
        """
        cost = sport.price.at_most
        troubles = []
        if 0 <= self.purse.affordable(cost) < CLOSE_CALL or self.purse.age(now) > COUNT_AGAIN_US:
            troubles = self._count_anew(sport.sport_key)
        kept = 0
        if self.outlook is not None and not is_for_a_close(sport, self.outlook, now):
            kept = math.ceil(self.outlook.closes)
        hold = self.purse.hold(cost, f"odds of {sport.sport_key}", now, kept=kept)
        if hold is None:
            reached = "what is left is kept for closes" if kept else "the reserve is reached"
            left = "no count of its credits is known" if self.purse.balance() is None else reached
            troubles.append(
                f"{sport.sport_key}: not polled, for {left} and it may be charged {cost * self.purse.attempts}."
            )
        return hold, troubles

    def settle(self, hold: Hold, answers: Sequence[Answer], cost: int) -> None:
        """Take in what the answers say of credits. Without one nobody knows yet what was charged: what is held stays held."""
        for answer in answers:
            self.purse.settle(hold, answer, cost)

    def forecast(self, now: int) -> Forecast | None:
        """What will be left when credits are renewed; None where nothing is counted or planned."""
        balance = self.purse.balance()
        if self.outlook is None or balance is None or balance.remaining is None:
            return None
        plan, left_s = self.outlook, month_of(now, self.purse.allowance.reset_day).seconds_left(now)
        last = last_request(plan.planned / max(plan.n_polls, 1.0), self.purse.attempts, plan.planned)
        others, after = (_others(balance, seconds) for seconds in (left_s, left_s * last.share))
        wish = Wish(plan.demand, plan.guessed)
        return forecast(balance.remaining, wish, last, others, after, self.purse.allowance.reserve)

    def _count_anew(self, sport_key: str) -> list[str]:
        """Ask for the credits left; gives what went wrong."""
        try:
            reached = self._count()
        except FetchFailed as error:
            return [f"{sport_key}: the credits left could not be counted. {error}"]
        if reached.status_code != 200:
            return [f"{sport_key}: the feed answered with status {reached.status_code}."]
        self.purse.take_in(reached)
        return []


def _others(balance: Balance, left_s: float) -> Others:
    """What others will use of the key in so many seconds, going by what they used since it was first counted."""
    watched_s = (micros(balance.answered_at) - micros(balance.since)) / SECOND
    return others_until(balance.outside, balance.outside_squares, watched_s, left_s)
