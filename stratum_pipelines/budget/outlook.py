"""Where the credits of a month go: the closes of games first, then looks at whatever has most to show for a credit.

The price of information is the one at which the looks that are worth it, from now to the renewal of the credits, cost just
what is left for them. It is worked out anew as credits are spent, games are listed and markets move, so a plan that was
wrong corrects itself. With more credits than the cadence can use the price is 0, and the cadence alone decides.
Times are UTC microseconds.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from stratum_pipelines.budget.credits import Month, Price
from stratum_pipelines.budget.information import Coming, worth_of
from stratum_pipelines.budget.schedule import Demand, closes_of, demand_of, starts_until
from stratum_pipelines.cadence import HOUR_S, SECOND, SLOWEST, STEPS, Plan, Situation, next_poll

# A sport is looked at once in so many hours, whatever it is worth, while that leaves its share to the closes: else nobody
# would learn of games that were added or moved.
UNSEEN_H = 24.0
MOST_UNSEEN_H = 7 * 24.0
# However much others use of the same key, so much of what is left is planned with: else they would have all of it.
OWN_SHARE = 0.5
# A sport that cannot be paid for is thought about again after this long: credits may have been renewed or bought.
AGAIN_US = 15 * 60 * SECOND
KEPT = "the credits left are kept for the closes of games"
# So many halvings find the price to a billionth of the largest.
HALVINGS = 30


@dataclass(frozen=True)
class Sport:
    """A sport as the budget sees it.

    `games` are those of the past week and those to come. `polled_at` is when it was last asked, `answered_at` when an answer
    last told something, `rate` its changes a quote an hour close to a start.
    """

    sport_key: str
    price: Price
    games: Sequence[Coming] = ()
    polled_at: int | None = None
    answered_at: int | None = None
    n_failed: int = 0
    rate: float = 1.0

    def next_start(self, now: int) -> int | None:
        """The next known start."""
        return min((game.start for game in self.games if game.start > now), default=None)


@dataclass(frozen=True)
class Outlook:
    """The plan for the rest of a month, in credits.

    `room` is what may still be spent, `closes` what is kept of it for the closes worth having, `cutoff` the weight for a
    credit such a close needs, `looks` what the other looks will use at `price` (information per credit, without end where
    nothing is left for them), `demand` what the cadence would use without any limit, closes included, and `guessed` the part
    of it after the last start that is known. `outside` is what others are expected to use of the same key, `n_polls` the
    number of polls that are planned.
    """

    at: int
    month: Month
    room: int
    closes: float
    cutoff: float
    looks: float
    price: float
    demand: float
    guessed: float = 0.0
    outside: float = 0.0
    n_polls: float = 0.0
    unseen_h: float = UNSEEN_H
    starts: Mapping[str, Sequence[Coming]] = field(default_factory=dict)

    @property
    def planned(self) -> float:
        """What is planned to be used until the renewal."""
        return self.closes + self.looks


def look_ahead(
    sports: Sequence[Sport], now: int, month: Month, room: int, *, fastest_s: float, outside: float = 0.0
) -> Outlook:
    """The plan from now until credits are renewed, with `room` credits of which others are expected to use `outside`."""
    free = max(0.0, room - outside, room * OWN_SHARE)
    starts = {one.sport_key: starts_until(one.games, now, month.end) for one in sports}
    kept, cutoff = _closes(sports, starts, free)
    left = free - kept
    looks = _Looks.of(sports, starts, now, month.end, fastest_s)
    unseen = looks.cost(math.inf, UNSEEN_H)
    unseen_h = UNSEEN_H if unseen <= left else UNSEEN_H * unseen / left if left > 0 else math.inf
    unseen_h = unseen_h if unseen_h <= MOST_UNSEEN_H else math.inf
    price = looks.price_for(left, unseen_h)
    used = looks.cost(price, unseen_h)
    mean_price = sum(one.price.usual for one in sports) / len(sports)
    return Outlook(
        at=now,
        month=month,
        room=room,
        closes=kept,
        cutoff=cutoff,
        looks=used,
        price=price,
        demand=looks.cost(0.0, math.inf),
        guessed=looks.guessed(),
        outside=outside,
        n_polls=(kept + used) / max(mean_price, 1e-9),
        unseen_h=unseen_h,
        starts=starts,
    )


def plan_poll(sport: Sport, outlook: Outlook, now: int, *, fastest_s: float, attempts: int = 1) -> Plan:
    """When a sport is polled next, and why: for a close worth having, else when a look is worth its price.

    Never before the cadence allows, and never while the room is less than all attempts of one request may be charged.
    """
    cost = sport.price.at_most
    situation = Situation(now, sport.polled_at, sport.next_start(now), cost, sport.n_failed)
    soonest = next_poll(situation, fastest_s)
    if outlook.room < cost * attempts:
        at = now if sport.polled_at is None else sport.polled_at + AGAIN_US
        return Plan(max(at, soonest.at), f"only {max(outlook.room, 0)} credits may still be used")
    look = _look(sport, outlook, now, soonest, cost * attempts)
    close = _next_close(sport, outlook, now)
    if close is None:
        return look
    # For a close nothing but the fastest pace and failures slow a sport down.
    slowed = 2.0**sport.n_failed if sport.n_failed else 1.0
    early = now if sport.polled_at is None else sport.polled_at + round(fastest_s * slowed * SECOND)
    return min(look, Plan(max(close, early), "games are about to start"), key=lambda plan: plan.at)


def is_for_a_close(sport: Sport, outlook: Outlook, now: int) -> bool:
    """Whether a poll of the sport now is for a close worth having: what is kept for closes may be used for it."""
    close = _next_close(sport, outlook, now)
    return close is not None and close <= now + SECOND


def _next_close(sport: Sport, outlook: Outlook, now: int) -> int | None:
    """When the next close worth having is due to be polled for; None without one.

    Starts that are only expected count as well: a sport that is hardly looked at would else never be seen to play again.
    """
    worth_it = outlook.cutoff * sport.price.usual
    starts = [game for game in outlook.starts.get(sport.sport_key, ()) if game.start > now]
    closes = closes_of(starts, sport.answered_at)
    return next((close.due for close in closes if close.weight >= worth_it), None)


def _look(sport: Sport, outlook: Outlook, now: int, soonest: Plan, at_worst: int) -> Plan:
    """The next look that is worth its price, and leaves what is kept for closes whatever it is charged."""
    if sport.answered_at is None:
        return soonest
    if outlook.room - math.ceil(outlook.closes) < at_worst:
        return Plan(max(soonest.at, now + AGAIN_US), KEPT)
    worth = worth_of(sport.games, sport.rate, now)
    hours = min(worth.hours_for(outlook.price * sport.price.usual), outlook.unseen_h)
    if math.isinf(hours):
        return Plan(max(soonest.at, outlook.month.end), KEPT)
    at = sport.answered_at + round(hours * HOUR_S * SECOND)
    if at <= soonest.at:
        return soonest
    return Plan(at, f"{outlook.room} credits have to last until they are renewed")


def _closes(sports: Sequence[Sport], starts: Mapping[str, Sequence[Coming]], free: float) -> tuple[float, float]:
    """What is kept for closes, and the weight for a credit that one needs: the heaviest for their price come first."""
    found = sorted(
        (
            (close.weight / one.price.usual if one.price.usual else math.inf, one.price.usual)
            for one in sports
            for close in closes_of(starts[one.sport_key], one.answered_at)
        ),
        reverse=True,
    )
    kept, cutoff = 0.0, 0.0
    for value, price in found:
        if kept + price > free:
            # Those that are left over weigh as much for their price at most.
            return kept, value
        kept += price
    return kept, cutoff


def _grid(now: int, end: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The moments the plan looks at (hours since 1970, in the middle of each step), and how long each step is in hours."""
    hours = (end - now) / SECOND / HOUR_S
    n = max(1, math.ceil(hours))
    edges = now / SECOND / HOUR_S + np.linspace(0.0, max(hours, 0.0), n + 1)
    return (edges[:-1] + edges[1:]) / 2, np.diff(edges)


