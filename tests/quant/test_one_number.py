import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.consensus import weighted_median
from stratum_pipelines.quant.key_numbers import score_table
from stratum_pipelines.quant.one_number import OneNumber, at_one_number, market_number
from stratum_pipelines.reference import load_reference

NFL = score_table(load_reference().leagues["americanfootball_nfl"], "spreads")
TOTALS = score_table(load_reference().leagues["americanfootball_nfl"], "totals")
NAN = np.nan


def number(handicaps: list[float], weights: list[float]) -> float:
    h, w = np.array([handicaps]), np.array([weights])
    return float(market_number(h, w, weighted_median(h, w))[0])


def together(handicaps: np.ndarray, probs: np.ndarray, weights: np.ndarray) -> OneNumber:
    return at_one_number(NFL, handicaps, probs, weights, weighted_median(handicaps, weights))


def test_the_market_stands_at_the_number_quoted_most() -> None:
    assert number([-3.0, -3.0, -3.5, -3.0], [1, 1, 1, 1]) == -3.0
    # Two brands of one operator are one opinion: -3.5 has 1/2 + 1/2, -3 has 1 + 1.
    assert number([-3.5, -3.5, -3.0, -3.0], [0.5, 0.5, 1, 1]) == -3.0
    # Books that do not count are not asked.
    assert number([-3.5, -3.5, -3.5, -3.0], [0, 0, 0, 1]) == -3.0
    assert number([-3.5, -3.0], [1.0, 1.0]) == -3.0
    assert np.isnan(number([-3.5, -3.0], [0.0, 0.0]))
    assert market_number(np.empty((2, 0)), np.empty((2, 0)), np.full(2, NAN)).shape == (2,)


def test_among_numbers_quoted_equally_the_middle_one_is_taken_then_the_smaller() -> None:
    assert number([-3.5, -3.0, -2.5], [1, 1, 1]) == -3.0
    assert number([-3.5, -2.5], [1, 1]) == -2.5
    assert number([0.5, -0.5], [1, 1]) == -0.5
    # Three thirds are a whole, though they do not add up to the last bit.
    assert number([-7.0, -6.5, -6.5, -6.5], [1, 1 / 3, 1 / 3, 1 / 3]) == -6.5


def test_books_are_moved_by_hand() -> None:
    # Three books at -3, one at -2.5 with 0.55. Books at -3 keep theirs; at -2.5 the fourth sees the threes win, at -3 push.
    found = together(np.array([[-3.0, -3.0, -3.0, -2.5]]), np.array([[0.50, 0.51, 0.49, 0.55]]), np.ones((1, 4)))
    assert found.number.tolist() == [-3.0]
    assert found.moved.tolist() == [[False, False, False, True]]
    assert found.fair_prob[0, :3].tolist() == [0.50, 0.51, 0.49]
    assert found.fair_prob[0, 3] == NFL.move(0.55, -2.5, -3.0).fair < 0.52


def test_the_other_side_sees_the_same() -> None:
    handicaps, probs = np.array([[-3.0, -3.5, -3.0, -2.5]]), np.array([[0.5, 0.47, 0.51, 0.54]])
    home, away = together(handicaps, probs, np.ones((1, 4))), together(-handicaps, 1 - probs, np.ones((1, 4)))
    assert away.number == -home.number
    assert (home.fair_prob + away.fair_prob) == pytest.approx(np.ones((1, 4)), abs=1e-12)


def test_totals_are_moved_from_the_overs_side() -> None:
    handicaps, probs = np.array([[-45.5, -45.5, -44.5]]), np.array([[0.5, 0.51, 0.54]])
    found = at_one_number(TOTALS, handicaps, probs, np.ones((1, 3)), np.array([-45.5]))
    # Over 44.5 wins with 45 as well; at 45.5 that is lost.
    assert found.number.tolist() == [-45.5] and 0.48 < found.fair_prob[0, 2] < 0.52


def test_a_market_of_one_number_stays_as_it_is() -> None:
    probs = np.array([[0.48, 0.5, 0.53]])
    found = together(np.full((1, 3), -6.0), probs, np.ones((1, 3)))
    assert np.array_equal(found.fair_prob, probs) and not found.moved.any()


def test_what_does_not_count_holds_anything_and_gives_nothing() -> None:
    handicaps, probs = np.array([[-3.0, NAN, -300.0]]), np.array([[0.5, NAN, 7.0]])
    found = together(handicaps, probs, np.array([[1.0, 0.0, 0.0]]))
    assert found.number.tolist() == [-3.0] and found.fair_prob[0, 0] == 0.5
    assert np.isnan(found.fair_prob[0, 1:]).all() and not found.moved.any()


def test_a_number_nobody_can_reach_becomes_none_and_costs_the_others_nothing() -> None:
    found = together(np.array([[-3.0, -3.0, -900.0]]), np.full((1, 3), 0.5), np.ones((1, 3)))
    assert found.fair_prob[0, :2].tolist() == [0.5, 0.5] and np.isnan(found.fair_prob[0, 2]) and found.moved[0, 2]


BOOKS = st.lists(
    st.tuples(st.integers(-14, 14).map(lambda h: h / 2), st.floats(0.3, 0.7), st.sampled_from([0.0, 0.5, 1.0])),
    min_size=1,
    max_size=8,
)


@given(BOOKS, st.integers(0, 7), st.integers(1, 3))
def test_empty_columns_and_other_markets_beside_it_change_no_bits(
    books: list[tuple[float, float, float]], place: int, more: int
) -> None:
    handicaps, probs, weights = (np.array([column]) for column in zip(*books, strict=True))
    alone = together(handicaps, probs, weights)
    at = min(place, len(books))
    wider = [np.insert(v, [at] * more, 0.5, axis=1) for v in (handicaps, probs)] + [
        np.insert(weights, [at] * more, 0.0, axis=1)
    ]
    beside = together(*(np.concatenate([v, v[:, ::-1]]) for v in wider))
    kept = np.delete(beside.fair_prob[0], range(at, at + more))
    assert np.array_equal(kept, alone.fair_prob[0], equal_nan=True)
    assert np.array_equal(beside.number[:1], alone.number, equal_nan=True)


@given(BOOKS)
def test_every_book_that_counts_is_at_the_markets_number_and_could_go_back(
    books: list[tuple[float, float, float]],
) -> None:
    handicaps, probs, weights = (np.array([column]) for column in zip(*books, strict=True))
    found = together(handicaps, probs, weights)
    counted = weights[0] > 0
    assert np.isnan(found.fair_prob[0][~counted]).all()
    if counted.any():
        assert found.number[0] in handicaps[0][counted]
        back = NFL.move(found.fair_prob[0], found.number[0], handicaps[0]).fair
        assert back[counted] == pytest.approx(probs[0][counted], abs=1e-9)
