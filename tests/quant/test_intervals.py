import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.intervals import wilson_interval


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