@dataclass(frozen=True)
class _Looks:
    """Looks at every sport (rows) in every step of the time that is left (columns), and what they cost."""

    prices: npt.NDArray[np.float64]
    weight: npt.NDArray[np.float64]
    pace: npt.NDArray[np.float64]
    interval: npt.NDArray[np.float64]
    widths: npt.NDArray[np.float64]
    is_guess: npt.NDArray[np.bool_]

    @classmethod
    def of(
        cls, sports: Sequence[Sport], starts: Mapping[str, Sequence[Coming]], now: int, end: int, fastest_s: float
    ) -> "_Looks":
        hours, widths = _grid(now, end)
        known = np.array([[max((game.start for game in one.games), default=now)] for one in sports]) / SECOND / HOUR_S
        asked = [_demand(one, starts[one.sport_key], hours, now, fastest_s) for one in sports]
        return cls(
            np.array([[one.price.usual] for one in sports]),
            np.stack([demand.weight for demand in asked]),
            np.stack([demand.pace for demand in asked]),
            np.stack([demand.interval for demand in asked]),
            widths,
            hours > known,
        )

    def guessed(self) -> float:
        """What the cadence would use without any limit after the last known start of each sport."""
        return float((self.prices * self.widths / self.interval * self.is_guess).sum())

    def cost(self, price: float, unseen_h: float) -> float:
        """What the looks worth this price cost, with one look at each sport in `unseen_h` hours at the least."""
        if math.isinf(price):
            wait: npt.NDArray[np.float64] | float = math.inf
        else:
            with np.errstate(divide="ignore"):
                share = np.minimum(price * self.prices / self.weight, 1.0)
                wait = -np.log1p(-share) * self.weight / self.pace
        interval = np.maximum(self.interval, np.minimum(wait, unseen_h))
        return float((self.prices * self.widths / interval).sum())

    def price_for(self, left: float, unseen_h: float) -> float:
        """The information per credit at which looks cost what is left for them; 0 where the cadence costs no more."""
        if self.cost(0.0, unseen_h) <= left:
            return 0.0
        if math.isinf(unseen_h) and left <= 0:
            return math.inf
        low, high = 0.0, float((self.weight.max(axis=1) / np.maximum(self.prices[:, 0], 1e-9)).max())
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.cost(middle, unseen_h) > left else (low, middle)
        return high


def _demand(
    sport: Sport, starts: Sequence[Coming], hours: npt.NDArray[np.float64], now: int, fastest_s: float
) -> Demand:
    last = max((game.start for game in sport.games), default=now)
    return demand_of(
        starts,
        hours,
        rate=sport.rate,
        fastest_h=fastest_s / HOUR_S,
        listed_h=max(24.0, (last - now) / SECOND / HOUR_S),
        steps=STEPS,
        slowest=SLOWEST,
    )
