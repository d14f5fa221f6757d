import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stratum_pipelines.quant.weighted import (
    absolute_deviation,
    interquartile_range,
    ordered,
    reweighted,
    weighted_median,
    weighted_quantile,
)

NUMBERS = st.floats(-1e6, 1e6)
QUOTES = st.lists(
    st.tuples(st.integers(-40, 40).map(lambda n: n / 4), st.sampled_from([0.25, 0.5, 1.0])), min_size=1, max_size=9
)


@given(arrays(np.float64, st.integers(1, 12), elements=NUMBERS), st.floats(1e-12, 1e6))
def test_with_equal_weights_it_is_the_ordinary_median(values: np.ndarray, weight: float) -> None:
    found = weighted_median(values, np.full(len(values), weight))
    assert found == pytest.approx(np.median(values), rel=1e-12, abs=1e-9)


@pytest.mark.parametrize(
    ("values", "weights", "median"),
    [
        ([-3.0, -3.5, -4.0], [1, 1, 1], -3.5),
        ([-3.0, -3.5], [1, 1], -3.25),
        # Twins share one voice: at -3 half and half, at -4 and at -4.5 one each. Half of 3 is passed at -4.
        ([-3.0, -3.0, -4.0, -4.5], [0.5, 0.5, 1, 1], -4.0),
        # Half of 2 is reached exactly after the second -4: the middle between it and the next value.
        ([-4.0, -4.0, -3.0], [0.5, 0.5, 1], -3.5),
        # Three of one operator, a third each, against one: thirds do not add up to the last bit, and half is half.
        ([1.0, 1.0, 1.0, 2.0], [1 / 3, 1 / 3, 1 / 3, 1], 1.5),
        ([1.0, 99.0, 2.0], [1, 0, 1], 1.5),
        ([7.0], [0.25], 7.0),
    ],
)
def test_the_weighted_median_by_hand(values: list[float], weights: list[float], median: float) -> None:
    assert weighted_median(np.array(values), np.array(weights)) == median


@pytest.mark.parametrize(
    ("values", "weights", "share", "quantile"),
    [
        # A quarter of 4 is reached exactly with the first: the middle between it and the next.
        ([1.0, 2.0, 3.0, 4.0], [1, 1, 1, 1], 0.25, 1.5),
        ([1.0, 2.0, 3.0, 4.0], [1, 1, 1, 1], 0.75, 3.5),
        # A quarter of 5 is 1.25: reached with the second.
        ([5.0, 4.0, 3.0, 2.0, 1.0], [1, 1, 1, 1, 1], 0.25, 2.0),
        # Twins at 1: their one voice is a third, so a quarter is reached with the second of them.
        ([1.0, 1.0, 2.0, 3.0], [0.5, 0.5, 1, 1], 0.25, 1.0),
        ([1.0, 1.2, 2.0, 3.0], [0.5, 0.5, 1, 1], 0.25, 1.2),
        ([7.0], [0.25], 0.75, 7.0),
    ],
)
def test_quartiles_by_hand(values: list[float], weights: list[float], share: float, quantile: float) -> None:
    assert weighted_quantile(ordered(np.array(values), np.array(weights, np.float64)), share) == quantile


@given(QUOTES, st.sampled_from([0.25, 0.5, 0.75]))
def test_a_quantile_is_what_counting_weights_one_by_one_gives(quotes: list[tuple[float, float]], share: float) -> None:
    # Quarters of a weight as so many copies of the value: then the share is so many copies, counted from below.
    copies = sorted(value for value, weight in quotes for _ in range(round(weight * 4)))
    wanted = share * len(copies)
    low = copies[int(np.ceil(wanted)) - 1]
    high = copies[int(wanted)] if wanted == int(wanted) else low
    values, weights = (np.array(column) for column in zip(*quotes, strict=True))
    assert weighted_quantile(ordered(values, weights), share) == low + (high - low) / 2


def test_entries_of_no_weight_may_hold_anything_and_nothing_at_all_is_not_a_number() -> None:
    values = np.array([[np.nan, 2.0, np.inf], [np.nan, np.nan, 5.0]])
    weights = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    found = weighted_median(values, weights)
    assert found[0] == 2.0 and np.isnan(found[1])


@given(QUOTES, st.sampled_from([0.25, 0.5]))
def test_the_other_side_has_the_opposite_quantile_with_the_other_sign(
    quotes: list[tuple[float, float]], share: float
) -> None:
    values, weights = (np.array(column) for column in zip(*quotes, strict=True))
    one, other = ordered(values, weights), ordered(-values, weights)
    assert weighted_quantile(other, share) == -weighted_quantile(one, 1 - share)


@given(QUOTES, st.lists(st.sampled_from([0.5, 1.0, 4.0]), min_size=9, max_size=9))
def test_sorted_values_with_other_weights_are_those_sorted_with_them(quotes: list, others: list[float]) -> None:
    values, weights = (np.array(column) for column in zip(*quotes, strict=True))
    louder = weights * np.array(others[: len(weights)])
    one, other = reweighted(ordered(values, weights), louder), ordered(values, louder)
    for share in (0.25, 0.5, 0.75):
        assert weighted_quantile(one, share) == weighted_quantile(other, share)


def test_spread_by_hand() -> None:
    values, weights = np.array([1.0, 2.0, 3.0, 9.0]), np.ones(4)
    # Quarters between 1 and 2 and between 3 and 9; the median is 2.5, the distances from it .5, .5, 1.5 and 6.5.
    assert interquartile_range(ordered(values, weights)) == 6.0 - 1.5
    assert absolute_deviation(values, weights, np.array(2.5)) == 1.0
