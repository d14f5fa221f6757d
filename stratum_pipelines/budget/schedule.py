"""The starts still to come until credits are renewed: those that are known, and then the last week over again.

Times are UTC microseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stratum_pipelines.budget.information import Coming
from stratum_pipelines.cadence import SECOND

DAY = 86_400 * SECOND
WEEK = 7 * DAY
# A poll this long before a start at most still shows how the market closed.
CAUGHT_US = 10 * 60 * SECOND
# The poll for a close is made this long before the start: late enough to be one, early enough to be tried again.
LEAD_US = 5 * 60 * SECOND


@dataclass(frozen=True)
class Close:
    """One poll that shows a sport's close: when it is due, the last start it is for, and the weight of all of them."""

    due: int
    last_start: int
    weight: float


def starts_until(games: Sequence[Coming], now: int, until: int) -> list[Coming]:
    """The games expected to start after `now` and up to `until`, in order of start.

    `games` are those known, of the past week as well. Behind the last known start the known schedule is taken to repeat:
    its last week, or as many whole days as all of it spans where that is less. A week in which there were days off is known
    to be one as soon as a game before it is.

    >>> three = starts_until([Coming(DAY // 2), Coming(5 * DAY // 2)], now=DAY, until=8 * DAY)
    >>> [game.start / DAY for game in three]
    [2.5, 3.5, 5.5, 6.5]
    """
    ordered = sorted(games, key=lambda game: game.start)
    if not ordered:
        return []
    last = ordered[-1].start
    week = [game for game in ordered if game.start > last - WEEK]
    period = min(WEEK, -(-(last - ordered[0].start + 1) // DAY) * DAY)
    found = [game for game in ordered if now < game.start <= until]
    # What would have begun while nothing was known is over.
    shift = period
    while week[0].start + shift <= until:
        again = (Coming(game.start + shift, game.weight) for game in week)
        found += [game for game in again if now < game.start <= until and game.start > last]
        shift += period
    return found


def closes_of(starts: Sequence[Coming], last_poll_at: int | None = None) -> list[Close]:
    """The polls that show how these games close, one for all that start within a few minutes of each other.

    `starts` are in order. A start that was polled for within its last ten minutes needs none.
    """
    found: list[Close] = []
    for game in starts:
        if last_poll_at is not None and game.start - CAUGHT_US <= last_poll_at:
            continue
        if found and game.start - found[-1].due <= CAUGHT_US:
            found[-1] = Close(found[-1].due, game.start, found[-1].weight + game.weight)
        else:
            found.append(Close(game.start - LEAD_US, game.start, game.weight))
    return found


@dataclass(frozen=True)
class Demand:
    """What a sport asks for, hour by hour until the renewal, each an array of the same length.

    `weight` and `pace` as in `information.Worth`, `interval` the hours between polls by its cadence.
    """

    weight: npt.NDArray[np.float64]
    pace: npt.NDArray[np.float64]
    interval: npt.NDArray[np.float64]


def demand_of(
    starts: Sequence[Coming],
    hours: npt.NDArray[np.float64],
    *,
    rate: float,
    fastest_h: float,
    listed_h: float,
    steps: Sequence[tuple[float, float]],
    slowest: float,
) -> Demand:
    """What a sport asks for at these moments (hours since 1970), its games listed `listed_h` hours ahead.

    `rate` is changes a quote an hour close to a start; `steps` and `slowest` are those of the cadence.
    """
    at = np.array([game.start for game in starts]) / SECOND / 3600.0
    weights = np.concatenate([[0.0], np.cumsum([game.weight for game in starts])])

    def begun_by(moments: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return weights[np.searchsorted(at, moments, side="right")]

    weight, pace = np.ones_like(hours), np.full_like(hours, rate / slowest)
    interval = np.full_like(hours, fastest_h * slowest)
    before = begun_by(hours)
    for limit, factor in (*steps, (max(listed_h, steps[-1][0]), slowest)):
        until = begun_by(hours + min(limit, listed_h))
        weight += until - before
        pace += (until - before) * rate / factor
        before = until
    for limit, factor in reversed(steps):
        is_near = begun_by(hours + limit) > begun_by(hours)
        interval = np.where(is_near, fastest_h * factor, interval)
    return Demand(weight, pace, interval)
