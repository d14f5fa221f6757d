"""Credits: what a request may cost at worst, how many can be afforded, and the month they have to last for.

Times are UTC microseconds.
"""

import datetime as dt
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass

SECOND = 1_000_000
# So many of the newest charges say what a request costs: a price that rose is believed at once, one that fell after these.
REMEMBERED = 20


@dataclass(frozen=True)
class Allowance:
    """What the operator allows: `reserve` credits are never touched, `per_month` may be used at most (None: all others).

    Credits are counted anew at 00:00 UTC on `reset_day` of the month, or on its last day where it is shorter.
    """

    reserve: int = 25
    per_month: int | None = None
    reset_day: int = 1


USUAL = Allowance()


@dataclass(frozen=True)
class Month:
    """The month that is counted: from the renewal of credits before a moment to the next one after it."""

    start: int
    end: int

    def seconds_left(self, now: int) -> float:
        """Seconds from `now` to the next renewal."""
        return (self.end - now) / SECOND


def month_of(now: int, reset_day: int = 1) -> Month:
    """The counted month a moment lies in; a renewal belongs to the month it begins.

    >>> noon = int(dt.datetime(2026, 2, 28, 12, tzinfo=dt.UTC).timestamp()) * SECOND
    >>> [dt.datetime.fromtimestamp(at / SECOND, dt.UTC).date().isoformat() for at in vars(month_of(noon, 31)).values()]
    ['2026-02-28', '2026-03-31']
    """
    day = dt.datetime.fromtimestamp(now // SECOND, dt.UTC)
    renewals = [_renewal(day.year, day.month + offset, reset_day) for offset in (-1, 0, 1)]
    begun = [at for at in renewals if at <= now]
    return Month(begun[-1], renewals[len(begun)])


def _renewal(year: int, month: int, reset_day: int) -> int:
    """The renewal of a month; months before the first and after the last are those of the years beside."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    day = min(reset_day, monthrange(year, month)[1])
    return int(dt.datetime(year, month, day, tzinfo=dt.UTC).timestamp()) * SECOND


def affordable(remaining: int, *, reserve: int, cost: int, attempts: int = 1, held: int = 0, kept: int = 0) -> int:
    """How many requests may follow one another, so that none of them can take what remains below the reserve.

    `cost` is what one request is charged as a rule; every one of its `attempts` may be charged, so the last request still
    needs `attempts * cost` of room. `held` is what requests under way may yet be charged, `kept` what must be left for
    something more important. A request that is free can be made without end: the answer is -1.

    >>> affordable(100, reserve=25, cost=30)
    2
    >>> affordable(100, reserve=25, cost=30, attempts=3)  # 75 are free, and a first request might take 90
    0
    """
    if cost <= 0:
        return -1
    room = remaining - reserve - held - kept - attempts * cost
    return 0 if room < 0 else 1 + room // cost


@dataclass(frozen=True)
class Price:
    """What a request costs: `expected` as the provider documents it, and `charged`, the newest charges, oldest first."""

    expected: int
    charged: tuple[int, ...] = ()

    def after(self, charge: int) -> "Price":
        """With one more charge seen."""
        return Price(self.expected, (*self.charged, charge)[-REMEMBERED:])

    @property
    def at_most(self) -> int:
        """What has to be reckoned with: the documented price, or the dearest charge remembered where that is more."""
        return max(self.expected, *self.charged) if self.charged else self.expected

    @property
    def usual(self) -> float:
        """What plans reckon with: the mean of the charges remembered, else the documented price."""
        return sum(self.charged) / len(self.charged) if self.charged else float(self.expected)


def price_of(expected: int, charged: Sequence[int]) -> Price:
    """The price of a request after these charges, oldest first.

    >>> price_of(3, [3, 3, 6]).at_most, price_of(3, [0, 3]).usual
    (6, 1.5)
    """
    return Price(expected, tuple(charged[-REMEMBERED:]))
