"""Which games are played on a day, when they are listed, and how their start moves. Moments are whole UTC seconds."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from stratum_pipelines.providers.reading import identity
from stratum_pipelines.simulation.chance import generator, happens
from stratum_pipelines.simulation.sports import Sport
from stratum_pipelines.simulation.world import HOUR_S, World

MINUTE_S = 60


@dataclass(frozen=True)
class Fixture:
    """One game. `announced` lists the starts the feed shows as (shown from, start), oldest first.

    `starts_at` is when play truly begins and `ends_at` when it ends; `vanishes_at` is when the feed drops the game, which
    for a postponed game is before its start. From `reissued_at` on it has its second id.
    """

    event_id: str
    second_id: str
    home_team: str
    away_team: str
    opens_at: int
    announced: tuple[tuple[int, int], ...]
    starts_at: int
    ends_at: int
    vanishes_at: int
    is_postponed: bool = False
    reissued_at: int | None = None

    def is_listed(self, at: int) -> bool:
        """Whether the feed lists the game."""
        return self.opens_at <= at < self.vanishes_at

    def id_at(self, at: int) -> str:
        """The id under which the feed lists it."""
        return self.second_id if self.reissued_at is not None and at >= self.reissued_at else self.event_id

    def commence_at(self, at: int) -> int:
        """The start as the feed shows it."""
        return [start for shown_from, start in self.announced if shown_from <= at or shown_from == self.opens_at][-1]

    def share_played(self, at: int) -> float:
        """How much of the game is over, from 0 to 1; 0 for one that is not played."""
        if self.is_postponed:
            return 0.0
        return min(max((at - self.starts_at) / (self.ends_at - self.starts_at), 0.0), 1.0)


def fixtures(world: World, sport: Sport, day: dt.date) -> tuple[Fixture, ...]:
    """The games of one calendar day of the league's zone, by start."""
    order = generator(world.seed, "pairs", sport.sport_key, day).permutation(len(sport.teams))
    n = world.n_games(sport)
    clocks = sorted(sport.starts[i % len(sport.starts)] for i in range(n))
    zone = ZoneInfo(sport.league.start_zone)
    games = []
    for i, (hour, minute) in enumerate(clocks):
        start = int(dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).timestamp())
        home, away = sport.teams[order[2 * i]], sport.teams[order[2 * i + 1]]
        games.append(
            _fixture(world, sport, identity(str(world.seed), sport.sport_key, str(day), str(i)), home, away, start)
        )
    return tuple(games)


def _fixture(world: World, sport: Sport, event_id: str, home: str, away: str, start: int) -> Fixture:
    """A game with its accidents. Each has a generator of its own, so that one rate does not shift the others."""

    def chance(about: str) -> np.random.Generator:
        return generator(world.seed, about, event_id)

    rates = world.rates
    opens_at = start - world.lead_s - int(chance("open").integers(0, 1800))
    announced = [(opens_at, start)]
    moved = chance("reschedule")
    if happens(moved, rates.reschedule):
        shown_from = start - int(moved.integers(HOUR_S, min(5 * HOUR_S, world.lead_s // 2)))
        start += int(moved.choice([-30, 30, 45, 60, 90, 120])) * MINUTE_S
        announced.append((shown_from, start))
    starts_at = start
    corrected = chance("true_start")
    if happens(corrected, rates.true_start):
        starts_at = start + int(corrected.integers(240, 480))
        announced.append((starts_at + int(corrected.integers(20, 120)), starts_at))
    ends_at = starts_at + int(sport.minutes * MINUTE_S * chance("length").uniform(0.95, 1.1))
    gone = chance("postponed")
    is_postponed = happens(gone, rates.postponed)
    vanishes_at = ends_at + int(gone.integers(120, 600))
    if is_postponed:
        vanishes_at = start - int(gone.integers(HOUR_S, min(5 * HOUR_S, world.lead_s // 2)))
    again = chance("reissued")
    reissued_at = (
        start - int(again.integers(2 * HOUR_S, world.lead_s // 2 + 2 * HOUR_S))
        if happens(again, rates.reissued)
        else None
    )
    return Fixture(
        event_id,
        identity(event_id, "second"),
        home,
        away,
        opens_at,
        tuple(announced),
        starts_at,
        ends_at,
        vanishes_at,
        is_postponed,
        reissued_at if reissued_at is None or opens_at < reissued_at < vanishes_at else None,
    )
