"""A month of polling on a simulated clock: what it catches for its credits, and that it never touches the reserve.

The poller, the purse and the database are the real ones; only the feed, its games and the board are made up here. Others
use the same key, retries are charged, the feed fails, the process is killed, and credits are renewed in the middle.

    python -m tests.polling_month
"""

import argparse
import datetime as dt
import logging
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from stratum_pipelines.board.games import KnownGame
from stratum_pipelines.board.state import Board
from stratum_pipelines.budget.credits import Allowance, month_of
from stratum_pipelines.budget.schedule import CAUGHT_US
from stratum_pipelines.cadence import HOUR_S, SECOND, Situation, pace_by_start
from stratum_pipelines.fetch import FetchFailed, Reached
from stratum_pipelines.live import Cycle, Desk
from stratum_pipelines.poller import Poller, Progress
from stratum_pipelines.providers.reading import Answer
from warehouse.database import Database

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
FEED = "the_odds_api"
QUOTES = 60


@dataclass(frozen=True)
class League:
    """A made-up league: the days of the week it plays on, its starts (hours UTC, with how many games), days listed ahead."""

    sport_key: str
    weekdays: tuple[int, ...]
    starts: tuple[tuple[float, int], ...]
    listed_days: int
    liveliness: float


LEAGUES = (
    League("americanfootball_nfl", (3, 6, 0), ((18.0, 5), (21.25, 3), (25.3, 1)), 9, 1.0),
    League("basketball_nba", (0, 1, 2, 3, 4, 5, 6), ((24.0, 2), (24.5, 2), (25.0, 2), (27.0, 1)), 2, 2.0),
    League("icehockey_nhl", (1, 3, 5), ((24.0, 4), (25.0, 2), (27.0, 2)), 3, 0.7),
    League("soccer_epl", (5, 6, 0), ((12.5, 1), (15.0, 5), (17.5, 1)), 7, 1.5),
)


