import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.board.sightings import MEMORY_US, MIN_GAPS, Sightings
from tests.build import MINUTE, NOON

DEFAULT = 15 * MINUTE


def seen(gaps: list[int]) -> tuple[Sightings, int]:
    """A book seen with these gaps, and when it was last seen."""
    book, at = Sightings(), NOON
    book.see(at)
    for gap in gaps:
        at += gap
        book.see(at)
    return book, at


def test_a_book_hardly_seen_is_given_twice_the_providers_gap() -> None:
    for n in (0, 1, MIN_GAPS - 1):
        book, at = seen([MINUTE] * n)
        assert book.limit(at, DEFAULT) == 2 * DEFAULT
    assert Sightings().limit(NOON, DEFAULT) == 2 * DEFAULT


def test_with_twenty_gaps_the_book_is_measured_by_itself() -> None:
    book, at = seen([MINUTE] * MIN_GAPS)
    assert book.limit(at, DEFAULT) == 2 * MINUTE


def test_the_limit_is_twice_the_95th_percentile_by_hand() -> None:
    # Gaps of 1 to 21 minutes: the place of 95 % among them is 0.95 x 20 = 19, the twentieth: 20 minutes.
    book, at = seen([n * MINUTE for n in range(21, 0, -1)])
    assert book.limit(at, DEFAULT) == 40 * MINUTE


@given(st.lists(st.integers(1, 50 * MINUTE), min_size=MIN_GAPS, max_size=28))
def test_the_percentile_is_the_usual_one(gaps: list[int]) -> None:
    book, at = seen(gaps)
    assert abs(book.limit(at, DEFAULT) - 2 * np.quantile(gaps, 0.95)) <= 2


def test_an_older_or_equal_sighting_says_nothing_new() -> None:
    book, at = seen([MINUTE] * MIN_GAPS)
    book.see(at)
    book.see(at - 7 * MINUTE)
    assert book.last == at and len(book.gaps) == MIN_GAPS


def test_gaps_that_ended_a_day_ago_are_forgotten() -> None:
    book, at = seen([10 * MINUTE] + [MINUTE] * (MIN_GAPS - 1))
    first_ended = NOON + 10 * MINUTE
    assert book.limit(first_ended + MEMORY_US - 1, DEFAULT) < 2 * DEFAULT
    # Nineteen are left: too few again.
    assert book.limit(first_ended + MEMORY_US, DEFAULT) == 2 * DEFAULT
    assert book.limit(at + MEMORY_US, DEFAULT) == 2 * DEFAULT and not book.gaps


@given(st.lists(st.integers(1, 300 * MINUTE), min_size=2, max_size=60), st.data())
def test_a_book_taken_up_again_from_what_was_remembered_goes_on_the_same(gaps: list[int], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(gaps) - 1))
    first, at = seen(gaps[:cut])
    first.limit(at, DEFAULT)
    again = Sightings(first.last, list(first.gaps))
    for gap in gaps[cut:]:
        at += gap
        first.see(at)
        again.see(at)
        assert first.limit(at, DEFAULT) == again.limit(at, DEFAULT)
