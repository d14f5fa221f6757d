"""Polling, tick by tick: which sports are due, one live cycle for every answer, and never two pollers at once.

A tick is short and may come as often as it likes; when there is nothing to do it does nothing. What must outlive the
process is in `Progress`; the boards are in memory and come back from raw answers.
"""

import datetime as dt
import logging
import os
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from stratum_pipelines.budget.credits import USUAL, Allowance
from stratum_pipelines.cadence import Plan, Situation, next_poll
from stratum_pipelines.fetch import FetchFailed, Reached
from stratum_pipelines.live import Cycle, Market, run_cycle
from stratum_pipelines.platform import Platform
from stratum_pipelines.polling_pause import LEASE
from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.purse import Purse
from stratum_pipelines.raw import day_of
from warehouse.database.credits import Hold
from warehouse.database.leases import Leases
from warehouse.settings import hide_secrets

# Held for the length of a tick, and longer than the longest: a poller at work is never taken for dead.
LEASE_S = 120.0
# A tick has 60 seconds, and one request with all its attempts may take 52: no further sport is asked after this many.
BUDGET_S = 4.0
# Clocks are kept in step by small corrections back, and set right by larger ones.
JITTER_US = 1_000_000
AHEAD_US = 3600 * 1_000_000
# With room for fewer requests than this, or a count older than this, the credits left are counted, which costs none,
# before the next request leaves: somebody else may have used the same key.
CLOSE_CALL = 5
COUNT_AGAIN_US = 3600 * 1_000_000

logger = logging.getLogger(__name__)


class Source(Protocol):
    """Where answers come from: a feed over HTTP, or the simulated market."""

    @property
    def provider(self) -> str:
        """Who answers: the name of a provider file."""

    @property
    def attempts(self) -> int:
        """How often a request is sent at most before it counts as failed; each of them may be charged."""

    @property
    def sports(self) -> tuple[str, ...]:
        """The sports to poll."""

    def price(self, sport_key: str) -> int:
        """Credits that asking for a sport is charged; 0 when it is free."""

    def count(self) -> Reached:
        """The credits left, asked for with something that costs none. Raises FetchFailed."""

    def ask(self, sport_key: str) -> list[Answer]:
        """What the feed answers now, failures as answers too; nothing when it could not be reached at all."""


@dataclass
class Progress:
    """How far polling has come. Times are UTC microseconds, per sport_key."""

    last_poll_at: dict[str, int] = field(default_factory=dict)
    n_failed: dict[str, int] = field(default_factory=dict)
    credits_remaining: int | None = None


@dataclass
class Tick:
    """What one tick did: the cycles it ran, the plan of every sport, and what went wrong, in sentences."""

    cycles: list[Cycle] = field(default_factory=list)
    plans: dict[str, Plan] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    is_held_elsewhere: bool = False


