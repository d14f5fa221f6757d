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
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Protocol

from stratum_pipelines.budget.credits import USUAL, Allowance, price_of
from stratum_pipelines.budget.information import Coming, Volatility, mean_slowness, weight_of
from stratum_pipelines.budget.outlook import Sport
from stratum_pipelines.cadence import HOUR_S, SECOND, Plan
from stratum_pipelines.fetch import Reached
from stratum_pipelines.live import Cycle, Desk, Market, run_cycle
from stratum_pipelines.platform import Platform
from stratum_pipelines.polling_pause import LEASE
from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.purse import Purse
from stratum_pipelines.raw import day_of
from stratum_pipelines.spending import Spending
from warehouse.database import BookStates, PolledSport
from warehouse.database.leases import Leases
from warehouse.errors import DatabaseError
from warehouse.settings import hide_secrets

# Held for the length of a tick, and longer than the longest: a poller at work is never taken for dead.
LEASE_S = 120.0
# A tick has 60 seconds, and one request with all its attempts may take 52: no further sport is asked after this many.
BUDGET_S = 4.0
# What can be worked out ahead waits for another tick after this many: the next poll may be due.
AHEAD_S = 0.5
# Clocks are kept in step by small corrections back, and set right by larger ones.
JITTER_US = 1_000_000
AHEAD_US = 3600 * 1_000_000
# Games that started this long ago still tell what the schedule of a sport is like.
SCHEDULE_US = 7 * 24 * 3600 * 1_000_000

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
    last_answer_at: dict[str, int] = field(default_factory=dict)
    # What each sport's newest requests were charged, and how often its quotes change (changes, exposure, as of).
    charged: dict[str, list[int]] = field(default_factory=dict)
    volatility: dict[str, tuple[float, float, int]] = field(default_factory=dict)


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
        followed: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        """`fastest_s` is the pace close to a start; `now` tells UTC microseconds; `allowance` bounds what may be spent.

        `followed` gives sports, games and teams that are followed more weight (`budget.information.weight_of`).
        """
        self.platform = platform
        self.source = source
        self.fastest_s = fastest_s
        self.now = now
        self.leases = Leases(platform.database)
        self.followed = followed
        self.spending = Spending(
            Purse(platform.database, source.provider, allowance, source.attempts), source.count, fastest_s
        )
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.token: int | None = None
        self.market = self.open_market()

    def tick(self, progress: Progress) -> Tick:
        """Poll the sports that are due, the longest overdue first; `progress` is moved on as it goes."""
        tick = Tick()
        self._poll_due(progress, tick)
        self._fit_ahead(tick)
        return tick

    def _poll_due(self, progress: Progress, tick: Tick) -> None:
        started = time.monotonic()
        tick.plans = self.plans(progress)
        due = sorted((plan.at, sport_key) for sport_key, plan in tick.plans.items() if plan.is_due(self.now()))
        if not due:
            return
        if not self._hold():
            tick.is_held_elsewhere = True
            return
        try:
            for _, sport_key in due:
                if time.monotonic() - started > BUDGET_S:
                    break
                self._attempt(sport_key, progress, tick)
                tick.plans = self.plans(progress)
                self._note_polled(sport_key, progress, tick)
        finally:
            self._release()

    def _fit_ahead(self, tick: Tick) -> None:
        """Fit the regimes of a sport that is polled next on a day it has none for: once nothing else is to be done."""
        started, now = time.monotonic(), self.now()
        for sport_key, plan in tick.plans.items():
            if time.monotonic() - started > AHEAD_S:
                break
            try:
                self.market.fit_ahead(sport_key, max(plan.at, now))
            except Exception as error:
                logger.exception("The regimes of %s could not be fitted ahead.", sport_key)
                tick.troubles.append(f"{sport_key}: regimes could not be fitted ahead: {hide_secrets(str(error))}")

    def open_market(self) -> Market:
        """The live state of every sport, nothing opened yet."""
        return Market(self.platform)

    def run(self, answer: Answer) -> Cycle:
        """Take one answer in."""
        return run_cycle(self.market, answer)

    def plans(self, progress: Progress) -> dict[str, Plan]:
        """When each sport is to be polled next, and why."""
        now = self.now()
        sports = [self.sport(sport_key, progress) for sport_key in self.source.sports]
        self.spending.look_ahead(sports, now)
        return {sport.sport_key: self.spending.plan(sport, now) for sport in sports}

    def sport(self, sport_key: str, progress: Progress) -> Sport:
        """A sport as the budget sees it."""
        now = self.now()
        desk = self.market.desks.get(sport_key)
        last, answered = progress.last_poll_at.get(sport_key), progress.last_answer_at.get(sport_key)
        # A clock that ran ahead and was set right must not keep us waiting for its time to come.
        last, answered = (None if at is not None and at > now + JITTER_US else at for at in (last, answered))
        return Sport(
            sport_key,
            price_of(self.source.price(sport_key), progress.charged.get(sport_key, ())),
            # A board that is not known yet is taken to be close to a start.
            [Coming(now + 1)] if desk is None else self._games(sport_key, desk, now),
            last,
            answered,
            progress.n_failed.get(sport_key, 0),
            Volatility(*progress.volatility.get(sport_key, ())).rate,
        )

    def _games(self, sport_key: str, desk: Desk, now: int) -> list[Coming]:
        """The games to come, and those of the last week, for they tell what the schedule is like."""
        return [
            Coming(game.commence_at, weight_of([sport_key, game.event_id, *game.names], self.followed))
            for game in desk.board.registry.games
            if (game.is_listed if game.commence_at > now else game.commence_at > now - SCHEDULE_US)
        ]

    def _hold(self) -> bool:
        """Whether the lease is ours now. Boards that were kept while another process held it are thrown away."""
        token = self.leases.acquire(LEASE, self.holder, LEASE_S, self._moment())
        if token is None:
            return False
        # Tokens count: the one after ours says that nobody held the lease in between.
        if self.token is None or token != self.token + 1:
            self.market = self.open_market()
        self.token = token
        return True

    def _release(self) -> None:
        """Give the lease up between ticks, so that whoever recomputes an open day can have it."""
        if self.token is not None:
            self.leases.release(LEASE, self.holder, self.token, self._moment())

    def _attempt(self, sport_key: str, progress: Progress, tick: Tick) -> None:
        """Poll one sport; what goes wrong with it is said, and costs the others nothing."""
        polled_at = progress.last_poll_at.get(sport_key)
        # Noted before the work: a sport that breaks is tried again at its own pace, not at every tick.
        progress.last_poll_at[sport_key] = self.now()
        try:
            self._set_right(sport_key)
            is_open = sport_key in self.market.desks
            tick.cycles += self.market.open_desk(sport_key, day_of(self.now()))
            if not is_open and sport_key in self.market.desks and self.source.price(sport_key):
                # No credits are spent on what the board can say.
                self._recall(sport_key, polled_at, progress)
                if not self.plans(progress)[sport_key].is_due(self.now()):
                    return
                progress.last_poll_at[sport_key] = self.now()
            self._poll(sport_key, progress, tick)
        except Exception as error:
            # A cycle that stopped half-way has dropped its board: the next one starts from raw answers and completes it.
            logger.exception("Polling %s broke off.", sport_key)
            progress.n_failed[sport_key] = progress.n_failed.get(sport_key, 0) + 1
            tick.troubles.append(
                f"{sport_key}: polling broke off with {type(error).__name__}: {hide_secrets(str(error))}"
            )

    def _recall(self, sport_key: str, polled_at: int | None, progress: Progress) -> None:
        """Take from a board that was opened just now when its sport was polled; `polled_at` is what was known of it."""
        answered_at = self.market.desks[sport_key].board.received_at or None
        if answered_at is not None:
            progress.last_answer_at.setdefault(sport_key, answered_at)
        progress.last_poll_at.pop(sport_key)
        known = answered_at if polled_at is None else polled_at
        if known is not None:
            progress.last_poll_at[sport_key] = known

    def _note_polled(self, sport_key: str, progress: Progress, tick: Tick) -> None:
        """Write down when the sport is due again: whether a book is late or nobody has looked is judged by it."""
        asked_at, due_at = (
            dt.datetime.fromtimestamp(at / SECOND, dt.UTC)
            for at in (progress.last_poll_at.get(sport_key, self.now()), tick.plans[sport_key].at)
        )
        polled = PolledSport(sport_key, asked_at, due_at, progress.n_failed.get(sport_key, 0))
        try:
            BookStates(self.platform.database).note_polled(polled)
        except DatabaseError as error:
            tick.troubles.append(f"{sport_key}: how it is polled could not be noted: {error}")

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
        sport = self.sport(sport_key, progress)
        if not sport.price.at_most:
            self._take_in(sport, self.source.ask(sport_key), progress, tick)
            return
        hold, troubles = self.spending.hold(sport, self.now())
        tick.troubles += troubles
        if hold is None:
            return
        answers = self.source.ask(sport_key)
        try:
            self._take_in(sport, answers, progress, tick)
        finally:
            self.spending.settle(hold, answers, sport.price.expected)

    def _take_in(self, sport: Sport, answers: list[Answer], progress: Progress, tick: Tick) -> None:
        sport_key = sport.sport_key
        failed = not answers
        for answer in answers:
            cycle = self.run(self._in_order(answer))
            tick.cycles.append(cycle)
            if answer.credits_last is not None:
                charged = sport.price.after(answer.credits_last).charged
                progress.charged[sport_key] = list(charged)
            if answer.status_code == 200:
                self._learn(sport, cycle, progress)
            else:
                failed = True
                tick.troubles.append(f"{sport_key}: the feed answered with status {answer.status_code}.")
        if not answers:
            tick.troubles.append(f"{sport_key}: the feed could not be reached.")
        progress.n_failed[sport_key] = progress.n_failed.get(sport_key, 0) + 1 if failed else 0

    def _learn(self, sport: Sport, cycle: Cycle, progress: Progress) -> None:
        """Learn from an answer how often quotes of its sport change."""
        now = self.now()
        if sport.answered_at is not None and cycle.n_quotes:
            known = Volatility(*progress.volatility.get(sport.sport_key, ()))
            hours = (now - sport.answered_at) / SECOND / HOUR_S
            slow = mean_slowness(sport.games, sport.answered_at)
            after = known.after(cycle.n_changed / cycle.n_quotes, hours, slow, now)
            progress.volatility[sport.sport_key] = (after.changes, after.exposure, after.at)
        progress.last_answer_at[sport.sport_key] = now

    def _moment(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.now() / 1e6, dt.UTC)
