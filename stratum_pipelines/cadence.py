"""When a sport may be polled next: by the time to its next start, and by what failed last.

Pure arithmetic on UTC microseconds. How much of this pace the credits of a month pay for is worked out in `budget`; what is
asked for and how it is fetched stand elsewhere.
"""

from dataclasses import dataclass

SECOND = 1_000_000
HOUR_S = 3600.0

# How many times slower than the fastest pace a sport is polled, by the hours left to its next start.
STEPS: tuple[tuple[float, float], ...] = ((3.0, 1.0), (24.0, 5.0), (72.0, 15.0))
SLOWEST = 60.0
LONGEST_BACKOFF_S = HOUR_S
# Early by less than this still counts as due: ticks come every few seconds, and waiting for the next would slow the pace.
SLACK_S = 1.0


@dataclass(frozen=True)
class Situation:
    """What the decision depends on. Times are UTC microseconds; None means not known.

    `cost` is what polling the sport uses, in credits; 0 for a feed that is free. `n_failed` counts the polls of this sport
    that failed since the last that did not.
    """

    now: int
    last_poll_at: int | None = None
    next_start_at: int | None = None
    cost: int = 0
    n_failed: int = 0


@dataclass(frozen=True)
class Plan:
    """When to poll next (UTC microseconds) and why then, in words."""

    at: int
    reason: str

    def is_due(self, now: int) -> bool:
        """Whether that moment has come, give or take a second."""
        return now + SLACK_S * SECOND >= self.at


def next_poll(situation: Situation, fastest_s: float = 60.0) -> Plan:
    """The next poll of a sport: `fastest_s` apart close to a start, more slowly before, and after failures.

    >>> start = 1_000_000 * 3600 * 30
    >>> next_poll(Situation(now=0, last_poll_at=0, next_start_at=start, cost=3), fastest_s=60)
    Plan(at=900000000, reason='the next start is 30.0 hours away')
    """
    last = situation.last_poll_at
    if last is None:
        return Plan(situation.now, "it has not been polled yet")
    interval, reason = pace_by_start(situation, fastest_s)
    if situation.n_failed:
        slowed = min(fastest_s * 2.0**situation.n_failed, LONGEST_BACKOFF_S)
        if slowed > interval:
            interval, reason = slowed, f"the last {situation.n_failed} polls failed"
    return Plan(last + round(interval * SECOND), reason)


def pace_by_start(situation: Situation, fastest_s: float) -> tuple[float, str]:
    """Seconds between polls by the time left to the next start, and the reason; a free feed is always polled fast."""
    if situation.cost == 0:
        return fastest_s, "the feed is free"
    if situation.next_start_at is None:
        return fastest_s * SLOWEST, "no start is known"
    hours = (situation.next_start_at - situation.now) / SECOND / HOUR_S
    for limit, factor in STEPS:
        if hours <= limit:
            return fastest_s * factor, f"the next start is {max(hours, 0.0):.1f} hours away"
    return fastest_s * SLOWEST, f"the next start is {hours / 24:.1f} days away"
