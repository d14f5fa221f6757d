"""The books' views by answer and market, and the yardstick a set of them makes."""

import numpy as np
import pytest

from stratum_pipelines.signals.opinions import Opinions, yardstick


def test_the_yardstick_by_hand() -> None:
    values = np.array([[0.50, 0.51, 0.52, 0.53, 0.60]])
    weights = np.ones((1, 5))
    found = yardstick(values, weights, np.arange(5), 0.001)
    # Median 0.52; deviations 0.02, 0.01, 0, 0.01, 0.08: median 0.01, times 1.4826.
    assert (found.centre[0], found.n_groups[0]) == (0.52, 5)
    assert found.spread[0] == pytest.approx(0.014826)
    assert yardstick(values, weights, np.arange(5), 0.02).spread[0] == 0.02


def test_books_that_agree_to_the_last_digit_give_the_floor_and_no_division_by_nothing() -> None:
    found = yardstick(np.full((1, 4), 0.5), np.ones((1, 4)), np.arange(4), 0.006)
    assert (found.centre[0], found.spread[0]) == (0.5, 0.006)


def test_twins_weigh_as_one() -> None:
    # Two twins at 0.6 against two others: the median is that of 0.5, 0.52 and 0.6.
    values, weights = np.array([[0.5, 0.52, 0.6, 0.6]]), np.array([[1.0, 1.0, 0.5, 0.5]])
    found = yardstick(values, weights, np.array([0, 1, 2, 2]), 0.006)
    assert (found.centre[0], found.n_groups[0]) == (0.52, 3)


def test_nobody_gives_nothing() -> None:
    found = yardstick(np.array([[0.5, np.nan]]), np.zeros((1, 2)), np.arange(2), 0.006)
    assert np.isnan(found.centre[0]) and found.n_groups[0] == 0


def test_cells_are_found_by_answer_and_market() -> None:
    empty = np.zeros((4, 1))
    found = Opinions(
        answer=np.array([0, 0, 2, 2]),
        market=np.array([1, 4, 0, 4]),
        counted=empty.astype(bool),
        weights=empty,
        n_groups=np.zeros(4, np.int64),
        number=empty[:, 0],
        point=empty[:, None],
        fair=empty[:, None],
        margin=empty,
        implausible=empty.astype(bool),
    )
    cells = {(answer, market): found.cell(answer, market) for answer in range(4) for market in range(6)}
    assert {place: cell for place, cell in cells.items() if cell is not None} == {
        (0, 1): 0,
        (0, 4): 1,
        (2, 0): 2,
        (2, 4): 3,
    }
