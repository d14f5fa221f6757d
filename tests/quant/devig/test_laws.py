"""What holds for every method and all prices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.devig import Fair, Reason, fair_probabilities
from tests.quant.devig.markets import ALWAYS, ANY, NAMES, PRICE, books, closings


def one(prices: list[float], method: str, n_winners: int = 1) -> Fair:
    return fair_probabilities([prices], method, n_winners=n_winners)


def check(prices: list[float], fair: Fair, n_winners: int = 1) -> None:
    """Priced with true probabilities in the order of the prices, or not priced for a reason the method itself has."""
    reason, found = Reason(fair.reason[0]), fair.probabilities[0]
    if reason is not Reason.PRICED:
        assert reason in (Reason.BELOW_ZERO, Reason.ABOVE_ONE)
        assert np.isnan(found).all()
        return
    assert abs(found.sum() - n_winners) <= 1e-12
    assert ((found > 0) & (found < 1)).all()
    by_price = found[np.argsort(prices, kind="stable")]
    # Prices that differ in their last bit may come out in either order, as far apart as rounding.
    assert (np.diff(by_price) <= 1e-14).all()
    assert fair.overround[0] == pytest.approx(sum(1 / price for price in prices), rel=1e-13)


@pytest.mark.parametrize("method", NAMES)
@given(ANY)
def test_any_prices_are_priced_or_refused_for_a_reason(method: str, prices: list[float]) -> None:
    check(prices, one(prices, method))


@pytest.mark.parametrize("method", NAMES)
@given(books())
def test_the_prices_of_a_book_are_priced_or_refused_for_a_reason(method: str, prices: list[float]) -> None:
    check(prices, one(prices, method))


@pytest.mark.parametrize("method", NAMES)
@given(ANY, st.data())
def test_several_winners_sum_to_their_number(method: str, prices: list[float], data: st.DataObject) -> None:
    n_winners = data.draw(st.integers(1, len(prices) - 1))
    check(prices, one(prices, method, n_winners), n_winners)


@pytest.mark.parametrize("method", NAMES)
@given(books(low=0.0), st.data())
def test_a_place_market_of_a_bookmaker_is_priced(method: str, prices: list[float], data: st.DataObject) -> None:
    # With k winners a bookmaker's implied probabilities sum to somewhat above k.
    n_winners = data.draw(st.integers(1, len(prices) - 1))
    weights = 1 / np.array(prices)
    implied = weights / weights.sum() * n_winners
    if implied.max() < 0.9:
        padded = (1 / (implied * 1.05)).tolist()
        fair = one(padded, method, n_winners)
        check(padded, fair, n_winners)
        assert fair.reason[0] in (Reason.PRICED, Reason.BELOW_ZERO)


@pytest.mark.parametrize("method", ALWAYS)
@given(ANY)
def test_these_methods_price_every_market_with_one_winner(method: str, prices: list[float]) -> None:
    assert one(prices, method).priced.all()


@pytest.mark.parametrize("method", NAMES)
@given(PRICE, PRICE)
def test_two_outcomes_are_priced_unless_the_method_says_zero(method: str, a: float, b: float) -> None:
    fair = one([a, b], method)
    if method in ("balanced_book", "jensen_shannon", "additive"):
        # For two outcomes these cannot reach zero either: each takes less than what the other leaves.
        assert fair.priced.all()
    check([a, b], fair)


@pytest.mark.parametrize("method", NAMES)
@given(books(low=-0.4, high=-0.001))
def test_an_underround_is_priced_upwards(method: str, prices: list[float]) -> None:
    fair = one(prices, method)
    implied = 1 / np.array(prices)
    if implied.sum() < 1:
        assert fair.priced.all()
        assert (fair.probabilities[0] >= implied - 1e-14).all()


@pytest.mark.parametrize("method", NAMES)
@pytest.mark.parametrize("prices", [[2.0, 2.0], [4.0, 4 / 3], [2.0, 4.0, 4.0], [8.0] * 8, [1.25, 10.0, 10.0]])
def test_a_fair_book_is_left_as_it_is(method: str, prices: list[float]) -> None:
    assert one(prices, method).probabilities[0] == pytest.approx(1 / np.array(prices), abs=1e-15)


@pytest.mark.parametrize("method", NAMES)
@given(st.integers(2, 24), st.floats(1.01, 500), st.data())
def test_equal_prices_are_equal_chances(method: str, n: int, price: float, data: st.DataObject) -> None:
    n_winners = data.draw(st.integers(1, n - 1))
    fair = one([price] * n, method, n_winners)
    assert fair.probabilities[0] == pytest.approx([n_winners / n] * n, abs=1e-12)


@pytest.mark.parametrize("method", NAMES)
@given(books(), st.randoms())
def test_the_order_in_which_outcomes_stand_does_not_matter(method: str, prices: list[float], random: object) -> None:
    shuffled = list(range(len(prices)))
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    there = one([prices[i] for i in shuffled], method).probabilities[0]
    np.testing.assert_allclose(there, one(prices, method).probabilities[0][shuffled], rtol=0, atol=1e-13)


@pytest.mark.parametrize("method", NAMES)
@pytest.mark.parametrize("n_outcomes", [2, 3, 9, 24])
def test_a_market_alone_has_the_same_bits_as_in_a_crowd(method: str, n_outcomes: int) -> None:
    prices = closings(n_outcomes, n=3000)
    prices[::7, 0] = 1.01  # some need more steps than others
    prices[5::50, 1] = np.nan
    together = fair_probabilities(prices, method)
    for row in (*range(40), 1022, 1023, 1024, 2999):
        alone = fair_probabilities(prices[row : row + 1], method)
        np.testing.assert_array_equal(alone.probabilities[0], together.probabilities[row])
        assert alone.reason[0] == together.reason[row]
    backwards = fair_probabilities(prices[::-1], method)
    np.testing.assert_array_equal(backwards.probabilities[::-1], together.probabilities)


@pytest.mark.parametrize("method", NAMES)
def test_markets_of_different_numbers_of_outcomes_and_winners_go_together(method: str) -> None:
    prices = closings(24, n=500)
    counts = np.random.default_rng(3).integers(2, 25, 500)
    winners = np.minimum(1 + np.arange(500) % 3, counts - 1)
    together = fair_probabilities(prices, method, n_outcomes=counts, n_winners=winners)
    for row, (count, n_winners) in enumerate(zip(counts, winners, strict=True)):
        alone = one(prices[row, :count].tolist(), method, int(n_winners))
        np.testing.assert_array_equal(together.probabilities[row, :count], alone.probabilities[0])
        assert np.isnan(together.probabilities[row, count:]).all()
        assert together.reason[row] == alone.reason[0]
        assert together.overround[row] == alone.overround[0]


@pytest.mark.parametrize("method", NAMES)
def test_the_prices_given_are_left_alone(method: str) -> None:
    prices = closings(3, n=50)
    before = prices.copy()
    fair_probabilities(prices, method)
    np.testing.assert_array_equal(prices, before)