@dataclass
class World:
    """Games and how their markets move: seeded, and the same whoever polls."""

    seed: int
    start: int
    days: int
    games: dict[str, list[tuple[str, int, int]]] = field(default_factory=dict)  # id, first known start, start
    wild: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        chance = np.random.default_rng(self.seed)
        self.wild = {int(day) for day in chance.choice(self.days, max(1, self.days // 8), replace=False)}
        for league in LEAGUES:
            self.games[league.sport_key] = found = []
            for day in range(-8, self.days + 12):
                midnight = self.start + day * DAY
                if dt.datetime.fromtimestamp(midnight / SECOND, dt.UTC).weekday() not in league.weekdays:
                    continue
                for hours, n in league.starts:
                    for i in range(n):
                        at = midnight + round(hours * HOUR)
                        # One game in twenty is moved after it was listed.
                        moved = int(chance.integers(-3, 4)) * 30 * MINUTE if chance.random() < 0.05 else 0
                        found.append((f"{league.sport_key}-{day}-{hours}-{i}", at, at + moved))

    def listed(self, league: League, now: int) -> list[tuple[str, int]]:
        """What the feed lists: games to come within its days, a moved one at its old start until a day before."""
        found = []
        for event_id, first, at in self.games[league.sport_key]:
            known = first if now < min(first, at) - DAY else at
            if now < known <= now + league.listed_days * DAY:
                found.append((event_id, known))
        return found

    def rate(self, league: League, now: int) -> float:
        """Changes a quote an hour for games about to start; four times as many on a wild day."""
        return league.liveliness * (4.0 if (now - self.start) // DAY in self.wild else 1.0)

    def closes(self, now: int) -> list[tuple[str, str, int]]:
        """Sport, game and start of every game that started since the beginning."""
        return [
            (league.sport_key, event_id, at)
            for league in LEAGUES
            for event_id, _, at in self.games[league.sport_key]
            if self.start < at <= now
        ]


@dataclass
class Key:
    """The provider's side of a key: what it has counted, and the lowest it ever was after a charge of ours."""

    per_month: int
    reset_day: int
    reserve: int
    now: int
    used: int = 0
    lowest: int = 10**9
    spent: int = 0

    @property
    def remaining(self) -> int:
        return self.per_month - self.used

    def pass_to(self, now: int) -> None:
        """Renew what is due."""
        if month_of(now, self.reset_day).start > month_of(self.now, self.reset_day).start:
            self.used = 0
        self.now = now

    def charge(self, n: int) -> None:
        """A charge of ours."""
        self.used += n
        self.spent += n
        if n:
            self.lowest = min(self.lowest, self.remaining)


@dataclass
class Feed:
    """The feed, over HTTP as it were: it fails at times, charges attempts that failed, and others use its key."""

    world: World
    key: Key
    chance: np.random.Generator
    now: int
    trouble: float = 0.03
    others_a_day: float = 1.0
    provider: str = FEED
    attempts: int = 3
    surcharge_from: int | None = None
    asked: list[tuple[int, str]] = field(default_factory=list)

    @property
    def sports(self) -> tuple[str, ...]:
        return tuple(league.sport_key for league in LEAGUES)

    def price(self, sport_key: str) -> int:
        return 3

    def pass_to(self, now: int) -> None:
        """Time goes by, and others ask as well."""
        n = self.chance.poisson(self.others_a_day * max(0, now - self.now) / DAY)
        self.key.pass_to(now)
        self.key.used = min(self.key.per_month, self.key.used + int(self.chance.integers(1, 6, n).sum()))
        self.now = now

    def count(self) -> Reached:
        if self.chance.random() < self.trouble:
            raise FetchFailed("no route")
        return Reached(200, self.now, self.now, self.key.remaining, self.key.used)

    def ask(self, sport_key: str) -> list[Answer]:
        """One request with its retries: each that fails may be charged; in the end an answer, or none."""
        # From a day on the provider charges double, and says so only in its answers.
        cost = 6 if self.surcharge_from is not None and self.now >= self.surcharge_from else 3
        for _ in range(self.attempts):
            if self.chance.random() >= self.trouble:
                break
            self.key.charge(cost if self.chance.random() < 0.5 else 0)
        else:
            return []
        league = next(one for one in LEAGUES if one.sport_key == sport_key)
        charged = cost if self.world.listed(league, self.now) else 0
        self.key.charge(charged)
        self.asked.append((self.now, sport_key))
        told: dict[str, Any] = {
            "requested_at": self.now,
            "credits_remaining": self.key.remaining,
            "credits_used": self.key.used,
            "credits_last": charged,
        }
        return [Answer(FEED, sport_key, "/odds", self.now, b"", "live", **told)]


class Boards:
    """Stands for the live market: it knows which games the last answer listed, and how many quotes had changed."""

    def __init__(self, world: World, kept: dict[str, Board]) -> None:
        self.world = world
        self.kept = kept
        self.desks: dict[str, Desk] = {}

    def open_desk(self, sport_key: str, until: dt.date) -> list[Cycle]:
        self.desks.setdefault(sport_key, Desk(self.kept.setdefault(sport_key, Board(sport_key, 2)), until, ""))
        return []

    def fit_ahead(self, sport_key: str, at: int) -> None:
        """There is nothing to fit."""

    def cycle(self, answer: Answer) -> Cycle:
        """Take an answer in: the games it lists, and a number of changes drawn from how lively they are."""
        league = next(one for one in LEAGUES if one.sport_key == answer.sport_key)
        board = self.desks[answer.sport_key].board
        hours = (answer.received_at - board.received_at) / HOUR if board.received_at else 0.0
        board.received_at = answer.received_at
        known = {game.event_id: game for game in board.registry.games}
        listed = dict(self.world.listed(league, answer.received_at))
        for event_id, game in known.items():
            game.is_listed = event_id in listed
        for event_id, at in listed.items():
            if event_id in known:
                known[event_id].commence_at = at
            else:
                board.registry.games.append(KnownGame(event_id, FEED, "H", "A", at, answer.received_at, 0))
        n = len(listed) * QUOTES
        starts = np.array(list(listed.values()), dtype=float)
        away = (starts - answer.received_at) / HOUR
        slow = np.select([away <= 3, away <= 24, away <= 72], [1.0, 5.0, 15.0], 60.0)
        share = 1 - np.exp(-self.world.rate(league, answer.received_at) * hours / slow)
        chance = np.random.default_rng([self.world.seed, answer.received_at % 2**32])
        n_changed = int(chance.binomial(QUOTES, share).sum()) if n else 0
        return Cycle(answer.response_id, answer.sport_key, answer.received_at, n_quotes=n, n_changed=n_changed)


# Days to the renewal, what was expected to be left, the interval's ends, and what was left.
Judged = tuple[float, float, float, float, float]


@dataclass
class Month:
    """What a month of polling came to."""

    name: str
    polls: int
    spent: int
    lowest: int
    left: int
    closes: int
    caught: int
    forecasts: list[Judged] = field(default_factory=list)

    @property
    def share(self) -> float:
        return self.caught / self.closes if self.closes else 0.0


@dataclass(frozen=True)
class Setup:
    """A month to simulate: a plan of so many credits, renewed on a day, with so much trouble."""

    per_month: int
    seed: int = 7
    days: int = 30
    reserve: int = 25
    reset_day: int = 1
    begins: str = "2026-11-01"
    trouble: float = 0.03
    others_a_day: float = 1.0
    surcharge_on_day: int | None = None
    kills: int = 6
    used_before: int = 0
    fastest_s: float = 60.0
    followed: Mapping[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the tables call it."""
        name = f"{self.per_month:,}"
        if self.reset_day != 1:
            name += f", renewed on the {self.reset_day}th"
        if self.surcharge_on_day is not None:
            name += f", double price from day {self.surcharge_on_day}"
        return name if self.fastest_s == 60.0 else f"{name}, polled every {self.fastest_s / 60:.0f} minutes at most"

    def parts(self) -> tuple[World, Key, Feed]:
        start = int(dt.datetime.fromisoformat(self.begins).replace(tzinfo=dt.UTC).timestamp()) * SECOND
        world = World(self.seed, start, self.days)
        key = Key(self.per_month, self.reset_day, self.reserve, start, self.used_before)
        surcharge = None if self.surcharge_on_day is None else start + self.surcharge_on_day * DAY
        chance = np.random.default_rng([self.seed, 1])
        feed = Feed(world, key, chance, start, self.trouble, self.others_a_day, surcharge_from=surcharge)
        return world, key, feed


class Killed(BaseException):
    """The process died between its request and its answer."""


def budgeted(setup: Setup, folder: Path) -> Month:
    """A month with the real poller."""
    world, key, feed = setup.parts()
    database = Database(f"sqlite:///{folder / f'month-{setup.per_month}-{setup.seed}-{setup.reset_day}.db'}")
    database.migrate()
    kept: dict[str, Board] = {}
    clock = [world.start]
    end = world.start + setup.days * DAY
    deaths = sorted(int(at) for at in feed.chance.integers(world.start, end, setup.kills))
    progress = Progress()
    forecasts: list[tuple[int, int, float, float, float]] = []
    actual: dict[int, int] = {}
    held = _poller(database, feed, world, kept, clock, setup)
    next_note = world.start + DAY
    n_polls = 0
    while clock[0] < end:
        now = clock[0]
        feed.pass_to(now)
        if deaths and now >= deaths[0]:
            deaths.pop(0)
            _die(held, feed, progress)
            # The cursor of the last tick is what comes back, and every other time not even that.
            progress = Progress() if len(deaths) % 2 else progress
            held = _poller(database, feed, world, kept, clock, setup)
            clock[0] = now + 3 * MINUTE
            continue
        before = key.used
        tick = held.tick(progress)
        n_polls += len(tick.cycles)
        if now >= next_note:
            next_note += DAY
            told = held.spending.forecast(now)
            if told is not None and key.used >= before:
                forecasts.append((now, month_of(now, setup.reset_day).end, told.expected, told.low, told.high))
        following = min(plan.at for plan in tick.plans.values())
        edge = month_of(now, setup.reset_day).end
        # The daemon ticks every five seconds; those in which nothing can be due are left out.
        step = max(following, now + 5 * SECOND)
        clock[0] = min(step, edge if now < edge else step, now + HOUR)
        if clock[0] >= edge > now:
            feed.pass_to(edge - 1)
            actual[edge] = key.remaining
            clock[0] = edge
    actual.setdefault(month_of(end - 1, setup.reset_day).end, key.remaining)
    database.close()
    seen = [
        ((due - now) / DAY, expected, low, high, float(actual[due]))
        for now, due, expected, low, high in forecasts
        if due in actual and due <= end
    ]
    return _month("information per credit", world, key, feed, end, seen)


def _poller(
    database: Database, feed: Feed, world: World, kept: dict[str, Board], clock: list[int], setup: Setup
) -> Poller:
    class Platform:
        def __init__(self) -> None:
            self.database = database

    allowance = Allowance(setup.reserve, None, setup.reset_day)

    class Made(Poller):
        def open_market(self) -> Any:
            return Boards(world, kept)

        def run(self, answer: Answer) -> Cycle:
            return self.market.cycle(answer)  # type: ignore[attr-defined]

    return Made(Platform(), feed, setup.fastest_s, now=lambda: clock[0], allowance=allowance, followed=setup.followed)  # type: ignore[arg-type]


def _die(held: Poller, feed: Feed, progress: Progress) -> None:
    """A request leaves, is charged, and the process dies before its answer is there; its lease runs out."""

    def dying(sport_key: str) -> list[Answer]:
        type(feed).ask(feed, sport_key)
        raise Killed

    held.source = _Dying(feed, dying)  # type: ignore[assignment]
    held._release = lambda: None  # type: ignore[method-assign] # whoever is killed releases nothing
    with suppress(Killed):
        held.tick(progress)


class _Dying:
    def __init__(self, feed: Feed, ask: Any) -> None:
        self._feed = feed
        self.ask = ask

    def __getattr__(self, name: str) -> Any:
        return getattr(self._feed, name)


def naive(setup: Setup) -> Month:
    """The same month at one fixed pace that spends the plan evenly: every sport every so often, whatever starts."""
    world, key, feed = setup.parts()
    end = world.start + setup.days * DAY
    others = setup.others_a_day * 3 * setup.days
    cost = 3 * len(LEAGUES)
    rounds = max(1, int((setup.per_month - setup.reserve - others) / cost))
    pace = setup.days * DAY // rounds
    now = world.start
    while now < end:
        feed.pass_to(now)
        for sport_key in feed.sports:
            if key.remaining - 3 * feed.attempts >= setup.reserve:
                feed.ask(sport_key)
        now += pace
    return _month("fixed pace", world, key, feed, end, [])


def spread(setup: Setup) -> Month:
    """The same month at the cadence, slowed so that credits last evenly, and four times faster within three hours of a start."""
    world, key, feed = setup.parts()
    now, end = world.start, world.start + setup.days * DAY
    polled: dict[str, int] = {}
    due = dict.fromkeys(feed.sports, now)
    while now < end:
        feed.pass_to(now)
        for league in LEAGUES:
            sport_key = league.sport_key
            if due[sport_key] <= now and key.remaining - 3 * feed.attempts >= setup.reserve:
                feed.ask(sport_key)
                polled[sport_key] = now
            start = min((at for _, at in world.listed(league, now)), default=None)
            pace, _ = pace_by_start(Situation(now, next_start_at=start, cost=3), 60.0)
            rounds = max(key.remaining - setup.reserve, 1) / (3 * len(LEAGUES))
            even = month_of(now, setup.reset_day).seconds_left(now) / rounds
            near = start is not None and start - now <= 3 * HOUR
            wait = max(pace, min(even / (4 if near else 1), 6 * HOUR_S))
            due[sport_key] = polled.get(sport_key, now) + round(wait * SECOND)
        now = min(max(now + MINUTE, min(due.values())), now + HOUR // 4)
    return _month("even spread", world, key, feed, end, [])


def _month(name: str, world: World, key: Key, feed: Feed, end: int, forecasts: list[Any]) -> Month:
    polled: dict[str, list[int]] = {}
    for at, sport_key in feed.asked:
        polled.setdefault(sport_key, []).append(at)
    closes = world.closes(end)
    caught = 0
    for sport_key, _, at in closes:
        times = np.array(polled.get(sport_key, [0]))
        before = times[times <= at]
        caught += bool(before.size and at - before.max() <= CAUGHT_US)
    return Month(name, len(feed.asked), key.spent, key.lowest, key.remaining, len(closes), caught, forecasts)


SETUPS = (
    Setup(500),
    Setup(1_500),
    Setup(1_500, reset_day=17, used_before=900),
    Setup(5_000, surcharge_on_day=12),
)


def figures(setups: tuple[Setup, ...] = SETUPS) -> Iterator[str]:
    """A line of Markdown for each month and way of polling."""
    yield "| credits a month | polled by | polls | credits used | lowest left after a poll | closes caught |"
    yield "|---|---|---|---|---|---|"
    with tempfile.TemporaryDirectory() as folder:
        for setup in setups:
            for month in (budgeted(setup, Path(folder)), spread(setup), naive(setup)):
                yield (
                    f"| {setup.name} | {month.name} | {month.polls:,} | {month.spent:,} | {month.lowest} | "
                    f"{month.caught} of {month.closes} ({month.share:.0%}) |"
                )


def main() -> None:
    """Print the figures that docs/methodology/polling-budget.md quotes."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    logging.getLogger("stratum_pipelines").setLevel(logging.CRITICAL)
    for line in figures():
        print(line, flush=True)


if __name__ == "__main__":
    main()
