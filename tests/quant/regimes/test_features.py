"""What a step says: worked numbers, and the laws it keeps whatever the quotes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.regimes.features import book_levels, step_features

SD = 13.0
BOOKS = 6
levels_of_books = st.lists(st.floats(-1.5, 1.5), min_size=BOOKS, max_size=BOOKS)


def levels(prices: list, points: list, *, per_point: float = 0.0, has_draw: bool = False) -> np.ndarray:
    """The levels of the books of one market."""
    counted = ~np.isnan(np.array([prices])).any(axis=1)
    return book_levels(np.array([prices]), np.array([points]), counted, np.array([has_draw]), np.array([per_point]))[0]


def step(before: list, now: list, *, minutes: float = 1.0, groups: list | None = None) -> list[float]:
    """The features of one step."""
    groups = list(range(len(now))) if groups is None else groups
    found = step_features(
        np.array([before], float), np.array([now], float), np.array([minutes]), np.array(groups, np.int64)
    )
    return found[0].tolist()


def test_a_fair_chance_of_two_in_three_lies_0_43_deviations_up() -> None:
    assert levels([[1.5], [3.0]], [0.0]).round(3).tolist() == [0.431]  # Φ(0.431) = 2/3


def test_half_a_draw_is_a_win_and_an_unused_third_outcome_is_none() -> None:
    # Fair chances 0.4, 0.35 and 0.25: 0.525, which is 0.063 deviations up.
    assert levels([[2.5], [1 / 0.35], [4.0]], [0.0], has_draw=True).round(3).tolist() == [0.063]
    two_way = book_levels(
        np.array([[[1.5], [3.0], [np.nan]]]), np.zeros((1, 1)), np.ones((1, 1), bool), np.array([False]), np.zeros(1)
    )
    assert two_way.round(3).tolist() == [[0.431]]


def test_a_book_without_both_quotes_has_no_level() -> None:
    assert np.isnan(levels([[1.9, np.nan], [1.9, 1.9]], [0.0, 0.0])).tolist() == [False, True]


def test_a_price_of_almost_nothing_is_finite() -> None:
    assert np.isfinite(levels([[1.0000001, 500.0], [5e6, 1.002]], [0.0, 0.0])).all()


def test_half_a_point_of_spread_is_worth_half_a_point_over_the_deviation() -> None:
    even = levels([[1.9, 1.9], [1.9, 1.9]], [-3.0, -3.5], per_point=-1 / SD)
    assert np.isclose(even[1] - even[0], 0.5 / SD) and even[0] == 3.0 / SD


def test_speed_is_the_mean_move_over_root_minutes_and_breadth_the_share_that_moved() -> None:
    speed, breadth, _ = step([0.1, 0.2, 0.3, 0.4], [0.2, 0.2, 0.3, 0.4], minutes=16.0)
    assert np.isclose(speed, 0.1 / 4 / 4) and breadth == 0.25


def test_a_step_within_a_minute_counts_as_a_minute() -> None:
    assert step([0.1], [0.2], minutes=0.05)[0] == step([0.1], [0.2], minutes=1.0)[0]


def test_disagreement_is_the_logarithm_of_how_far_books_stand_apart() -> None:
    # Levels 0.1 and 0.3 stand 0.1 from their mean; those of one group are one voice between them.
    assert np.isclose(step([0.1, 0.3], [0.1, 0.3])[2], np.log(0.1 + 0.003))
    assert np.isclose(step([0.1, 0.1, 0.3], [0.1, 0.1, 0.3], groups=[0, 0, 1])[2], np.log(0.1 + 0.003))


def test_a_book_that_comes_or_goes_moves_nothing() -> None:
    nan = float("nan")
    assert step([0.1, nan, 0.9], [0.1, 0.5, nan])[:2] == [0.0, 0.0]
    assert np.isnan(step([nan, 0.9], [0.5, nan])).all()


def test_two_brands_of_one_operator_have_one_voice() -> None:
    speed, breadth, _ = step([0.0, 0.0, 0.0], [0.2, 0.2, 0.0], groups=[0, 0, 1])
    assert np.isclose(speed, 0.1) and np.isclose(breadth, 0.5)


@given(before=levels_of_books, now=levels_of_books, minutes=st.floats(1.0, 1e4))
def test_the_other_side_sees_the_same_step_the_other_way(before: list, now: list, minutes: float) -> None:
    here = np.array(step(before, now, minutes=minutes))
    there = np.array(step([-x for x in before], [-x for x in now], minutes=minutes))
    assert np.allclose(here, there * [-1, 1, 1], rtol=0, atol=1e-12)


@given(before=levels_of_books, now=levels_of_books, empty=st.integers(1, 40))
def test_empty_columns_beside_the_books_change_no_bit(before: list, now: list, empty: int) -> None:
    beside = [float("nan")] * empty
    groups = [0, 0, 1, 2, 2, 3]
    assert step(before, now, groups=groups) == step(before + beside, now + beside, groups=groups + [0] * empty)
