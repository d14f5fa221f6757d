"""The forecast for the end of the month: what will be left when credits are renewed, with an interval."""

import math
from dataclasses import dataclass

# Four times in five the truth lies within so many standard deviations.
WIDTH = 1.2816
# How far the plan for the rest of a month is off, as a share of it: schedules change and markets move. The simulated months
# (python -m tests.polling_month) say how well it covers.
PLAN_ERROR = 0.1


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


def forecast(remaining: int, planned: float, request: float, others: Others, reserve: int) -> Forecast:
    """What will be left of `remaining` credits after `planned` of our own and what others use.

    `request` is the price of one request. Our own polls never go below the reserve, so only what others use can.

    >>> forecast(400, planned=300, request=3, others=Others(), reserve=25).expected
    100.0
    """
    deviation = math.hypot(PLAN_ERROR * planned, math.sqrt(planned * request), others.deviation)
    middle = remaining - planned - others.expected
    # Where nothing of our own is spent any more, this is what is left at least.
    floor = min(float(reserve), remaining - others.expected - WIDTH * others.deviation)
    return Forecast(
        expected=max(middle, min(float(reserve), remaining - others.expected)),
        low=max(middle - WIDTH * deviation, floor),
        high=min(middle + WIDTH * deviation, float(remaining)),
        reserve=reserve,
    )
