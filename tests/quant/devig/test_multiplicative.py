import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.devig import METHOD, fair_probabilities, multiplicative
from stratum_pipelines.quant.odds import implied_prob
from tests.quant.devig.markets import closings

PRICES = st.lists(st.floats(1.01, 500), min_size=2, max_size=3)


def test_a_two_way_market_by_hand() -> None:
    # 1 / 1.80 = 0.55556, 1 / 2.10 = 0.47619; their sum 1.03175; 0.55556 / 1.03175 = 0.53846 (that is 7 / 13).
    fair, total = multiplicative(implied_prob([[1.80, 2.10]]))
    assert fair[0].tolist() == pytest.approx([7 / 13, 6 / 13], abs=1e-15)
    assert total[0] == pytest.approx(1.0317460, abs=5e-8)


def test_a_three_way_market_by_hand() -> None:
    # 1 / 2 + 1 / 3.2 + 1 / 4 = 0.5 + 0.3125 + 0.25 = 1.0625; shares 8/17, 5/17, 4/17.
    fair, total = multiplicative(implied_prob([[2.0, 3.2, 4.0]]))
    assert fair[0].tolist() == pytest.approx([8 / 17, 5 / 17, 4 / 17], abs=1e-15)
    assert total[0] == 1.0625


@given(PRICES)
def test_fair_probabilities_sum_to_one_and_keep_the_order_of_the_prices(prices: list[float]) -> None:
    fair, total = multiplicative(implied_prob([prices]))
    assert fair.sum() == pytest.approx(1.0, abs=1e-12)
    assert total[0] == pytest.approx(sum(1 / p for p in prices))
    assert ((fair > 0) & (fair < 1)).all()
    by_price = np.argsort(prices, kind="stable")
    assert (np.diff(fair[0][by_price]) <= 0).all()


def test_an_underround_is_scaled_up_as_an_overround_is_scaled_down() -> None:
    # Three times 4.0 imply 0.75 together: a third each all the same.
    fair, total = multiplicative(implied_prob([[4.0, 4.0, 4.0]]))
    assert fair[0].tolist() == pytest.approx([1 / 3] * 3, abs=1e-15)
    assert total[0] == 0.75


@given(PRICES, st.floats(1.0, 1.3))
def test_a_margin_laid_on_in_proportion_is_taken_off_again(prices: list[float], margin: float) -> None:
    plain, _ = multiplicative(implied_prob([prices]))
    padded, total = multiplicative(plain * margin)
    assert padded[0].tolist() == pytest.approx(plain[0].tolist(), rel=1e-12)
    assert total[0] == pytest.approx(margin)


def test_a_market_without_an_outcome_is_not_a_number_and_costs_its_neighbours_nothing() -> None:
    fair, total = multiplicative(np.array([[0.0, 0.0], [0.5, 0.5]]))
    assert np.isnan(fair[0]).all() and np.isnan(total[0])
    assert fair[1].tolist() == [0.5, 0.5]


def test_outcomes_may_lie_along_any_axis() -> None:
    implied = np.array([[0.55, 0.5], [0.5, 0.55], [0.2, 0.1]])
    down, _ = multiplicative(implied, axis=0)
    across, _ = multiplicative(implied.T, axis=1)
    np.testing.assert_array_equal(down, across.T)


@pytest.mark.parametrize("n_outcomes", [2, 3, 24])
def test_the_consensus_and_the_method_of_this_name_share_every_bit(n_outcomes: int) -> None:
    prices = closings(n_outcomes)
    fair, total = multiplicative(implied_prob(prices))
    found = fair_probabilities(prices, METHOD)
    np.testing.assert_array_equal(found.probabilities, fair)
    np.testing.assert_array_equal(found.overround, total)
