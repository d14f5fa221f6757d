"""The methods give what independent solvers in high precision give."""

from collections.abc import Callable

import numpy as np
import pytest

from stratum_pipelines.quant.devig import fair_probabilities
from tests.quant.devig import exact
from tests.quant.devig.markets import closings

MARKETS: list[tuple[list[float], int]] = [
    ([1.8, 2.1], 1),
    ([1.01, 500.0], 1),
    ([2.2, 2.1], 1),  # an underround
    ([1.01, 1.01], 1),
    ([2.0, 3.2, 4.0], 1),
    ([1.05, 15.0, 60.0], 1),
    ([4.0, 4.0, 4.0], 1),
    ([2.5, 4.0, 5.0], 1),  # an underround
    ([1.3, 1.4, 500.0], 1),
    ([1.5, 4.0, 8.0, 12.0, 34.0, 500.0, 500.0], 1),
    ([1.2, 1.5, 2.0, 3.0, 4.0, 6.0, 30.0], 3),
    ([1.3, 1.9, 2.5, 9.0, 40.0], 2),
    (closings(12, n=1)[0].tolist(), 1),
    (closings(24, n=1)[0].tolist(), 1),
]


@pytest.mark.parametrize(("prices", "n_winners"), MARKETS)
@pytest.mark.parametrize(
    ("method", "solver", "within"),
    [
        ("shin", exact.shin, 2e-15),
        ("power", exact.power, 2e-15),
        ("odds_ratio", exact.odds_ratio, 2e-15),
        ("probit", exact.probit, 1e-14),
    ],
)
def test_the_solution_is_the_exact_one(
    prices: list[float], n_winners: int, method: str, solver: Callable[[list[float], int], list[float]], within: float
) -> None:
    found = fair_probabilities([prices], method, n_winners=n_winners)
    assert found.probabilities[0] == pytest.approx(solver(prices, n_winners), abs=within)


@pytest.mark.parametrize(("prices", "n_winners"), MARKETS)
def test_all_outcomes_are_equally_far_in_jensen_shannon_divergence(prices: list[float], n_winners: int) -> None:
    fair = fair_probabilities([prices], "jensen_shannon", n_winners=n_winners)
    if fair.priced[0]:
        apart = np.array([float(exact.divergence(p, d)) for p, d in zip(fair.probabilities[0], prices, strict=True)])
        # A probability good to 1e-15 gives a divergence good to 1e-15 over the distance.
        assert np.ptp(apart) <= 1e-13 * np.sqrt(apart.max())


@pytest.mark.parametrize("method", ["shin", "power", "odds_ratio"])
def test_a_longshot_keeps_its_digits(method: str) -> None:
    prices = [1.15, 6.0, 10_000_000.0]
    found = fair_probabilities([prices], method).probabilities[0]
    assert found == pytest.approx(getattr(exact, method)(prices), rel=1e-12, abs=0)


def test_the_share_of_insiders_by_hand() -> None:
    # Three at 2.40: Q = 1.25; (5/12)^2 / 1.25 = 5/36 = z/3 + (1 - z)/9, so z = 1/8: not needed for a third each, but
    # it is what an unequal book must reproduce: with z = 1/8 and fair 0.5, 0.3, 0.2 the prices come from
    # sqrt(z p + (1 - z) p^2) = 0.530330, 0.340955, 0.244949, their sum S = 1.116234, and q = S times each.
    fair = np.array([0.5, 0.3, 0.2])
    roots = np.sqrt(0.125 * fair + 0.875 * fair**2)
    assert roots.tolist() == pytest.approx([0.530330, 0.340955, 0.244949], abs=5e-7)
    prices = 1 / (roots * roots.sum())
    assert fair_probabilities([prices], "shin").probabilities[0] == pytest.approx(fair, abs=1e-15)


def test_shin_with_several_winners_by_hand() -> None:
    # The model says q = sqrt(z p + (1 - z) p^2) S / k with S the sum of these roots: k = 2, z = 0.1, four runners.
    fair = np.array([0.8, 0.6, 0.4, 0.2])
    roots = np.sqrt(0.1 * fair + 0.9 * fair**2)
    prices = 1 / (roots * roots.sum() / 2)
    assert fair_probabilities([prices], "shin", n_winners=2).probabilities[0] == pytest.approx(fair, abs=1e-15)


@pytest.mark.parametrize("k", [0.9, 1.0, 1.17])
def test_a_margin_laid_on_as_the_method_says_comes_off_again(k: float) -> None:
    fair = np.array([[0.62, 0.27, 0.11], [0.4, 0.35, 0.25]])
    laid_on = {
        "power": fair ** (1 / k),
        "odds_ratio": k * fair / (1 - fair + k * fair),
        "balanced_book": fair + (k - 1) / 20 * (1 - fair),
        "additive": fair + (k - 1) / 20,
    }
    for method, implied in laid_on.items():
        found = fair_probabilities(1 / implied, method).probabilities
        np.testing.assert_allclose(found, fair, rtol=0, atol=2e-15)
