import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stratum_pipelines.quant.consensus import Agreement, agree, group_weights, weighted_median

NUMBERS = st.floats(-1e6, 1e6)


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


def test_entries_of_no_weight_may_hold_anything_and_nothing_at_all_is_not_a_number() -> None:
    values = np.array([[np.nan, 2.0, np.inf], [np.nan, np.nan, 5.0]])
    weights = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    found = weighted_median(values, weights)
    assert found[0] == 2.0 and np.isnan(found[1])


@given(st.lists(st.tuples(st.integers(-40, 40), st.sampled_from([0.25, 0.5, 1.0])), min_size=1, max_size=9))
def test_the_other_side_has_the_median_with_the_other_sign(quotes: list[tuple[int, float]]) -> None:
    values, weights = np.array([q[0] / 4 for q in quotes]), np.array([q[1] for q in quotes])
    assert weighted_median(-values, weights) == -weighted_median(values, weights)


def test_every_operator_group_weighs_one() -> None:
    counted = np.array([[True, True, True, True], [True, False, True, False], [False] * 4])
    weights, n_groups = group_weights(counted, np.array([0, 0, 1, 2]))
    assert weights.tolist() == [[0.5, 0.5, 1, 1], [1, 0, 1, 0], [0, 0, 0, 0]]
    assert n_groups.tolist() == [3, 2, 0]


def test_a_market_by_hand() -> None:
    # Books a and b are twins, c and d stand alone, e is stale, f quotes one side only.
    #          home      away     implied            overround  fair home
    # a, b    -3.0 1.80  2.10     .55556 .47619      1.031746   .538462
    # c       -3.5 2.00  1.90     .5     .526316     1.026316   .487179
    # d       -4.0 2.00  2.00     .5     .5          1          .5
    # Weights 1/2, 1/2, 1, 1: medians -3.5, home price 2.00, away 2.00, fair home .5, overround 1.026316.
    # Mean point (-3 - 3.5 - 4) / 3 = -3.5; its variance (.25 + 0 + .25) / 3 = 1 / 6.
    nothing = np.nan
    prices = np.array([[[1.8, 1.8, 2.0, 2.0, 3.0, 2.5], [2.1, 2.1, 1.9, 2.0, 1.5, nothing]]])
    points = np.array([[[-3.0, -3.0, -3.5, -4.0, -9.0, -3.0], [3.0, 3.0, 3.5, 4.0, 9.0, 0.0]]])
    active = ~np.isnan(prices)
    stale = np.zeros(prices.shape, bool)
    stale[:, :, 4] = True
    found = agree(prices, points, active, stale, np.array([2]), np.array([0, 0, 1, 2, 3, 4]), np.arange(6))
    assert (found.n_books[0], found.n_groups[0], found.n_stale[0]) == (4, 3, 1)
    assert found.point_median[0].tolist() == [-3.5, 3.5]
    assert found.point_mean[0].tolist() == pytest.approx([-3.5, 3.5])
    assert found.point_std[0].tolist() == pytest.approx([(1 / 6) ** 0.5] * 2)
    assert found.price_median[0].tolist() == [2.0, 2.0]
    assert found.fair_prob[0].tolist() == pytest.approx([0.5, 0.5], abs=1e-15)
    assert found.margin_median[0] == pytest.approx(0.0263158, abs=5e-8)
    # The best price is the best fresh one, of whoever shows it: f counts for no opinion, yet its 2.50 can be taken.
    assert found.best_price[0].tolist() == [2.5, 2.1]
    assert found.best_book[0].tolist() == [5, 0]


def test_books_that_share_the_best_price_are_taken_by_name() -> None:
    prices = np.full((1, 2, 3), 2.0)
    found = agree(prices, prices * 0, prices > 0, prices < 0, np.array([2]), np.arange(3), np.array([2, 0, 1]))
    assert found.best_book[0].tolist() == [1, 1]


