from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.normal import distribution, quantile

NORMAL = NormalDist()


def test_the_distribution_by_hand() -> None:
    # Tables: 0.975 below 1.959964, 0.5 below 0; the density at 0 is 1 / sqrt(2 pi) = 0.398942.
    below, density = distribution(np.array([1.959963984540054, 0.0, -1.959963984540054]))
    assert below.tolist() == pytest.approx([0.975, 0.5, 0.025], abs=1e-15)
    assert density[1] == pytest.approx(0.3989422804014327, abs=1e-16)


@given(st.floats(-7, 7))
def test_the_distribution_is_the_standard_librarys(score: float) -> None:
    below, density = distribution(np.array([score]))
    assert below[0] == pytest.approx(NORMAL.cdf(score), rel=2e-13, abs=1e-16)
    assert density[0] == pytest.approx(NORMAL.pdf(score), rel=1e-14)


@given(st.floats(-40, 40))
def test_a_score_and_its_opposite_share_the_whole(score: float) -> None:
    below, _ = distribution(np.array([score, -score]))
    assert below.sum() == 1.0
    assert (below >= 0).all()


@given(st.floats(1e-300, 1 - 2**-53))
def test_the_quantile_is_the_standard_librarys(probability: float) -> None:
    # A float below 1 stands for a range of 1e-16, which near 1 is a range of scores.
    near_one = 1e-16 / NORMAL.pdf(NORMAL.inv_cdf(probability)) if probability > 0.5 else 0.0
    expected = NORMAL.inv_cdf(probability)
    assert quantile(np.array([probability]))[0] == pytest.approx(expected, rel=1e-14, abs=1e-15 + near_one)


def test_quantiles_of_any_shape_are_undone_by_the_distribution() -> None:
    probabilities = np.linspace(0.0005, 0.9995, 3000).reshape(3, 1000)
    below, _ = distribution(quantile(probabilities))
    np.testing.assert_allclose(below, probabilities, rtol=1e-13, atol=0)
