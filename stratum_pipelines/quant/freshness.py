"""How fresh each book is: the age of its newest quote in a market, and whether that is in time, late or silent.

Everything rests on one limit, the one beyond which a quote is stale and left out of the consensus: `LATE_AFTER` expected
gaps of the book in its sport. So a book is late in a market exactly when every quote it has there is stale.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

# Raise it with any of the numbers below: days computed by the old ones are then out of date.
VERSION = "1"
# In expected gaps of the book, which are 95th percentiles: one gap in twenty is longer than one, so the limit is two.
LATE_AFTER = 2.0
# In limits. Beyond three of them waiting for the next sighting no longer helps: see docs/methodology/freshness.md.
SILENT_AFTER = 3.0
# A pace of polling shows in time that a book is late when two polls fit into its limit.
POLLS_WITHIN_LIMIT = 2
# Of a book that was sighted before so long a stretch without answers nothing is expected until it is sighted again.
FORGET_AFTER_US = 24 * 3600 * 1_000_000
# A poll that is overdue by more than this will not come: nobody polls. One request with all its attempts takes 52 s.
OVERDUE_US = 60 * 1_000_000

STATES = ("idle", "fresh", "late", "silent")
IDLE, FRESH, LATE, SILENT = range(4)
# Between answers only: nobody has looked.
PAUSED = "paused"
STANDING_STILL, VANISHED, NO_ANSWER, NOT_POLLED = "standing_still", "vanished", "no_answer", "not_polled"
REASONS = (STANDING_STILL, VANISHED, NO_ANSWER)

UNSEEN = -1


@dataclass(frozen=True)
class Judged:
    """B books in K markets at P answers: arrays of shape (P, B, K).

    `last` is the sighting the age is counted from, 0 where nothing is expected of the book; `ages` are in microseconds,
    `UNSEEN` there; `states` are positions in `STATES`.
    """

    last: Ints
    ages: Ints
    states: npt.NDArray[np.int8]


def judge(times: Ints, newest: Ints, wanted: Bools, limits: Ints, last: Ints, before: int) -> Judged:
    """The state of every book in every market at each answer of a run.

    `times` (P,) are receipts; `newest` (P, B, K) is when the newest of the book's standing quotes was sighted, 0 where none
    stands; `wanted` (P, K) says whether any book quotes a game there that has not begun; `limits` (P, B) are the ages
    beyond which quotes are stale; `last` (B, K) is the last sighting before the run, 0 where nothing is expected; `before`
    is the receipt of the answer before the run. All times in UTC microseconds, limits in microseconds.

    The age counts from the newest standing quote, or from the last one that stood. Up to the limit a book is fresh. Beyond
    it the book is late, and silent beyond `SILENT_AFTER` limits, or at once when it has no quote left while others quote
    games to come. Where nobody does, nothing is expected of it any more, until it quotes again; nor is it where there was
    no answer for a day.

    >>> minute = 60_000_000
    >>> times = np.arange(1, 9) * minute
    >>> newest = np.full((8, 1, 1), minute)  # sighted once and never again
    >>> found = judge(times, newest, np.ones((8, 1), bool), np.full((8, 1), 2 * minute), np.zeros((1, 1), int), 0)
    >>> [STATES[state] for state in found.states[:, 0, 0]]
    ['fresh', 'fresh', 'fresh', 'late', 'late', 'late', 'late', 'silent']
    """
    stands = newest > 0
    row = np.arange(len(times))[:, None, None]
    stood = np.maximum.accumulate(np.where(stands, row, -1), axis=0)
    held = np.where(stood >= 0, np.take_along_axis(newest, np.maximum(stood, 0), axis=0), last)
    ages = times[:, None, None] - held
    limit = limits[:, :, None]
    over = ages > limit
    # Forgotten once nobody quotes, and until the next time it does itself.
    long_pause = np.diff(times, prepend=before) > FORGET_AFTER_US
    ended = (held > 0) & ~stands & (over & ~wanted[:, None, :] | long_pause[:, None, None])
    forgotten = np.maximum.accumulate(np.where(ended, row, -1), axis=0) > stood
    expected = (held > 0) & ~forgotten
    silent = ~stands | (ages > SILENT_AFTER * limit)
    states = np.where(over, np.where(silent, SILENT, LATE), FRESH)
    return Judged(
        last=np.where(expected, held, 0),
        ages=np.where(expected, ages, UNSEEN),
        states=np.where(expected, states, IDLE).astype(np.int8),
    )


def is_watched(gap_us: int, limit_us: int) -> bool:
    """Whether polls so far apart show in time that a book with this limit is late.

    >>> is_watched(60, limit_us=120), is_watched(61, limit_us=120)
    (True, False)
    """
    return POLLS_WITHIN_LIMIT * gap_us <= limit_us


def percentiles(values: Ints, places: tuple[float, ...]) -> tuple[Floats, Ints]:
    """Percentiles along the first axis, linear interpolation, and how many values there were; negative ones are none.

    `values` has shape (N, …); returns shapes (len(places), …), NaN where there is no value, and (…).

    >>> found, n = percentiles(np.array([[40], [10], [-1], [20]]), (0.5, 0.95))
    >>> found[:, 0].round(6).tolist(), n.tolist()
    ([20.0, 38.0], [3])
    """
    counts = (values >= 0).sum(axis=0)
    found = np.full((len(places), *values.shape[1:]), np.nan)
    if not len(values):
        return found, counts
    ordered = np.sort(np.where(values < 0, np.iinfo(np.int64).max, values), axis=0)
    top = np.maximum(counts - 1, 0)
    for i, share in enumerate(places):
        place = share * top
        below = place.astype(np.int64)
        low = np.take_along_axis(ordered, below[None], axis=0)[0]
        high = np.take_along_axis(ordered, np.minimum(below + 1, top)[None], axis=0)[0]
        found[i] = np.where(counts > 0, low + (high - low) * (place - below), np.nan)
    return found, counts


def sighting_gaps(times: Ints, ages: Ints) -> Ints:
    """The gaps between sightings that N answers show, shape (N - 1, …), `UNSEEN` where an answer brought no newer one.

    `times` (N,) are receipts, `ages` (N, …) what `judge` found at them; all in microseconds.
    """
    sighted = np.where(ages >= 0, times.reshape(-1, *[1] * (ages.ndim - 1)) - ages, 0)
    gaps = sighted[1:] - sighted[:-1]
    return np.where((sighted[:-1] > 0) & (gaps > 0), gaps, UNSEEN)


def reason_of(*, is_answered: bool, is_quoted: bool) -> str:
    """Why a book beyond its limit is there: its sport got no full answer, its quotes stand still, or it has none left."""
    if not is_answered:
        return NO_ANSWER
    return STANDING_STILL if is_quoted else VANISHED


@dataclass(frozen=True)
class Standing:
    """A book in a market as the last answer left it. Times are UTC microseconds, the limit in microseconds.

    `state` is the one at that answer; `is_quoted` says whether a quote of the book stands, `is_wanted` whether any book
    quotes a game there that has not begun.
    """

    state: str
    last_sighted_at: int
    limit_us: int
    is_quoted: bool
    is_wanted: bool
    answered_at: int


@dataclass(frozen=True)
class Pace:
    """How a sport is polled: when it is due again (UTC microseconds), and how often asking failed since it last did not."""

    due_at: int
    n_failed: int = 0


@dataclass(frozen=True)
class Now:
    """A state between two answers, since when (UTC microseconds), and why."""

    state: str
    since: int
    reason: str


def state_between(book: Standing, pace: Pace | None, now: int) -> Now | None:
    """The state at `now` (UTC microseconds), no answer having come since; None where it is as the answer left it.

    The clock of a book runs on between answers while its sport is watched: polled at a pace that leaves room for two polls
    within the limit, or asked in vain. A book that was in time at the last answer and is not watched is `paused` beyond
    its limit: it may have been sighted since, had anybody looked. `pace` is None where nobody polls.

    Worked example: sighted at 0 s, limit 120 s, the last answer at 10 s and the next due at 70 s. At 125 s nothing has
    come: late since 120 s. Were the next poll due at 910 s, it would be paused since 120 s.

    >>> second = 1_000_000
    >>> book = Standing("fresh", 0, 120 * second, True, True, 10 * second)
    >>> state_between(book, Pace(70 * second), 120 * second)
    >>> state_between(book, Pace(70 * second), 125 * second)
    Now(state='late', since=120000000, reason='standing_still')
    >>> state_between(book, Pace(910 * second), 125 * second)
    Now(state='paused', since=120000000, reason='not_polled')
    """
    age, late_at = now - book.last_sighted_at, book.last_sighted_at + book.limit_us
    if book.state not in (STATES[FRESH], STATES[LATE]) or age <= book.limit_us:
        return None
    if not _is_running(book, pace, now):
        return Now(PAUSED, late_at, NOT_POLLED) if book.state == STATES[FRESH] else None
    if not book.is_quoted and not book.is_wanted:
        return Now(STATES[IDLE], late_at, "")
    reason = reason_of(is_answered=not (pace and pace.n_failed), is_quoted=book.is_quoted)
    if age > SILENT_AFTER * book.limit_us:
        return Now(STATES[SILENT], book.last_sighted_at + int(SILENT_AFTER * book.limit_us), reason)
    if not book.is_quoted:
        return Now(STATES[SILENT], late_at, reason)
    return Now(STATES[LATE], late_at, reason) if book.state == STATES[FRESH] else None


def _is_running(book: Standing, pace: Pace | None, now: int) -> bool:
    """Whether the time since the last answer counts: somebody polls, and would have seen more."""
    if pace is None or now > pace.due_at + OVERDUE_US:
        return False
    return pace.n_failed > 0 or is_watched(pace.due_at - book.answered_at, book.limit_us)
