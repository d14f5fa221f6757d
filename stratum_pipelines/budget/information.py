"""What a look at a sport is worth: how many of its games have moved since the last look, weighted by who follows them.

A game moves more often the closer its start: at the rate of its sport within three hours of it, five, fifteen and sixty
times more slowly before (the steps of `cadence`). The rate of a sport is learned from its answers. With weights w and rates
r of the games to come, W = sum w and S = sum w r, a look d hours after the last one is expected to show

    information(d) = W (1 - exp(-S d / W))

weighted games that have moved: S d while d is short, and never more than all of them. Information per credit is that by
the price of the look. Times are UTC microseconds.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stratum_pipelines.cadence import HOUR_S, SECOND, SLOWEST, STEPS

# Before a sport has been watched its games are taken to change once an hour close to their start; so many hours of
# watching weigh as much as that guess.
FIRST_RATE = 1.0
GUESS_HOURS = 2.0
# What was seen a day ago counts half as much as what is seen now.
HALF_LIFE_S = 24 * HOUR_S
# An answer in which nearly everything is new says that much has moved, not how often.
LARGEST_SHARE = 0.95


@dataclass(frozen=True)
class Coming:
    """A game to come: when it starts, and its weight, 1 and what its followers add."""

    start: int
    weight: float = 1.0


def weight_of(keys: Sequence[str], followed: Mapping[str, float]) -> float:
    """The weight of a game that goes by these keys (its sport, its id, its teams): 1, and the weight of each key followed.

    >>> weight_of(["basketball_nba", "game-1", "Boston", "Miami"], {"Boston": 2, "game-1": 0.5})
    3.5
    """
    return 1.0 + sum(followed.get(key, 0.0) for key in keys)


def slowness(hours: float) -> float:
    """How many times more rarely a game changes that starts in so many hours than one about to start.

    >>> [slowness(hours) for hours in (1, 3.5, 30, 100)]
    [1.0, 5.0, 15.0, 60.0]
    """
    return next((factor for limit, factor in STEPS if hours <= limit), SLOWEST)


@dataclass(frozen=True)
class Volatility:
    """How often quotes of a sport change, learned answer by answer and forgotten by half in a day.

    `changes` over `exposure` is the rate: changes a quote an hour, for games about to start. `at` is when both were last
    brought up to date.
    """

    changes: float = 0.0
    exposure: float = 0.0
    at: int = 0

    def after(self, share: float, hours: float, slow: float, now: int) -> "Volatility":
        """With one more answer: the share of quotes that changed in so many hours, games `slow` times slower on average.

        A quote that changes at random stays as it was for d hours with probability exp(-rate d), so the share of those that
        changed tells the rate: -log(1 - share) changes in those hours.
        """
        decay = 0.5 ** (max(0, now - self.at) / SECOND / HALF_LIFE_S)
        seen = -math.log1p(-min(max(share, 0.0), LARGEST_SHARE))
        return Volatility(self.changes * decay + seen, self.exposure * decay + hours / slow, now)

    @property
    def rate(self) -> float:
        """Changes a quote an hour close to the start; the first guess before anything was seen."""
        return (self.changes + FIRST_RATE * GUESS_HOURS) / (self.exposure + GUESS_HOURS)


@dataclass(frozen=True)
class Worth:
    """What a look at a sport can be worth: `weight` of all its games (W), and `pace` at which they move, an hour (S)."""

    weight: float
    pace: float

    def information(self, hours: float) -> float:
        """Weighted games expected to have moved since a look so many hours ago.

        >>> round(Worth(weight=2.0, pace=1.0).information(2.0), 3)
        1.264
        """
        return -self.weight * math.expm1(-self.pace * hours / self.weight)

    def hours_for(self, information: float) -> float:
        """After how many hours a look is worth that much; without end where it never is."""
        if information >= self.weight:
            return math.inf
        return -math.log1p(-information / self.weight) * self.weight / self.pace


def worth_of(games: Sequence[Coming], rate: float, now: int) -> Worth:
    """What a look at these games is worth, at this rate of changes.

    A game nobody has listed yet counts as one far away: a sport without games is looked at as well, now and then.

    >>> worth_of([Coming(start=3600 * SECOND)], rate=3.0, now=0)
    Worth(weight=2.0, pace=3.05)
    """
    weights, paces = 1.0, rate / SLOWEST
    for game in games:
        if game.start > now:
            weights += game.weight
            paces += game.weight * rate / slowness((game.start - now) / SECOND / HOUR_S)
    return Worth(weights, paces)


def mean_slowness(games: Sequence[Coming], now: int) -> float:
    """How many times more rarely games of this schedule change than if all were about to start, on average; 60 without any.

    The mean is harmonic, because rates add up.
    """
    ahead = [game for game in games if game.start > now]
    if not ahead:
        return SLOWEST
    return len(ahead) / sum(1.0 / slowness((game.start - now) / SECOND / HOUR_S) for game in ahead)
