import numpy as np
import pytest

from stratum_pipelines.quant.key_numbers import build_score_table, half_points, score_table
from stratum_pipelines.reference import load_reference


def test_half_a_point_by_hand() -> None:
    # Deviation 10, even at -3: 0.039878 of the games end on 3, the rest is halved: 0.480061 win, 0.480061 lose. With -2.5 the pushes
    # win: 0.519939, a price of 1 / 0.519939 = 1.923302, which is -108.31: 8.31 cents. With -3.5 they lose: 0.480061, +108.31.
    found = half_points(build_score_table(np.ones(0), 0, 10.0, is_total=False), [-3.0])
    assert found.push == pytest.approx([0.039878], abs=3e-6)
    assert (found.more, found.less) == (pytest.approx([0.519939], abs=3e-6), pytest.approx([0.480061], abs=3e-6))
    assert (found.more_cents, found.less_cents) == (pytest.approx([8.31], abs=5e-3), pytest.approx([8.31], abs=5e-3))


def test_three_and_seven_are_worth_most_in_the_nfl() -> None:
    found = half_points(score_table(load_reference().leagues["americanfootball_nfl"], "spreads"), -np.arange(1.0, 15.0))
    assert (1 + found.more_cents.argsort()[::-1][:3]).tolist() == [3, 7, 14]
