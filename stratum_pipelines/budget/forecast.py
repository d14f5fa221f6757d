"""The forecast for the end of the month: what will be left when credits are renewed, with an interval."""

import math
from dataclasses import dataclass

# Four times in five the truth lies within so many standard deviations.
WIDTH = 1.2816
# How far the cadence's wish is off, as a share of it: attempts are charged that failed, and starts are moved; and as a share
# of the part after the last known start, for which the last week is taken to repeat. The simulated months
# (python -m tests.forecast_months) say how well that covers.
WISH_ERROR, GUESS_ERROR = 0.01, 0.015
# Four times in five an evenly spread number lies within so much of its range from the middle of it.
EVEN_WIDTH = 0.4


@dataclass(frozen=True)
class Others:
    """What others use of the same key: expected until the renewal, and its standard deviation, in credits."""

    expected: float = 0.0
    deviation: float = 0.0


def others_until(outside: float, squares: float, watched_s: float, left_s: float) -> Others:
    """What others will use, from what they used while we watched.

    `outside` is the sum of what they used and `squares` the sum of squares of its portions, in `watched_s` seconds. Portions
    that come at random at a constant rate (a compound Poisson process) add up to outside * k in k times that time, with
    the variance squares * k; that the rate itself is only estimated adds squares * k^2. An hour is the least time watched.

    >>> others_until(20, 200, watched_s=86400, left_s=2 * 86400)
    Others(expected=40.0, deviation=34.64...)
    """
    k = max(0.0, left_s) / max(watched_s, 3600.0)
    return Others(outside * k, math.sqrt(squares * k * (1 + k)))


@dataclass(frozen=True)
class Forecast:
    """What will be left at the renewal: expected, and the interval it lies in four times out of five, in credits."""

    expected: float
    low: float
    high: float
    reserve: int

    @property
    def crosses(self) -> bool:
        """Whether less than the reserve may well be left. Our own polls stop before it; others do not."""
        return self.low < self.reserve

    def warning(self) -> str:
        """One sentence where the reserve is in danger, else nothing."""
        if not self.crosses:
            return ""
        return (
            f"Credits may fall below the reserve of {self.reserve} before they are renewed: {self.low:.0f} to {self.high:.0f} "
            "are forecast to be left. Others use the same key, or credits were used up before: polls stop, others do not."
        )


@dataclass(frozen=True)
class Wish:
    """What the cadence would use of our own until the renewal without any limit, in credits.

    `guessed` is the part of it after the last known start.
    """

    expected: float
    guessed: float = 0.0

    @property
    def deviation(self) -> float:
        """The standard deviation."""
        return math.hypot(WISH_ERROR * self.expected, GUESS_ERROR * self.guessed)


@dataclass(frozen=True)
class Last:
    """The end of our own polls: a request leaves only while there is `room` for all its attempts above the reserve.

    `charge` is what one is charged, `share` the part of the time until the renewal in which none leaves any more, because
    what is left is less than that room.
    """

    charge: float
    room: float
    share: float


def last_request(charge: float, attempts: int, planned: float) -> Last:
    """The end of polls that spend `planned` credits evenly until the renewal, at `charge` a request of so many attempts.

    >>> last_request(3, attempts=3, planned=90)
    Last(charge=3, room=9, share=0.1)
    """
    room = charge * attempts
    return Last(charge, room, min(1.0, room / planned) if planned > 0 else 1.0)


def forecast(remaining: int, wish: Wish, last: Last, others: Others, after: Others, reserve: int) -> Forecast:
    """What will be left of `remaining` credits.

    `others` is what others use until the renewal and `after` what they use once our last request has left. Where all wishes are met, what is left is what is not wished for. Else the
    credits are spent down to the room of a last request, whatever the plan was wrong about: somewhere in the width of one
    charge below it our polls stop, and only what others use after that is not known. The larger of both is left, unless
    others alone use more than that.

    >>> end = last_request(3, attempts=3, planned=300)
    >>> forecast(400, Wish(300), last=end, others=Others(), after=Others(), reserve=25).expected
    100.0
    >>> forecast(400, Wish(900), last=end, others=Others(), after=Others(), reserve=25)
    Forecast(expected=32.0, low=31.2, high=32.8, reserve=25)
    """
    over = remaining - wish.expected - others.expected
    over_reach = WIDTH * math.hypot(wish.deviation, others.deviation)
    # Charges are whole credits: after the last one there is room for 1 to `charge` credits less than a request needs.
    width = max(last.charge - 1.0, 0.0)
    stopped, stopped_reach = reserve + last.room - last.charge + width / 2, EVEN_WIDTH * width
    if remaining < stopped:
        stopped, stopped_reach = float(remaining), 0.0
    end = stopped - after.expected
    end_reach = math.hypot(stopped_reach, WIDTH * after.deviation)
    most = remaining - others.expected
    return Forecast(
        expected=min(max(over, end), most),
        low=min(max(over - over_reach, end - end_reach), most - WIDTH * others.deviation),
        high=min(max(over + over_reach, end + end_reach), float(remaining)),
        reserve=reserve,
    )
