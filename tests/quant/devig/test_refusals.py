"""What cannot be priced gets a typed reason, costs its neighbours nothing and raises nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.devig import Reason, fair_probabilities
from tests.quant.devig.markets import NAMES

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("method", NAMES)
@pytest.mark.parametrize(
    ("prices", "reason"),
    [
        ([1.9, 0.95], Reason.INVALID_PRICE),
        ([1.9, 1.0], Reason.INVALID_PRICE),
        ([1.9, -2.0], Reason.INVALID_PRICE),
        ([1.9, 0.0], Reason.INVALID_PRICE),
        ([INF, 1.9], Reason.INVALID_PRICE),
        ([-INF, NAN], Reason.INVALID_PRICE),
        ([1.9, NAN], Reason.ONE_SIDED),
        ([NAN, NAN], Reason.ONE_SIDED),
        ([1.9, 3.0, NAN], Reason.MISSING_PRICE),
        ([1.9, 3.0, 0.5], Reason.INVALID_PRICE),
        ([1.9], Reason.ONE_SIDED),
        ([], Reason.ONE_SIDED),
    ],
)
def test_what_is_no_market_says_why(method: str, prices: list[float], reason: Reason) -> None:
    fair = fair_probabilities(np.array([prices]).reshape(1, len(prices)), method)
    assert Reason(fair.reason[0]) is reason
    assert np.isnan(fair.probabilities).all()
    assert np.isnan(fair.overround).all()
    assert not fair.priced.any()


@pytest.mark.parametrize("method", NAMES)
@pytest.mark.parametrize("n_winners", [0, -1, 3, 4])
def test_as_many_winners_as_outcomes_or_none_is_no_market(method: str, n_winners: int) -> None:
    fair = fair_probabilities([[1.5, 2.0, 3.0]], method, n_winners=n_winners)
    assert Reason(fair.reason[0]) is Reason.IMPOSSIBLE_WINNERS


@pytest.mark.parametrize("method", NAMES)
def test_a_bad_market_costs_its_neighbours_nothing(method: str) -> None:
    good = [[2.1, 3.3, 3.6], [1.4, 4.8, 8.0]]
    bad = [[2.1, 0.9, 3.6], [NAN, NAN, 3.6], [1e300, 1.5, 2.0]]
    fair = fair_probabilities([good[0], *bad, good[1]], method)
    np.testing.assert_array_equal(fair.probabilities[[0, 4]], fair_probabilities(good, method).probabilities)
    assert fair.reason[[0, 4]].tolist() == [0, 0]


@pytest.mark.parametrize("method", NAMES)
@given(st.lists(st.lists(st.floats(), min_size=4, max_size=4), max_size=6), st.integers(-2, 6))
def test_nothing_a_feed_can_send_raises_or_warns(method: str, prices: list[list[float]], n_winners: int) -> None:
    # Any float at all: warnings are errors in these tests.
    fair = fair_probabilities(np.array(prices).reshape(len(prices), 4), method, n_winners=n_winners)
    sums = fair.probabilities[fair.priced].sum(axis=1)
    assert (np.abs(sums - n_winners) <= 1e-12).all()
    assert np.isnan(fair.probabilities[~fair.priced]).all()
    assert set(fair.reason.tolist()) <= set(Reason)


# Seven runners, an odds-on favourite and two at 500: the margin of 0.2 or so has to come from somewhere.
FIELD = [1.5, 4.0, 8.0, 12.0, 34.0, 500.0, 500.0]


@pytest.mark.parametrize("method", ["additive", "balanced_book", "standard_error", "jensen_shannon"])
def test_a_method_that_takes_more_than_an_outcome_has_says_so(method: str) -> None:
    fair = fair_probabilities([FIELD], method)
    assert Reason(fair.reason[0]) is Reason.BELOW_ZERO
    assert np.isnan(fair.probabilities).all()
    assert fair.overround[0] == pytest.approx(sum(1 / price for price in FIELD))


@pytest.mark.parametrize("method", ["multiplicative", "additive", "shin", "standard_error"])
@pytest.mark.parametrize("prices", [[1 / 0.95, 5.0, 1 / 0.15], [1.05, 20.0, 30.0]])
def test_an_underround_of_several_winners_can_lead_above_one(method: str, prices: list[float]) -> None:
    # 0.95 + 0.2 + 0.15 = 1.3 where two win: scaled up by 2 / 1.3 the favourite would stand at 1.46.
    fair = fair_probabilities([prices], method, n_winners=2)
    assert Reason(fair.reason[0]) is Reason.ABOVE_ONE


def test_no_markets_are_no_trouble() -> None:
    fair = fair_probabilities(np.empty((0, 3)), "shin")
    assert fair.probabilities.shape == (0, 3)
    assert fair.reason.shape == fair.overround.shape == (0,)


@pytest.mark.parametrize(
    ("prices", "arguments", "words"),
    [
        ([2.0, 2.0], {}, "row per market"),
        ([[2.0, 2.0]], {"n_outcomes": [3]}, "2 columns"),
        ([[2.0, 2.0]], {"n_outcomes": [-1]}, "2 columns"),
        ([[2.0, 2.0]], {"n_winners": [1, 1]}, "n_winners"),
        ([[2.0, 2.0]], {"n_winners": 1.5}, "n_winners"),
    ],
)
def test_shapes_that_do_not_fit_are_a_clear_error(prices: object, arguments: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        fair_probabilities(prices, "shin", **arguments)  # type: ignore[arg-type]


def test_a_market_on_which_the_search_never_settles_says_so_by_itself() -> None:
    found = fair_probabilities([[2.0, 2.0, 3.384392964423069e76, 4.5768239468598113e83]], "odds_ratio", n_winners=3)
    assert found.reason.tolist() == [Reason.NOT_SETTLED]
    assert np.isnan(found.probabilities).all()
