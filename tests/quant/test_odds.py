import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant import odds
from stratum_pipelines.quant.odds import (
    american_scale,
    american_to_decimal,
    cents,
    decimal_to_american,
    implied_prob,
    overround,
)

NO_PRICES = [1.0, 0.99, 0.0, -1.5, float("nan"), float("inf"), float("-inf")]


def test_every_whole_american_price_up_to_a_million_returns_exactly() -> None:
    sizes = np.arange(100, 1_000_001)
    assert (decimal_to_american(american_to_decimal(sizes)) == sizes).all()
    # Minus 100 and plus 100 pay the same, and even money is written +100.
    expected = np.where(sizes == 100, 100, -sizes)
    assert (decimal_to_american(american_to_decimal(-sizes)) == expected).all()


@pytest.mark.parametrize(
    ("american", "decimal"),
    [(150, 2.5), (-150, 1 + 2 / 3), (100, 2.0), (-100, 2.0), (-110, 1 + 10 / 11), (1_000_000, 10_001.0)],
)
def test_american_prices_pay_what_they_say(american: int, decimal: float) -> None:
    assert american_to_decimal(american) == decimal


@pytest.mark.parametrize("bad", [0, 1, 99, -99, 99.999, float("nan"), float("inf"), float("-inf")])
def test_what_is_no_american_price_is_not_a_number(bad: float) -> None:
    assert np.isnan(american_to_decimal(bad))
    # It costs its neighbours nothing.
    assert american_to_decimal([[150, bad]]).tolist()[0][0] == 2.5


@pytest.mark.parametrize("bad", NO_PRICES)
def test_what_is_no_decimal_price_is_not_a_number(bad: float) -> None:
    for converted in (american_scale(bad), decimal_to_american(bad), cents(bad), implied_prob(bad)):
        assert np.isnan(converted)
    assert implied_prob([bad, 4.0])[1] == 0.25


def test_even_money_is_plus_100_from_either_side() -> None:
    # 1.9975 is -100.25 on the unrounded scale, 2.0025 is +100.25: both pay about even money.
    assert decimal_to_american([1.9975, 2.0, 2.0025]).tolist() == [100.0, 100.0, 100.0]


@given(st.floats(1.0001, 10_001))
def test_a_decimal_price_returns_within_half_an_american_point(decimal: float) -> None:
    assert abs(american_scale(decimal)) >= 100 - 1e-9
    back = american_to_decimal(decimal_to_american(decimal))
    # Half a point on the American scale is at most a 200th of the stake above even money, and less below.
    assert abs(back - decimal) <= 0.005 + 1e-9


@given(st.floats(1.001, 1000), st.floats(1.001, 1000))
def test_a_longer_price_is_more_cents_and_less_probability(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert cents(low) <= cents(high)
    assert implied_prob(low) >= implied_prob(high)


def test_cents_run_through_even_money_without_a_jump() -> None:
    # -110 pays 1.90909 and lies 10 below even money, +110 pays 2.10 and lies 10 above: 20 cents apart.
    assert cents(american_to_decimal([-110, 100, 110, 150, -150])).round(9).tolist() == [-10, 0, 10, 50, -50]
    assert abs(cents(2.0 + 1e-9) - cents(2.0 - 1e-9)) < 1e-6


def test_the_overround_sums_over_the_last_axis() -> None:
    # 1 / 1.8 + 1 / 2.1 = 0.55556 + 0.47619; three times 1 / 3.
    assert overround([1.8, 2.1]) == pytest.approx(1.031746, abs=5e-7)
    assert overround([[3.0, 3.0, 3.0], [2.0, 4.0, 4.0]]).tolist() == [1.0, 1.0]


def test_shapes_are_kept_and_the_input_is_left_alone() -> None:
    prices = np.array([[150.0, -150.0], [np.nan, 0.0]])
    before = prices.copy()
    assert american_to_decimal(prices).shape == (2, 2)
    np.testing.assert_array_equal(prices, before)


def test_the_examples_in_the_docstrings_are_there_and_give_what_they_say() -> None:
    outcome = doctest.testmod(odds)
    assert outcome.attempted > 0 and outcome.failed == 0
