"""The games of one league on one day: plan, paths, the books' views, and how far the games are."""

import datetime as dt
from collections.abc import Collection
from functools import cached_property

import numpy as np
import numpy.typing as npt

from stratum_pipelines.simulation.chance import generator
from stratum_pipelines.simulation.paths import Paths, paths_for
from stratum_pipelines.simulation.planting import MARKETS, Plan, plan_for
from stratum_pipelines.simulation.pricing import Standing
from stratum_pipelines.simulation.schedule import Fixture, fixtures
from stratum_pipelines.simulation.sports import Sport
from stratum_pipelines.simulation.views import Views, views_for
from stratum_pipelines.simulation.world import HOUR_S, World


class Slate:
    """One day's games of a sport. Parts are made when first asked for; the views are the slow one, a few tenths of a second."""

    def __init__(self, world: World, sport: Sport, day: dt.date) -> None:
        """Draw the games; nothing else yet."""
        self.world, self.sport, self.day = world, sport, day
        self.games: tuple[Fixture, ...] = fixtures(world, sport, day)
        self.desks = list(dict.fromkeys(book.desk for book in world.books))
        self.desk_of_book = np.array([self.desks.index(book.desk) for book in world.books], np.int64)

    @cached_property
    def plan(self) -> Plan:
        """What is to be planted."""
        return plan_for(self.world, self.sport, self.games)

    @cached_property
    def paths(self) -> Paths:
        """The fair lines, planted moves included, and the final scores."""
        return paths_for(self.world, self.sport, self.day, self.games, self.plan.moves)

    @cached_property
    def views(self) -> Views:
        """What every desk believes."""
        return views_for(self.world, self.sport, self.day, self.paths, self.plan.disturbances, self.desks)

    @cached_property
    def coverage(self) -> npt.NDArray[np.bool_]:
        """Whether a book quotes a market of a game at all, shape (games, books, markets)."""
        chances = np.array([book.coverage for book in self.world.books])
        drawn = [generator(self.world.seed, "coverage", game.event_id).random(chances.shape) for game in self.games]
        return np.array(drawn).reshape(len(self.games), *chances.shape) < chances

    @cached_property
    def opens_at(self) -> npt.NDArray[np.int64]:
        """When a book first quotes a game, shape (games, books); books of one desk open together."""
        longest = min(2 * HOUR_S, self.world.lead_s // 4)
        rows = [
            game.opens_at + generator(self.world.seed, "opens", game.event_id).integers(0, longest, len(self.desks))
            for game in self.games
        ]
        return np.array(rows, np.int64).reshape(len(self.games), len(self.desks))[:, self.desk_of_book]

    @cached_property
    def phases(self) -> npt.NDArray[np.int64]:
        """At which second of its period the feed looks at each book; books of one desk are looked at together."""
        drawn = [
            generator(self.world.seed, "phase", self.sport.sport_key, book.desk).random() for book in self.world.books
        ]
        return np.array(
            [int(part * book.period_s) for part, book in zip(drawn, self.world.books, strict=True)], np.int64
        )

    def looked_at(self, at: int) -> npt.NDArray[np.int64]:
        """When the feed last looked at each book, at the latest a second before `at`; shape (books,)."""
        periods = np.array([book.period_s for book in self.world.books], np.int64)
        return (at - 1 - self.phases) // periods * periods + self.phases

    def rest(self, at: int) -> None:
        """Give back the memory of the views once every game is gone; they are made again when they are asked for."""
        if all(game.vanishes_at <= at for game in self.games):
            self.__dict__.pop("views", None)

    def keys_quoting(self, game: int, market: str, among: Collection[int] | None = None) -> tuple[str, ...]:
        """Books that quote a market of a game ("" for any market), all or some of them."""
        covered = self.coverage[game]
        quoted = covered[:, MARKETS.index(market)] if market else covered.any(axis=1)
        picked = range(len(self.world.books)) if among is None else among
        return tuple(self.world.books[position].key for position in picked if quoted[position])

    def standing(self, at: npt.NDArray[np.int64]) -> Standing:
        """How far each game is at these moments (games, n), one entry per game and moment, row by row."""
        shares = np.array(
            [[game.share_played(t) for t in row] for game, row in zip(self.games, at.tolist(), strict=True)]
        )
        scores = np.zeros((2, *shares.shape))
        if self.paths.goals is not None:
            for i, times in enumerate(self.paths.goals):
                for team in (0, 1):
                    begun = shares[i] > 0
                    scores[team, i] = np.where(begun, np.searchsorted(times[team], shares[i], side="right"), 0)
        return Standing(1.0 - shares.ravel(), scores[0].ravel(), scores[1].ravel())
