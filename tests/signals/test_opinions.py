"""What books think, at one number, and the yardstick a set of them makes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.key_numbers import score_table
from stratum_pipelines.reference import load_reference
from stratum_pipelines.signals.opinions import Opinions, opinions, yardstick
from stratum_pipelines.signals.quotes import H2H, SPREADS, TOTALS, Quotes
from tests.build import NFL

LEAGUE = load_reference().leagues[NFL]
EVEN = 1 + 100 / 110


def asked(
    kind: int, prices: list, points: list, number: float, *, stale: tuple[int, ...] = (), pad: int = 0
) -> Opinions:
    """One market of two outcomes; `prices` and `points` per outcome and book, then `pad` columns without a book."""
    price = np.pad(np.array([prices], np.float64), ((0, 0),) * 2 + ((0, pad),), constant_values=np.nan)
    point = np.pad(np.array([points], np.float64), ((0, 0),) * 2 + ((0, pad),))
    held = {"price": price, "point": point, "stale": np.zeros(price.shape, bool)}
    held["stale"][..., list(stale)] = True
    active = ~np.isnan(price)
    zero = np.zeros(1, np.int64)
    quotes = Quotes(zero, zero, held, held, active, active)
    groups = np.arange(price.shape[2])
    return opinions(quotes, zero, np.array([kind]), np.array([number]), groups, LEAGUE)


def test_the_margin_is_taken_off_and_a_book_without_all_outcomes_does_not_count() -> None:
    found = asked(H2H, [[1.8, 2.0, np.nan], [2.1, 2.0, 2.0]], [[0, 0, 0]] * 2, np.nan)
    # 1 / 1.8 and 1 / 2.1 sum to 1.0317: fair 0.5385 and 0.4615.
    assert found.fair[0, :, 0].round(4).tolist() == [0.5385, 0.4615]
    assert found.counted[0].tolist() == [True, True, False]
    assert np.isnan(found.fair[0, :, 2]).all()
    assert found.margin[0, 0].round(4) == 0.0317 and found.n_groups[0] == 2


def test_a_stale_book_does_not_count() -> None:
    assert asked(H2H, [[2.0, 2.0]] * 2, [[0, 0]] * 2, np.nan, stale=(1,)).counted[0].tolist() == [True, False]


@pytest.mark.parametrize(
    ("kind", "own", "number", "at", "to"),
    [(SPREADS, -2.5, -3.5, -2.5, -3.5), (SPREADS, 2.5, 3.5, 2.5, 3.5), (TOTALS, 44.5, 46.0, -44.5, -46.0)],
)
def test_a_book_at_another_number_is_moved_by_the_table_of_the_league(
    kind: int, own: float, number: float, at: float, to: float
) -> None:
    away = own if kind == TOTALS else -own
    found = asked(kind, [[1.95], [1.87]], [[own], [away]], number)
    market = "spreads" if kind == SPREADS else "totals"
    before = (1 / 1.95) / (1 / 1.95 + 1 / 1.87)
    expected = float(score_table(LEAGUE, market).move(before, at, to).fair)
    assert found.fair[0, :, 0].tolist() == [pytest.approx(expected, abs=1e-12), pytest.approx(1 - expected, abs=1e-12)]
    assert found.point[0, 0, 0] == own


def test_a_number_too_far_off_does_not_count() -> None:
    # A quarter of 13.2 points is 3.3.
    found = asked(SPREADS, [[EVEN] * 3] * 2, [[-3.0, -6.0, -6.5], [3.0, 6.0, 6.5]], -3.0)
    assert found.counted[0].tolist() == [True, True, False] and found.n_groups[0] == 2


@given(
    st.lists(
        st.tuples(st.floats(1.5, 3), st.floats(1.5, 3), st.integers(-8, 8).map(lambda n: n / 2)), min_size=1, max_size=6
    ),
    st.integers(-6, 6).map(lambda n: n / 2),
    st.integers(0, 9),
)
def test_sides_swapped_are_probabilities_swapped_and_empty_columns_change_nothing(
    books: list, number: float, pad: int
) -> None:
    home, away, line = np.array(books).T.tolist()
    one = asked(SPREADS, [home, away], [line, [-p for p in line]], number)
    other = asked(SPREADS, [away, home], [[-p for p in line], line], -number, pad=pad)
    n = len(books)
    assert np.allclose(one.fair[0, 0], other.fair[0, 1, :n], atol=1e-9, equal_nan=True)
    assert other.counted[0, :n].tolist() == one.counted[0].tolist() and not other.counted[0, n:].any()
    same = asked(SPREADS, [home, away], [line, [-p for p in line]], number, pad=pad)
    assert np.array_equal(one.fair[0], same.fair[0, :, :n], equal_nan=True)


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
    )
    cells = {(answer, market): found.cell(answer, market) for answer in range(4) for market in range(6)}
    assert {place: cell for place, cell in cells.items() if cell is not None} == {
        (0, 1): 0,
        (0, 4): 1,
        (2, 0): 2,
        (2, 4): 3,
    }
