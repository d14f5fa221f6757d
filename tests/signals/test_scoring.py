import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.signals.scoring import is_structural_core, priority, strength, time_bucket


@pytest.mark.parametrize(
    ("move", "step", "window_s", "n_groups", "score", "size", "speed", "breadth"),
    [
        # Two steps in 20 minutes, four groups: 50 x 2/4, 25 x (2 / 20) / 0.2, 25 x 4/8.
        (-1.0, 0.5, 1200, 4, 50, 25.0, 12.5, 12.5),
        # One step of 0.03 fair probability in 30 minutes, three groups: 12.5 + 25 x (1 / 30) / 0.2 + 9.375 = 26.04.
        (0.03, 0.03, 1800, 3, 26, 12.5, 4.167, 9.375),
        # Four steps at once and eight groups: everything in full.
        (2.0, 0.5, 60, 8, 100, 50.0, 25.0, 25.0),
        # Beyond the ceilings nothing more is earned.
        (40.0, 0.5, 0, 80, 100, 50.0, 25.0, 25.0),
        # Nothing at all is still 1.
        (0.0, 0.5, 0, 0, 1, 0.0, 0.0, 0.0),
        # Ten seconds count as a minute: 0.1 step a minute is half of full speed.
        (0.1, 1.0, 10, 0, 14, 1.25, 12.5, 0.0),
    ],
)
def test_the_strength_by_hand(
    move: float, step: float, window_s: float, n_groups: int, score: int, size: float, speed: float, breadth: float
) -> None:
    assert strength(move, step, window_s, n_groups) == (score, size, speed, breadth)


@given(st.floats(-50, 50), st.sampled_from([0.03, 0.5, 1.0]), st.floats(0, 7200), st.integers(0, 20))
def test_the_score_lies_in_1_to_100_and_grows_with_each_part(move: float, step: float, window_s: float, n: int) -> None:
    found = strength(move, step, window_s, n)
    score, *parts = found
    assert 1 <= score <= 100
    assert abs(sum(parts) - score) <= 1.01
    assert strength(-move, step, window_s, n) == found
    assert strength(0.0, step, window_s, n, steps=abs(move) / step) == found
    for larger in (
        strength(move * 1.5, step, window_s, n),
        strength(move, step, window_s / 2, n),
        strength(move, step, window_s, n + 1),
    ):
        assert larger.score >= score


def test_signals_scored_together_score_as_each_alone() -> None:
    moves, windows, groups, steps = [-1.0, 2.0, 0.25], [1200, 0, 90], [4, 8, 0], [np.nan, np.nan, 3.0]
    together = strength(moves, 0.5, windows, groups, steps)
    alone = [strength(*one) for one in zip(moves, [0.5] * 3, windows, groups, steps, strict=True)]
    assert [list(row) for row in zip(*together, strict=True)] == [[part.item() for part in one] for one in alone]


@pytest.mark.parametrize(
    ("score", "name"), [(100, "High"), (75, "High"), (74, "Medium"), (55, "Medium"), (54, "Low"), (1, "Low")]
)
def test_the_priority_at_each_bar_and_one_below(score: int, name: str) -> None:
    assert priority(score, "composite") == name


@pytest.mark.parametrize(("score", "name"), [(100, "Medium"), (75, "Medium"), (55, "Medium"), (54, "Low")])
def test_a_strength_that_stands_in_for_the_composite_is_never_high(score: int, name: str) -> None:
    assert priority(score, "strength_fallback") == name


@pytest.mark.parametrize(
    ("signal_type", "market", "score", "n_groups", "shown"),
    [
        ("KEY_CROSS", "spreads", 55, 3, True),
        ("KEY_CROSS", "spreads", 54, 3, False),
        ("KEY_CROSS", "spreads", 99, 2, False),
        ("MOVE", "spreads", 99, 9, False),
        ("KEY_CROSS", "totals", 99, 9, False),
    ],
)
def test_public_surfaces_show_strong_and_broad_key_crosses_of_spreads(
    signal_type: str, market: str, score: float, n_groups: int, shown: bool
) -> None:
    assert is_structural_core(signal_type, market, score, n_groups) is shown


@pytest.mark.parametrize(
    ("minutes", "name"),
    [
        (-0.001, "live"),
        (0, "0-15m"),
        (14.999, "0-15m"),
        (15, "15-60m"),
        (60, "1-3h"),
        (179.999, "1-3h"),
        (180, "3-6h"),
        (360, "6-24h"),
        (1440, "1-3d"),
        (4319.999, "1-3d"),
        (4320, "3d+"),
    ],
)
def test_time_to_the_start_falls_into_one_step(minutes: float, name: str) -> None:
    assert time_bucket(minutes) == name
