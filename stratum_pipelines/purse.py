"""The purse: credits of one provider's key, held before a request leaves and settled when its answer is there.

Whoever asks for something that costs credits holds them here first, in whatever process; without a hold nothing is asked.
"""

import datetime as dt
import math

from stratum_pipelines.budget.credits import Allowance, affordable, month_of
from stratum_pipelines.fetch import Reached
from stratum_pipelines.providers.reading import Answer
from warehouse.database.credits import Balance, Count, Credits, Hold
from warehouse.database.engine import Database
from warehouse.database.types import micros, moment


class Purse:
    """What may be spent of one key. Moments are UTC microseconds.

    `attempts` is how often a request is sent at most; each of them may be charged, so all of them are held.
    """

    def __init__(self, database: Database, provider: str, allowance: Allowance, attempts: int = 1) -> None:
        self.provider = provider
        self.allowance = allowance
        self.attempts = attempts
        self.credits = Credits(database)

    def balance(self) -> Balance | None:
        """What is known of the credits; None before the first count."""
        return self.credits.balance(self.provider)

    def age(self, now: int) -> float:
        """How long ago the credits were counted, in microseconds; without end before the first count."""
        balance = self.balance()
        return now - micros(balance.answered_at) if balance else math.inf

    def room(self) -> int | None:
        """The credits that may still be used, beside what is held; None where nothing bounds them, 0 before a first count."""
        balance, held = self.credits.standing(self.provider)
        if balance is None:
            return 0
        bounds = []
        if balance.remaining is not None:
            bounds.append(balance.remaining - self.allowance.reserve)
        if self.allowance.per_month is not None:
            bounds.append(self.allowance.per_month - balance.spent)
        return min(bounds) - held if bounds else None

    def affordable(self, cost: int, *, kept: int = 0) -> int:
        """How many requests at this cost may follow one another now; `kept` credits are left for something else.

        -1 where nothing bounds them: they are free, or the provider counts nothing. 0 before the first count.
        """
        room = self.room()
        if cost <= 0 or room is None:
            return -1
        return affordable(room, reserve=0, cost=cost, attempts=self.attempts, kept=kept)

    def hold(self, cost: int, purpose: str, now: int, *, kept: int = 0) -> Hold | None:
        """Hold what a request costs at worst, so that the reserve, and `kept` credits above it, stay whatever happens.

        None when that cannot be said: then the request must not be sent.
        """
        return self.credits.hold(
            self.provider,
            cost * self.attempts,
            leaving=self.allowance.reserve + kept,
            at_most=None if self.allowance.per_month is None else self.allowance.per_month - kept,
            purpose=purpose,
            now=moment(now),
        )

    def settle(self, hold: Hold, answer: Answer, cost: int) -> Balance:
        """Let go of what was held for a request that was answered.

        An answer that does not say what it was charged is taken to be charged `cost`. A hold whose request got no answer is
        simply kept: the next count asked for two minutes later or more lets go of it.
        """
        charged = answer.credits_last if answer.credits_last is not None else _presumed(answer, cost)
        asked_at = answer.received_at if answer.requested_at is None else answer.requested_at
        count = Count(
            moment(asked_at), moment(answer.received_at), answer.credits_remaining, answer.credits_used, charged
        )
        return self.credits.learn(self.provider, count, self._month_start(asked_at), settles=hold)

    def take_in(self, reached: Reached) -> Balance:
        """Take in the count of a request that costs nothing."""
        count = Count(
            moment(reached.requested_at),
            moment(reached.received_at),
            reached.credits_remaining,
            reached.credits_used,
            0,
        )
        return self.credits.learn(self.provider, count, self._month_start(reached.requested_at))

    def _month_start(self, now: int) -> dt.datetime:
        return moment(month_of(now, self.allowance.reset_day).start)


def _presumed(answer: Answer, cost: int) -> int:
    """What an answer without a word on its charge is taken to have cost: refusals are not charged."""
    return cost if answer.status_code == 200 else 0
