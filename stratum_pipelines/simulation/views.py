"""What every book believes: the fair line as its desk follows it, late, a little wrong, and moving only when it must."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.simulation.chance import generator
from stratum_pipelines.simulation.paths import Moved, Paths
from stratum_pipelines.simulation.planting import MARGIN, TOTAL, Disturbance
from stratum_pipelines.simulation.sports import Sport
from stratum_pipelines.simulation.world import STEP_S, World

# A desk's lasting error about a game, and its slow wandering around that, in standard deviations of the league: together
# 0.7 to 0.8 percentage points of probability, as recorded closing prices differ.
LASTING, WANDERING = 0.017, 0.008
KNOT_STEPS = 180
# A desk moves its prices once its view is off by so much (in standard deviations), its point by so many steps of the line.
PRICE_BAND = 0.012
# Bands differ from desk to desk and game to game, or all would wait for the same moment and every drift look like steam.
TIGHTEST, LOOSEST = 0.6, 1.8
POINT_BAND = 0.62
FIXED_BAND = 0.03
LINE_STEP = 0.5
CHUNK = 1024


@dataclass(frozen=True)
class Views:
    """Each desk's line and point per game over time, kept as changes: `keys` are series x steps + step, ascending.

    Series count lines, then games, then desks. A point is the home handicap, or the total.
    """

    shape: tuple[int, int, int]
    n_steps: int
    keys: npt.NDArray[np.int64]
    held: Floats
    points: Floats

    def at(self, steps: npt.NDArray[np.int64], desks: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Lines and points, shape (2, games, books), at the step (games, books) and for the desk of each book."""
        games = np.arange(self.shape[1])
        lines = np.arange(self.shape[0])
        series = (lines[:, None, None] * self.shape[1] + games[None, :, None]) * self.shape[2] + desks[None, None, :]
        found = np.searchsorted(self.keys, series * self.n_steps + steps[None], side="right") - 1
        return self.held[found], self.points[found]


def views_for(
    world: World, sport: Sport, day: dt.date, paths: Paths, disturbances: Sequence[Disturbance], desks: Sequence[str]
) -> Views:
    """The views of these desks of the day's games."""
    n_games, n_steps = paths.lines.shape[1:]
    shape = (2, n_games, len(desks))
    n = 2 * n_games * len(desks)
    books = {book.desk: book for book in world.books}
    scale = np.array([sport.league.margin_sd, sport.league.total_sd])[:, None, None]
    loudness = np.array([books[desk].noise for desk in desks])
    chance = generator(world.seed, "views", sport.sport_key, day)
    lasting = chance.normal(0, LASTING, shape) * scale * loudness
    knots = chance.normal(0, WANDERING, (n_steps // KNOT_STEPS + 2, *shape)) * scale * loudness
    lags = np.array([-(-books[desk].lag_s // STEP_S) for desk in desks])
    exchanges = [position for position, desk in enumerate(desks) if books[desk].is_exchange]
    patience = chance.uniform(TIGHTEST, LOOSEST, n)
    holder = _Holder(sport, np.broadcast_to(scale, shape).reshape(n), patience)
    for first in range(0, n_steps, CHUNK):
        steps = np.arange(first, min(first + CHUNK, n_steps))
        view = paths.lines[:, :, np.maximum(steps[:, None] - lags[None, :], 0)].transpose(2, 0, 1, 3) + lasting
        part, whole = (steps % KNOT_STEPS / KNOT_STEPS)[:, None, None, None], steps // KNOT_STEPS
        view += knots[whole] * (1.0 - part) + knots[whole + 1] * part
        for odd in disturbances:
            if odd.kind == "outlier":
                line = TOTAL if odd.market == "totals" else MARGIN
                affected = sorted({desks.index(world.books[b].desk) for b in odd.books})
                during = (steps >= paths.step(odd.starts_at)) & (steps < paths.step(odd.ends_at))
                for desk in affected:
                    view[during, line, odd.game, desk] += odd.offset * float(scale[line, 0, 0])
        for moved in paths.moved:
            if moved.move.led_by_s:
                for position in exchanges:
                    seen = _lead(paths, moved, steps - lags[position])
                    view[:, moved.move.line, moved.move.game, position] += seen
        holder.follow(view.reshape(len(steps), n), first)
    return holder.views(shape, n_steps)


def _lead(paths: Paths, moved: Moved, steps: npt.NDArray[np.int64]) -> Floats:
    """What one who knows of a move before sees of it at these steps, beyond what the fair line shows."""
    move = moved.move
    seconds = paths.first_at + steps * STEP_S - move.starts_at
    return np.where(seconds >= -move.led_by_s, moved.size * (1.0 - np.clip(seconds / move.ramp_s, 0.0, 1.0)), 0.0)


class _Holder:
    """Follows views step by step and notes every change of what is quoted."""

    def __init__(self, sport: Sport, scale: Floats, patience: Floats) -> None:
        """Start with nothing quoted; `scale` is the standard deviation of each series, `patience` widens its band."""
        n = len(scale)
        is_margin = np.arange(n) < n // 2
        self.sign = np.where(is_margin, -1.0, 1.0)
        self.fixed = is_margin & bool(sport.fixed_spread)
        self.fixed_point = sport.fixed_spread
        self.scale = scale
        self.band = PRICE_BAND * scale * patience
        self.held = np.full(n, np.inf)
        self.point = np.full(n, np.inf)
        self.changes: list[tuple[npt.NDArray[np.int64], int, Floats, Floats]] = []

    def follow(self, views: Floats, first: int) -> None:
        """Take in the views of some steps (steps, series), the first of which is number `first`."""
        held, band = self.held, self.band
        for i, view in enumerate(views):
            off = np.flatnonzero(np.abs(view - held) > band)
            if len(off):
                held[off] = view[off]
                self._move_points(off)
                self.changes.append((off, first + i, held[off], self.point[off]))

    def _move_points(self, off: npt.NDArray[np.int64]) -> None:
        target = self.sign[off] * self.held[off]
        point = self.point[off]
        moved = np.abs(target - point) > POINT_BAND * LINE_STEP
        point = np.where(moved, np.rint(target / LINE_STEP) * LINE_STEP, point)
        if self.fixed_point:
            new = np.isinf(self.point[off])
            flips = new | (target * self.point[off] < -FIXED_BAND * self.scale[off] * self.fixed_point)
            kept = np.where(flips, np.where(target < 0, -self.fixed_point, self.fixed_point), self.point[off])
            point = np.where(self.fixed[off], kept, point)
        # Adding zero turns a negative zero into a plain one.
        self.point[off] = point + 0.0

    def views(self, shape: tuple[int, int, int], n_steps: int) -> Views:
        """Everything noted, sorted by series and step."""
        keys = np.concatenate([series * n_steps + step for series, step, _, _ in self.changes])
        held = np.concatenate([values for _, _, values, _ in self.changes])
        points = np.concatenate([values for _, _, _, values in self.changes])
        order = np.argsort(keys, kind="stable")
        return Views(shape, n_steps, keys[order], held[order], points[order])