def test_without_a_whole_fresh_opinion_there_is_no_consensus() -> None:
    prices = np.array([[[1.9, np.nan], [np.nan, 1.9]]])
    active = ~np.isnan(prices)
    found = agree(
        prices, prices * 0, active, np.zeros(prices.shape, bool), np.array([2]), np.array([0, 1]), np.arange(2)
    )
    assert (found.n_books[0], found.n_groups[0], found.n_stale[0]) == (0, 0, 0)
    for name in (
        "point_median",
        "point_mean",
        "point_std",
        "price_median",
        "fair_prob",
        "fair_prob_std",
        "margin_median",
    ):
        assert np.isnan(getattr(found, name)).all(), name
    assert found.best_price[0].tolist() == [1.9, 1.9]


def market(seed: int, n: int, n_books: int, n_slots: int = 3) -> dict[str, np.ndarray]:
    """A heap of random markets: holes, stale quotes, two- and three-way ones, twins."""
    random = np.random.default_rng(seed)
    n_outcomes = random.integers(2, n_slots + 1, n)
    exists = np.arange(n_slots)[None, :, None] < n_outcomes[:, None, None]
    prices = np.where(
        exists & (random.random((n, n_slots, n_books)) > 0.15), random.uniform(1.05, 9, (n, n_slots, n_books)), np.nan
    )
    active = ~np.isnan(prices)
    return {
        "prices": prices,
        "points": np.where(active, random.integers(-20, 20, prices.shape) / 2, 0.0),
        "active": active,
        "stale": active & (random.random(prices.shape) < 0.1),
        "n_outcomes": n_outcomes,
        "groups": random.integers(0, max(1, n_books // 2 + 1), n_books),
        "ranks": random.permutation(n_books),
    }


def same_bits(one: Agreement, other: Agreement) -> None:
    for field in dataclasses.fields(Agreement):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if field.name == "best_book":  # says nothing where there is no best price
            left, right = left[~np.isnan(one.best_price)], right[~np.isnan(other.best_price)]
        np.testing.assert_array_equal(left, right, err_msg=field.name, strict=True)


@given(st.integers(0, 10_000), st.integers(1, 9))
def test_fair_probabilities_sum_to_one_whatever_is_missing(seed: int, n_books: int) -> None:
    found = agree(**market(seed, 20, n_books))
    agreed = found.n_books > 0
    np.testing.assert_allclose(np.nansum(found.fair_prob[agreed], axis=1), 1.0, rtol=0, atol=1e-12)
    assert np.isnan(found.fair_prob[~agreed]).all()
    assert (found.n_groups <= found.n_books).all()


@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(1, 40))
def test_empty_columns_beside_the_books_change_no_bit(seed: int, n_books: int, n_empty: int) -> None:
    given_ = market(seed, 12, n_books)
    wider = dict(given_)
    beside = ((0, 0), (0, 0), (0, n_empty))
    wider["prices"] = np.pad(given_["prices"], beside, constant_values=np.nan)
    wider["points"] = np.pad(given_["points"], beside)
    wider["active"], wider["stale"] = np.pad(given_["active"], beside), np.pad(given_["stale"], beside)
    wider["groups"] = np.pad(given_["groups"], (0, n_empty))
    wider["ranks"] = np.append(given_["ranks"], np.arange(n_books, n_books + n_empty))
    same_bits(agree(**given_), agree(**wider))


@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(1, 16))
def test_markets_worked_out_together_or_apart_agree_to_the_last_bit(seed: int, n_books: int, size: int) -> None:
    given_ = market(seed, 17, n_books)
    apart = []
    for start in range(0, 17, size):
        cut = {k: v if k in ("groups", "ranks") else v[start : start + size] for k, v in given_.items()}
        apart.append(agree(**cut))
    joined = {f.name: np.concatenate([getattr(a, f.name) for a in apart]) for f in dataclasses.fields(Agreement)}
    same_bits(agree(**given_), Agreement(**joined))


def test_no_markets_and_no_books_are_no_fault() -> None:
    assert agree(**market(1, 0, 4)).fair_prob.shape == (0, 3)
    nobody = agree(**market(1, 5, 0))
    assert nobody.n_books.tolist() == [0] * 5 and np.isnan(nobody.best_price).all()
