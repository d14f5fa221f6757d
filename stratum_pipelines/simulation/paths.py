"""The fair line of every game of a day, from its listing to its end, and the final scores that follow from it.

Before the start the line drifts and makes its planted moves. From the start it is what the final margin (or total) is
expected to be as the game goes on, so the last value of the path is the result: lines, prices and scores agree.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.simulation.chance import generator
from stratum_pipelines.simulation.planting import MARGIN, TOTAL, LineMove
from stratum_pipelines.simulation.schedule import Fixture
from stratum_pipelines.simulation.sports import Sport
from stratum_pipelines.simulation.world import HOUR_S, STEP_S, World

# How far a line drifts in a day, as a share of the league's standard deviation.
DRIFT = (0.035, 0.04)
STEAM_SIZE = ((0.08, 0.18), (0.12, 0.2))
# No steam moves a line that travels in half points by less: it could not be seen.
LEAST_STEAM = 0.8
LOPSIDED = 1.05
BEYOND_KEY = 0.8
FARTHEST_KEY = 3.0


@dataclass(frozen=True)
class Moved:
    """A planted move as it was made: by how much, and the fair margin and total before it."""

    move: LineMove
    size: float
    margin: float
    total: float


@dataclass(frozen=True)
class Paths:
    """`lines` (2, games, steps) are the fair margin (home less away) and total; step i is at `first_at` + 10 i seconds.

    `finals` (games, 2) are the final scores; `goals` the shares of the game at which home and away scored, per game,
    where single goals are simulated.
    """

    first_at: int
    lines: Floats
    moved: tuple[Moved, ...]
    finals: npt.NDArray[np.int64]
    goals: tuple[tuple[Floats, Floats], ...] | None

    def step(self, at: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """The step in force at these moments."""
        return np.clip((np.asarray(at, np.int64) - self.first_at) // STEP_S, 0, self.lines.shape[2] - 1)

    def score(self, game: int, share: float) -> tuple[int, int]:
        """The score when this share of the game is over."""
        if self.goals is not None:
            home, away = self.goals[game]
            return int((home <= share).sum()), int((away <= share).sum())
        home_points, away_points = self.finals[game]
        return int(home_points * share), int(away_points * share)


def paths_for(world: World, sport: Sport, day: dt.date, games: Sequence[Fixture], moves: Sequence[LineMove]) -> Paths:
    """The paths of a day's games, with these moves planted in them."""
    first_at = min(game.opens_at for game in games) // STEP_S * STEP_S
    n_steps = (max(max(game.vanishes_at, game.ends_at) for game in games) - first_at) // STEP_S + 2
    chance = generator(world.seed, "drift", sport.sport_key, day)
    noise = chance.standard_normal((2, len(games), n_steps))
    starts = [(game.starts_at - first_at) // STEP_S for game in games]
    ends = [(game.ends_at - first_at) // STEP_S for game in games]
    deviations = (sport.league.margin_sd, sport.league.total_sd)
    for line, deviation in enumerate(deviations):
        noise[line] *= DRIFT[line] * deviation / np.sqrt(24 * HOUR_S / STEP_S)
        for i, (start, end) in enumerate(zip(starts, ends, strict=True)):
            noise[line, i, end + 1 :] = 0.0
            played = noise[line, i, start + 1 : end + 1]
            # What is left to play explains the whole deviation of the result.
            played *= np.sqrt(24 * HOUR_S / STEP_S / len(played)) / DRIFT[line]
    lines = noise.cumsum(axis=2)
    lines += np.array([_opening(world, sport, game) for game in games]).T[:, :, None]
    moved = tuple(done for move in moves if (done := _make(lines, first_at, sport, move)) is not None)
    goals = None
    if sport.league.has_draw:
        lines = _with_possible_rates(lines)
        goals = tuple(_play_goals(world, game, lines[:, i], starts[i], ends[i]) for i, game in enumerate(games))
        finals = np.array([(len(home), len(away)) for home, away in goals], np.int64).reshape(-1, 2)
    else:
        finals = np.array([_final(*lines[:, i, ends[i]]) for i in range(len(games))], np.int64).reshape(-1, 2)
    return Paths(first_at, lines, moved, finals, goals)


def _opening(world: World, sport: Sport, game: Fixture) -> tuple[float, float]:
    """Fair margin and total a game opens at: the teams' strengths and the league's habits."""

    def strength(team: str) -> float:
        return float(generator(world.seed, "strength", sport.sport_key, team).normal()) * sport.strength_sd

    chance = generator(world.seed, "opening", game.event_id)
    margin = (
        sport.home_edge + strength(game.home_team) - strength(game.away_team) + chance.normal(0, sport.strength_sd / 4)
    )
    widest = 0.9 * sport.league.margin_sd
    return float(np.clip(margin, -widest, widest)), sport.mean_total + float(chance.normal(0, sport.total_sd))


def _make(lines: Floats, first_at: int, sport: Sport, move: LineMove) -> Moved | None:
    """Make a move in the paths; None when there is no key number to cross near enough."""
    at = (move.starts_at - first_at) // STEP_S
    margin, total = float(lines[MARGIN, move.game, at]), float(lines[TOTAL, move.game, at])
    size = _steam_size(sport, move, margin) if move.kind == "steam" else _key_cross_size(sport, margin)
    if size is None:
        return None
    seconds = np.arange(lines.shape[2] - at) * STEP_S - (move.starts_at - first_at - at * STEP_S)
    lines[move.line, move.game, at:] += size * np.clip(seconds / move.ramp_s, 0.0, 1.0)
    return Moved(move, size, margin, total)


def _steam_size(sport: Sport, move: LineMove, margin: float) -> float:
    deviation = sport.league.margin_sd if move.line == MARGIN else sport.league.total_sd
    low, high = STEAM_SIZE[move.line]
    size = (low + (high - low) * move.draw) * deviation
    if move.line == TOTAL or not (sport.fixed_spread or sport.league.has_draw):
        size = max(size, LEAST_STEAM)
    # A game that is nearly decided is not made more so.
    beyond = move.line == MARGIN and abs(margin + move.way * size) > LOPSIDED * sport.league.margin_sd
    return -move.way * size if beyond else move.way * size


def _key_cross_size(sport: Sport, margin: float) -> float | None:
    """From where the line stands to the other side of the nearest key number."""
    distance, sign = abs(margin), 1.0 if margin >= 0 else -1.0
    targets = [key + BEYOND_KEY if distance < key else key - BEYOND_KEY for key in sport.league.key_numbers]
    sizes = [sign * (target - distance) for target in targets]
    near = [size for size in sizes if BEYOND_KEY <= abs(size) <= FARTHEST_KEY]
    return min(near, key=abs, default=None)


def _with_possible_rates(lines: Floats) -> Floats:
    """Totals of a goal or more, and margins that leave both teams a chance to score."""
    total = np.maximum(lines[TOTAL], 1.2)
    return np.stack([np.clip(lines[MARGIN], 0.5 - total, total - 0.5), total])


def _play_goals(world: World, game: Fixture, line: Floats, start: int, end: int) -> tuple[Floats, Floats]:
    """When each team scores, as shares of the game; the line becomes the score so far and what is still expected."""
    chance = generator(world.seed, "goals", game.event_id)
    margin, total = line[MARGIN, start], line[TOTAL, start]
    rates = ((total + margin) / 2, (total - margin) / 2)
    home, away = (np.sort(chance.random(chance.poisson(rate))) for rate in rates)
    share = np.clip((np.arange(line.shape[1] - start)) / max(end - start, 1), 0.0, 1.0)
    scored = [np.searchsorted(times, share, side="right").astype(np.float64) for times in (home, away)]
    line[MARGIN, start:] = scored[0] - scored[1] + (1.0 - share) * margin
    line[TOTAL, start:] = scored[0] + scored[1] + (1.0 - share) * total
    return home, away


def _final(margin: float, total: float) -> tuple[int, int]:
    """Whole scores nearest to where the lines end; a game that would end level is decided by the fraction."""
    won_by = round(margin) or (1 if margin >= 0 else -1)
    points = max(round((total - abs(won_by)) / 2), 0) * 2 + abs(won_by)
    return (points + won_by) // 2, (points - won_by) // 2