class Poller:
    """Polls one source onto one platform, each tick under the lease."""

    def __init__(
        self,
        platform: Platform,
        source: Source,
        fastest_s: float,
        now: Callable[[], int] = lambda: time.time_ns() // 1000,
        allowance: Allowance = USUAL,
    ) -> None:
        """`fastest_s` is the pace close to a start; `now` tells UTC microseconds; `allowance` bounds what may be spent."""
        self.platform = platform
        self.source = source
        self.fastest_s = fastest_s
        self.now = now
        self.leases = Leases(platform.database)
        self.purse = Purse(platform.database, source.provider, allowance, source.attempts)
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.token: int | None = None
        self.market = Market(platform)

    def tick(self, progress: Progress) -> Tick:
        """Poll the sports that are due, the longest overdue first; `progress` is moved on as it goes."""
        tick = Tick()
        started = time.monotonic()
        tick.plans = {sport_key: self.plan(sport_key, progress) for sport_key in self.source.sports}
        due = sorted((plan.at, sport_key) for sport_key, plan in tick.plans.items() if plan.is_due(self.now()))
        if not due:
            return tick
        if not self._hold():
            tick.is_held_elsewhere = True
            return tick
        try:
            for _, sport_key in due:
                if time.monotonic() - started > BUDGET_S:
                    break
                self._attempt(sport_key, progress, tick)
                tick.plans[sport_key] = self.plan(sport_key, progress)
        finally:
            self._release()
        return tick

    def plan(self, sport_key: str, progress: Progress) -> Plan:
        """When a sport is to be polled next, and why."""
        now = self.now()
        last = progress.last_poll_at.get(sport_key)
        situation = Situation(
            now=now,
            # A clock that ran ahead and was set right must not keep us waiting for its time to come.
            last_poll_at=None if last is not None and last > now + JITTER_US else last,
            next_start_at=self._next_start(sport_key),
            credits_remaining=progress.credits_remaining,
            cost=sum(self.source.price(one) for one in self.source.sports),
            n_failed=progress.n_failed.get(sport_key, 0),
        )
        return next_poll(situation, self.fastest_s)

    def _hold(self) -> bool:
        """Whether the lease is ours now. Boards that were kept while another process held it are thrown away."""
        token = self.leases.acquire(LEASE, self.holder, LEASE_S, self._moment())
        if token is None:
            return False
        # Tokens count: the one after ours says that nobody held the lease in between.
        if self.token is None or token != self.token + 1:
            self.market = Market(self.platform)
        self.token = token
        return True

    def _release(self) -> None:
        """Give the lease up between ticks, so that whoever recomputes an open day can have it."""
        if self.token is not None:
            self.leases.release(LEASE, self.holder, self.token, self._moment())

    def _attempt(self, sport_key: str, progress: Progress, tick: Tick) -> None:
        """Poll one sport; what goes wrong with it is said, and costs the others nothing."""
        # Noted before the work: a sport that breaks is tried again at its own pace, not at every tick.
        progress.last_poll_at[sport_key] = self.now()
        try:
            self._set_right(sport_key)
            tick.cycles += self.market.open_desk(sport_key, day_of(self.now()))
            self._poll(sport_key, progress, tick)
        except Exception as error:
            # A cycle that stopped half-way has dropped its board: the next one starts from raw answers and completes it.
            logger.exception("Polling %s broke off.", sport_key)
            progress.n_failed[sport_key] = progress.n_failed.get(sport_key, 0) + 1
            tick.troubles.append(
                f"{sport_key}: polling broke off with {type(error).__name__}: {hide_secrets(str(error))}"
            )

    def _set_right(self, sport_key: str) -> None:
        """Drop a board from the future: the clock ran ahead and was set back, and every answer would come too late for it."""
        desk = self.market.desks.get(sport_key)
        if desk and desk.board.received_at > self.now() + AHEAD_US:
            del self.market.desks[sport_key]

    def _in_order(self, answer: Answer) -> Answer:
        """The answer, received later than the last one of its sport: clocks are set back by fractions of a second."""
        desk = self.market.desks.get(answer.sport_key)
        last = desk.board.received_at if desk else 0
        is_moved = last - JITTER_US < answer.received_at <= last
        return replace(answer, received_at=last + 1) if is_moved else answer

    def _poll(self, sport_key: str, progress: Progress, tick: Tick) -> None:
        price = self.source.price(sport_key)
        hold = self._hold_credits(sport_key, price, progress, tick) if price else None
        if price and hold is None:
            return
        answers = self.source.ask(sport_key)
        try:
            self._take_in(sport_key, answers, progress, tick)
        finally:
            # Without an answer nobody knows yet what was charged, and what is held stays held.
            if hold:
                for answer in answers:
                    self.purse.settle(hold, answer, price)

    def _hold_credits(self, sport_key: str, price: int, progress: Progress, tick: Tick) -> Hold | None:
        """Hold what polling a sport may be charged; None when that might touch the reserve."""
        if 0 <= self.purse.affordable(price) < CLOSE_CALL or self.purse.age(self.now()) > COUNT_AGAIN_US:
            try:
                reached = self.source.count()
            except FetchFailed as error:
                tick.troubles.append(f"{sport_key}: the credits left could not be counted. {error}")
            else:
                self._note_count(sport_key, reached, progress, tick)
        hold = self.purse.hold(price, f"odds of {sport_key}", self.now())
        if hold is None:
            left = "No count of the credits is known" if self.purse.balance() is None else "The reserve is reached"
            tick.troubles.append(
                f"{sport_key}: {left}, so it was not polled (at worst {price * self.source.attempts})."
            )
        return hold

    def _note_count(self, sport_key: str, reached: Reached, progress: Progress, tick: Tick) -> None:
        if reached.status_code == 200:
            self.purse.take_in(reached)
            progress.credits_remaining = reached.credits_remaining
        else:
            tick.troubles.append(f"{sport_key}: the feed answered with status {reached.status_code}.")

    def _take_in(self, sport_key: str, answers: list[Answer], progress: Progress, tick: Tick) -> None:
        failed = not answers
        for answer in answers:
            tick.cycles.append(run_cycle(self.market, self._in_order(answer)))
            if answer.credits_remaining is not None:
                progress.credits_remaining = answer.credits_remaining
            if answer.status_code != 200:
                failed = True
                tick.troubles.append(f"{sport_key}: the feed answered with status {answer.status_code}.")
        if not answers:
            tick.troubles.append(f"{sport_key}: the feed could not be reached.")
        progress.n_failed[sport_key] = progress.n_failed.get(sport_key, 0) + 1 if failed else 0

    def _next_start(self, sport_key: str) -> int | None:
        """The next start of a listed game; games under way do not hurry us. Unknown boards are taken to be close to one."""
        desk = self.market.desks.get(sport_key)
        now = self.now()
        if desk is None:
            return now
        return min(
            (g.commence_at for g in desk.board.registry.games if g.is_listed and g.commence_at > now), default=None
        )

    def _moment(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.now() / 1e6, dt.UTC)
