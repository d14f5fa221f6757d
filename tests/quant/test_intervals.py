import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.intervals import (
    clustered_bounds,
    clustered_mean,
    mean_of_sums,
    student_quantile,
    wilson_interval,
)


def test_the_interval_by_hand() -> None:
    # z = 2, 8 of 16: centre (0.5 + 4 / 32) / (1 + 4 / 16) = 0.625 / 1.25 = 0.5;
    # reach 2 / 1.25 x sqrt(0.25 / 16 + 4 / 1024) = 1.6 x sqrt(0.01953125) = 0.2236068.
    assert wilson_interval(8, 16, z=2.0) == pytest.approx((0.2763932, 0.7236068), abs=5e-8)


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    # Newcombe (1998), table I: Wilson's method without continuity correction.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (8, 10, 0.4902, 0.9433),
    ],
)
def test_published_intervals(hits: int, trials: int, low: float, high: float) -> None:
    assert wilson_interval(hits, trials) == pytest.approx((low, high), abs=5e-5)


def test_no_trials_say_nothing() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)


@given(st.integers(1, 5000), st.data())
def test_the_interval_holds_the_rate_stays_within_0_and_1_and_mirrors(trials: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, trials))
    low, high = wilson_interval(hits, trials)
    assert 0 <= low <= hits / trials <= high <= 1
    assert wilson_interval(trials - hits, trials) == pytest.approx((1 - high, 1 - low), abs=1e-12)


@given(st.integers(1, 500), st.data())
def test_more_of_the_same_says_more(trials: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, trials))
    low, high = wilson_interval(hits, trials)
    lower, higher = wilson_interval(2 * hits, 2 * trials)
    assert higher - lower < high - low


def test_trials_of_one_cluster_that_agree_are_worth_one() -> None:
    # 60 of 100 with an error of 0.08: 0.24 / 0.0064 = 37.5 trials. Student for 19 degrees: 2.0930.
    # centre (0.6 + 4.3808 / 75) / (1 + 4.3808 / 37.5) = 0.658411 / 1.116821 = 0.589540;
    # reach 2.0930 / 1.116821 x sqrt(0.0064 + 4.3808 / 5625) = 1.874070 x 0.084726 = 0.158783.
    low, high = clustered_bounds(0.6, 0.08, 100, 20)
    assert (float(low), float(high)) == pytest.approx((0.430757, 0.748323), abs=5e-5)


def test_a_small_error_is_worth_no_more_trials_than_there_were() -> None:
    low, high = clustered_bounds(0.6, 0.001, 100, 10_000)
    assert (float(low), float(high)) == pytest.approx(wilson_interval(60, 100), abs=1e-4)


def test_trials_that_all_came_out_alike_are_worth_their_clusters() -> None:
    low, high = clustered_bounds([1.0, 0.0], [0.0, 0.0], [100, 100], [10, 10])
    # Ten of ten with Student's 2.2622 for 9 degrees: 1 / (1 + 5.1174 / 10) = 0.6615.
    assert low.tolist() == pytest.approx([0.6615, 0.0], abs=5e-5)
    assert high.tolist() == pytest.approx([1.0, 1 - 0.6615], abs=5e-5)


def test_one_cluster_says_nothing() -> None:
    assert np.isnan(clustered_bounds([0.5, 0.5], [0.1, 0.0], [9, 0], [1, 0])).all()


def test_student_quantiles_are_those_of_the_table() -> None:
    # Abramowitz and Stegun, table 26.10, 97.5 %.
    found = student_quantile([1, 2, 3, 4, 5, 10, 30, 120])
    assert found.tolist() == pytest.approx([12.706, 4.303, 3.182, 2.776, 2.571, 2.228, 2.042, 1.980], rel=1.3e-3)


def test_the_error_of_a_mean_by_cluster_is_worked_out_over_pairs() -> None:
    rng = np.random.default_rng(3)
    values, clusters = rng.normal(size=40), rng.integers(0, 7, 40)
    mean, error, n = clustered_mean(values, clusters)
    apart = values - values.mean()
    pairs = sum(
        a * b for a, g in zip(apart, clusters, strict=True) for b, h in zip(apart, clusters, strict=True) if g == h
    )
    assert (mean, n) == (pytest.approx(values.mean()), 7)
    assert error == pytest.approx(np.sqrt(pairs * 7 / 6) / 40)


def test_no_values_have_no_mean_and_one_cluster_no_error() -> None:
    assert np.isnan(clustered_mean([], [])[:2]).all() and clustered_mean([], [])[2] == 0
    mean, error, n = clustered_mean([1.0, 3.0], ["a", "a"])
    assert (mean, n) == (2.0, 1) and np.isnan(error)


@given(st.lists(st.tuples(st.integers(0, 6), st.floats(-0.2, 0.2)), max_size=60))
def test_sums_over_clusters_say_what_the_values_say(drawn: list[tuple[int, float]]) -> None:
    clusters = [cluster for cluster, _ in drawn]
    values = [value for _, value in drawn]
    sizes = np.bincount(clusters or [0], minlength=7) if drawn else np.zeros(7)
    totals = np.bincount(clusters, values, minlength=7) if drawn else np.zeros(7)
    mean, error = mean_of_sums(
        int(np.sum(sizes > 0)),
        float(sizes.sum()),
        float(totals.sum()),
        float(np.sum(sizes**2)),
        float(np.sum(totals**2)),
        float(np.sum(sizes * totals)),
    )
    expected = clustered_mean(values, clusters)
    assert (mean, error) == pytest.approx(expected[:2], abs=1e-7, nan_ok=True)
