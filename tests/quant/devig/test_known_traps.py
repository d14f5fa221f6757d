"""Where packages in use go wrong, with the right answer pinned (versions: shin 0.2.2, penaltyblog 1.13.1, goto_conversion 4.0.3)."""

import pytest

from stratum_pipelines.quant.devig import Reason, fair_probabilities


def test_a_three_way_underround_under_shin_sums_to_one() -> None:
    # The package `shin` answers 0.212, 0.212, 0.212, which sum to 0.635, and 0.381, 0.208, 0.153 for the second.
    fair = fair_probabilities([[4.0, 4.0, 4.0], [2.5, 4.0, 5.0]], "shin").probabilities
    assert fair[0] == pytest.approx([1 / 3] * 3, abs=1e-15)
    assert fair[1].sum() == pytest.approx(1, abs=1e-14)
    # By hand: 0.454652, 0.298551, 0.246797 satisfy z p + (1 - z) p^2 = q^2 / 0.85 with one z, -0.198 or so.
    z = (0.4**2 / 0.85 - fair[1][0] ** 2) / (fair[1][0] * (1 - fair[1][0]))
    for p, q in zip(fair[1], (0.4, 0.25, 0.2), strict=True):
        assert z * p + (1 - z) * p * p == pytest.approx(q * q / 0.85, abs=1e-14)
    assert z < 0


def test_the_additive_method_has_no_negative_probability() -> None:
    # penaltyblog: 0.870, 0.2, 0.1, 0.05, 0.02, 0.01 imply 1.25 together; less 1/24 each, the last two fall below zero.
    fair = fair_probabilities([[1 / 0.87, 5.0, 10.0, 20.0, 50.0, 100.0]], "additive")
    assert Reason(fair.reason[0]) is Reason.BELOW_ZERO


@pytest.mark.parametrize("prices", [[2.0, 2.0], [2.2, 2.2], [3.0, 3.0, 3.0]])
def test_the_standard_error_method_prices_fair_books_and_underrounds(prices: list[float]) -> None:
    # goto_conversion raises ValueError for all of these.
    fair = fair_probabilities([prices], "standard_error")
    assert fair.probabilities[0] == pytest.approx([1 / len(prices)] * len(prices), abs=1e-15)


@pytest.mark.parametrize("prices", [[4.0, 4.0, 4.0], [1.01, 500.0]])
def test_shin_has_a_solution_below_a_fair_book(prices: list[float]) -> None:
    # penaltyblog searches z from 0 up only and raises for both: 1 / 1.01 + 1 / 500 is 0.992.
    fair = fair_probabilities([prices], "shin")
    assert fair.priced[0]
    assert fair.probabilities[0].sum() == pytest.approx(1, abs=1e-15)
