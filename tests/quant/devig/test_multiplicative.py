import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.devig import fair_probabilities

PRICES = st.lists(st.floats(1.01, 500), min_size=2, max_size=3)


def multiplicative(prices: list[float]) -> tuple[np.ndarray, float]:
    found = fair_probabilities([prices], "multiplicative")
    return found.probabilities[0], float(found.overround[0])


def test_a_two_way_market_by_hand() -> None:
    # 1 / 1.80 = 0.55556, 1 / 2.10 = 0.47619; their sum 1.03175; 0.55556 / 1.03175 = 0.53846 (that is 7 / 13).
    fair, total = multiplicative([1.80, 2.10])
    assert fair.tolist() == pytest.approx([7 / 13, 6 / 13], abs=1e-15)
    assert total == pytest.approx(1.0317460, abs=5e-8)


def test_a_three_way_market_by_hand() -> None:
    # 1 / 2 + 1 / 3.2 + 1 / 4 = 0.5 + 0.3125 + 0.25 = 1.0625; shares 8/17, 5/17, 4/17.
    fair, total = multiplicative([2.0, 3.2, 4.0])
    assert fair.tolist() == pytest.approx([8 / 17, 5 / 17, 4 / 17], abs=1e-15)
    assert total == 1.0625


@given(PRICES)
def test_fair_probabilities_sum_to_one_and_keep_the_order_of_the_prices(prices: list[float]) -> None:
    fair, total = multiplicative(prices)
    assert fair.sum() == pytest.approx(1.0, abs=1e-12)
    assert total == pytest.approx(sum(1 / p for p in prices))
    assert ((fair > 0) & (fair < 1)).all()
    by_price = np.argsort(prices, kind="stable")
    assert (np.diff(fair[by_price]) <= 0).all()


def test_an_underround_is_scaled_up_as_an_overround_is_scaled_down() -> None:
    # Three times 4.0 imply 0.75 together: a third each all the same.
    fair, total = multiplicative([4.0, 4.0, 4.0])
    assert fair.tolist() == pytest.approx([1 / 3] * 3, abs=1e-15)
    assert total == 0.75


@given(PRICES, st.floats(1.0, 1.3))
def test_a_margin_laid_on_in_proportion_is_taken_off_again(prices: list[float], margin: float) -> None:
    plain, _ = multiplicative(prices)
    # Laid on until the favourite would cost more than it can win.
    margin = min(margin, 0.999 / plain.max())
    padded, total = multiplicative((1 / (plain * margin)).tolist())
    assert padded.tolist() == pytest.approx(plain.tolist(), rel=1e-12)
    assert total == pytest.approx(margin)
