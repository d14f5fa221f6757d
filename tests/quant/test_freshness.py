"""The state of books: against a slow judge that goes answer by answer, and by the clock between answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.freshness import (
    FORGET_AFTER_US,
    FRESH,
    IDLE,
    LATE,
    OVERDUE_US,
    SILENT,
    SILENT_AFTER,
    UNSEEN,
    Judged,
    Now,
    Pace,
    Standing,
    judge,
    percentiles,
    reason_of,
    sighting_gaps,
    state_between,
)

SECOND = 1_000_000
MINUTE = 60 * SECOND


def slow_judge(
    times: list[int], newest: list[int], wanted: list[bool], limits: list[int]
) -> list[tuple[int, int, int]]:
    """Last sighting, age and state of one book at each answer, one after the other."""
    last, before, found = 0, 0, []
    for now, seen, others, limit in zip(times, newest, wanted, limits, strict=True):
        last = seen or last
        age = now - last if last else UNSEEN
        if last and not seen and (now - before > FORGET_AFTER_US or (age > limit and not others)):
            last, age = 0, UNSEEN
        before = now
        if not last:
            state = IDLE
        elif age <= limit:
            state = FRESH
        else:
            state = LATE if seen and age <= SILENT_AFTER * limit else SILENT
        found.append((last, age, state))
    return found


@st.composite
def histories(draw: st.DrawFn) -> dict[str, np.ndarray]:
    n, books, kinds = draw(st.integers(1, 25)), draw(st.integers(0, 3)), draw(st.integers(1, 2))
    # Steps of eight hours: four of them are longer than a day.
    unit = 8 * 3600 * SECOND
    times = 1000 + np.cumsum(draw(st.lists(st.integers(1, 5), min_size=n, max_size=n)))
    times = times * unit
    ages = np.array(
        draw(st.lists(st.integers(-6, 12), min_size=n * books * kinds, max_size=n * books * kinds)), np.int64
    ).reshape(n, books, kinds)
    return {
        "times": times.astype(np.int64),
        # A negative age stands for no quote.
        "newest": np.where(ages < 0, 0, times[:, None, None] - unit * ages).astype(np.int64),
        "wanted": np.array(draw(st.lists(st.booleans(), min_size=n * kinds, max_size=n * kinds)), bool).reshape(
            n, kinds
        ),
        "limits": unit
        * np.array(draw(st.lists(st.integers(1, 6), min_size=n * books, max_size=n * books)), np.int64).reshape(
            n, books
        ),
    }


def judged(
    history: dict[str, np.ndarray], last: np.ndarray | None = None, part: slice = slice(None), before: int = 0
) -> Judged:
    last = np.zeros(history["newest"].shape[1:], np.int64) if last is None else last
    return judge(**{n: a[part] for n, a in history.items()}, last=last, before=before)


@given(histories())
def test_judging_a_run_at_once_is_judging_it_answer_by_answer(history: dict[str, np.ndarray]) -> None:
    found = judged(history)
    _, books, kinds = history["newest"].shape
    for b in range(books):
        for k in range(kinds):
            slow = slow_judge(
                history["times"].tolist(),
                history["newest"][:, b, k].tolist(),
                history["wanted"][:, k].tolist(),
                history["limits"][:, b].tolist(),
            )
            ours = zip(
                found.last[:, b, k].tolist(), found.ages[:, b, k].tolist(), found.states[:, b, k].tolist(), strict=True
            )
            assert list(ours) == slow


@given(histories(), st.data())
def test_where_a_run_is_cut_does_not_matter(history: dict[str, np.ndarray], data: st.DataObject) -> None:
    n = len(history["times"])
    cut = data.draw(st.integers(1, n))
    whole, first = judged(history), judged(history, part=slice(None, cut))
    assert np.array_equal(whole.states[:cut], first.states)
    if cut < n:
        rest = judged(history, first.last[-1], slice(cut, None), int(history["times"][cut - 1]))
        assert np.array_equal(whole.states[cut:], rest.states) and np.array_equal(whole.ages[cut:], rest.ages)


@given(histories())
def test_nothing_from_the_future_is_read(history: dict[str, np.ndarray]) -> None:
    for n in range(1, len(history["times"]) + 1):
        assert np.array_equal(judged(history, part=slice(None, n)).states[-1], judged(history).states[n - 1])


@given(st.lists(st.integers(-3, 1000), max_size=40))
def test_percentiles_are_the_usual_ones_of_what_is_there(values: list[int]) -> None:
    found, n = percentiles(np.array(values, np.int64), (0.5, 0.95, 0.99))
    there = [v for v in values if v >= 0]
    assert n == len(there)
    if there:
        assert np.allclose(found, np.quantile(there, (0.5, 0.95, 0.99)))
    else:
        assert np.isnan(found).all()


def test_gaps_lie_between_answers_that_brought_a_newer_sighting() -> None:
    # Sighted at 90, 90 and 150; then nothing was expected; then at 290 and, of an older quote, at 280.
    times = np.array([100, 130, 160, 200, 300, 310])
    ages = np.array([10, 40, 10, UNSEEN, 10, 30])
    assert sighting_gaps(times, ages).tolist() == [UNSEEN, 60, UNSEEN, UNSEEN, UNSEEN]


# -- between answers ----------------------------------------------------------------------------------------------------


def book(
    state: str = "fresh", *, limit_s: int = 120, answered_s: int = 10, quoted: bool = True, wanted: bool = True
) -> Standing:
    return Standing(state, 1_000 * SECOND, limit_s * SECOND, quoted, wanted, (1_000 + answered_s) * SECOND)


def at(seconds: int, standing: Standing, pace: Pace | None) -> Now | None:
    return state_between(standing, pace, (1_000 + seconds) * SECOND)


def due(seconds: int, n_failed: int = 0) -> Pace:
    return Pace((1_000 + seconds) * SECOND, n_failed)


LATE_AT, SILENT_AT = 1_120 * SECOND, 1_360 * SECOND


def test_a_book_goes_late_and_silent_by_the_clock_while_its_sport_is_asked_for_in_vain() -> None:
    for seconds in (11, 60, 120):
        assert at(seconds, book(), due(seconds + 5, n_failed=2)) is None
    assert at(121, book(), due(200, n_failed=2)) == Now("late", LATE_AT, "no_answer")
    assert at(360, book(), due(400, n_failed=3)) == Now("late", LATE_AT, "no_answer")
    assert at(361, book(), due(400, n_failed=3)) == Now("silent", SILENT_AT, "no_answer")


def test_between_two_polls_in_time_the_reason_is_the_book_itself() -> None:
    assert at(121, book(answered_s=65), due(125)) == Now("late", LATE_AT, "standing_still")
    assert at(121, book(answered_s=65, quoted=False), due(125)) == Now("silent", LATE_AT, "vanished")
    assert at(121, book(answered_s=65, quoted=False, wanted=False), due(125)) == Now("idle", LATE_AT, "")


def test_a_book_is_not_blamed_while_nobody_looks() -> None:
    # Polled every quarter of an hour: two polls do not fit into two minutes.
    assert at(119, book(), due(910)) is None
    assert at(121, book(), due(910)) == Now("paused", LATE_AT, "not_polled")
    assert at(900, book(), due(910)) == Now("paused", LATE_AT, "not_polled")
    # Polling has stopped: what was due never came.
    overdue = 70 + OVERDUE_US // SECOND
    assert at(121, book(), due(70)) == Now("late", LATE_AT, "standing_still")
    assert at(overdue + 1, book(), due(70)) == Now("paused", LATE_AT, "not_polled")
    assert at(overdue + 1, book(), due(70, n_failed=4)) == Now("paused", LATE_AT, "not_polled")
    assert at(121, book(), None) == Now("paused", LATE_AT, "not_polled")


def test_what_an_answer_showed_late_stays_so_while_nobody_looks() -> None:
    for state in ("late", "silent"):
        assert at(5_000, book(state), None) is None
        assert at(5_000, book(state), due(60)) is None
    assert at(361, book("late", answered_s=330), due(390)) == Now("silent", SILENT_AT, "standing_still")


@given(
    limit=st.integers(1, 4000),
    answered=st.integers(0, 4000),
    interval=st.integers(1, 4000),
    failed=st.integers(0, 3),
    quoted=st.booleans(),
    wanted=st.booleans(),
    seconds=st.integers(0, 20_000),
)
def test_up_to_the_limit_a_book_is_fresh_and_beyond_it_never(
    limit: int, answered: int, interval: int, failed: int, quoted: bool, wanted: bool, seconds: int
) -> None:
    answered = min(answered, limit)
    standing = book(limit_s=limit, answered_s=answered, quoted=quoted, wanted=wanted)
    there = at(seconds, standing, due(answered + interval, failed))
    assert (there is None) == (seconds <= limit)
    if there is not None:
        assert there.state in ("late", "silent", "paused", "idle")
        assert 1_000 * SECOND + standing.limit_us <= there.since <= (1_000 + seconds) * SECOND
        if 2 * interval > limit and not failed:
            assert there.state == "paused"


@pytest.mark.parametrize(
    ("answered", "quoted", "reason"),
    [
        (True, True, "standing_still"),
        (True, False, "vanished"),
        (False, True, "no_answer"),
        (False, False, "no_answer"),
    ],
)
def test_the_reason_names_who_kept_quiet(answered: bool, quoted: bool, reason: str) -> None:
    assert reason_of(is_answered=answered, is_quoted=quoted) == reason
