from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.consensus import agree
from stratum_pipelines.quant.key_numbers import score_table
from stratum_pipelines.quant.one_number import OwnViews, Views, moved_fair, own_views, views_at
from stratum_pipelines.reference import load_reference
from stratum_pipelines.reference.leagues import H2H, SPREADS, TOTALS
from tests.build import NFL
from tests.quant.test_consensus import panel

LEAGUE = load_reference().leagues[NFL]
TABLE = score_table(LEAGUE, "spreads")
NAN = np.nan


def number(points: list[float], groups: list[int | None] | None = None, home: list[float] | None = None) -> float:
    """The number of one spread at books of these groups, of none where a book does not count, with these home probabilities."""
    own = np.array(home or [0.5] * len(points))
    quoted = np.array([group is not None for group in groups or range(len(points))])
    prices = np.where(quoted, 1 / np.array([[own, 1 - own]]), NAN)
    line = np.array([[points, [-p for p in points]]])
    beside = panel([group or 0 for group in groups or range(len(points))])
    active, ages, kinds = ~np.isnan(prices), np.zeros((1, len(points))), np.array([SPREADS])
    return float(agree(prices, line, ages, active, active & False, kinds, beside, LEAGUE).views.number[0])


def views(points: list[float], home: list[float], at: float, kind: int = SPREADS) -> Views:
    """One market of books that each stand alone, with these home (over) probabilities at these points; 0 does not count."""
    fair = np.array([[home, [1 - p for p in home]]])
    own = OwnViews(np.array([home]) > 0, fair, np.zeros((1, len(home))), np.zeros((1, len(home)), bool))
    return views_at(
        np.array([at]), own, np.array([[points, points]]), np.array([kind]), panel(range(len(home))), LEAGUE
    )


def test_the_market_stands_at_the_number_quoted_most() -> None:
    assert number([-3.0, -3.0, -3.5, -3.0]) == -3.0
    # Two brands of one operator are one opinion: -3.5 has 1/2 + 1/2, -3 has 1 + 1.
    assert number([-3.5, -3.5, -3.0, -3.0], [0, 0, 1, 2]) == -3.0
    # Books that do not count are not asked.
    assert number([-3.5, -3.5, -3.5, -3.0], [None, None, None, 0]) == -3.0
    assert number([-3.5, -3.0]) == -3.0
    assert np.isnan(number([-3.5, -3.0], [None, None]))


def test_among_numbers_quoted_equally_the_middle_one_is_taken_then_the_smaller() -> None:
    assert number([-3.5, -3.0, -2.5]) == -3.0
    assert number([-3.5, -2.5]) == -2.5
    # Three thirds are a whole, though they do not add up to the last bit.
    assert number([-7.0, -6.5, -6.5, -6.5], [0, 1, 1, 1]) == -6.5


def test_of_two_numbers_that_mirror_each_other_the_more_even_one_is_taken_and_else_the_middle() -> None:
    # A run line: at +1.5 the same team is far more likely to cover than at -1.5.
    assert number([1.5, -1.5, 1.5, -1.5], home=[0.72, 0.46, 0.71, 0.45]) == -1.5
    assert number([-1.5, 1.5, -1.5, 1.5], home=[0.28, 0.54, 0.29, 0.55]) == 1.5
    assert number([-1.5, 1.5], home=[0.45, 0.55]) == 0.0
    assert number([0.5, -0.5]) == 0.0
    assert number([0.5, -0.5, -0.5]) == -0.5


QUOTED = st.lists(st.tuples(st.integers(-14, 14), st.none() | st.integers(0, 5)), min_size=1, max_size=9)


@given(QUOTED)
def test_the_number_is_that_of_counting_one_by_one_and_turns_with_the_sides(
    quotes: list[tuple[int, int | None]],
) -> None:
    points, groups = [q[0] / 2 for q in quotes], [q[1] for q in quotes]
    found = number(points, groups)
    support: dict[float, Fraction] = {}
    for point, group in zip(points, groups, strict=True):
        if group is not None:
            support[point] = support.get(point, Fraction(0)) + Fraction(1, groups.count(group))
    if not support:
        assert np.isnan(found)
        return
    most = max(support.values())
    assert number([-p for p in points], groups) == -found
    assert support.get(found) == most or (found == 0 and any(support.get(-p) == s == most for p, s in support.items()))


def test_books_are_moved_by_hand() -> None:
    # Three books at -3, one at -2.5 with 0.55. Books at -3 keep theirs; at -2.5 the fourth sees the threes win, at -3 push.
    found = views([-3.0, -3.0, -3.0, -2.5], [0.50, 0.51, 0.49, 0.55], -3.0)
    assert found.fair[0, 0, :3].tolist() == [0.50, 0.51, 0.49]
    assert found.fair[0, 0, 3] == TABLE.move(0.55, -2.5, -3.0).fair < 0.52
    assert found.fair[0, 1, 3] == 1 - found.fair[0, 0, 3]
    assert found.counted.all() and found.n_groups[0] == 4


def test_totals_are_moved_from_the_overs_side() -> None:
    # Over 44.5 wins with 45 as well; at 45.5 that is lost.
    found = views([45.5, 45.5, 44.5], [0.5, 0.51, 0.54], 45.5, TOTALS)
    assert found.fair[0, 0, 2] == score_table(LEAGUE, "totals").move(0.54, -44.5, -45.5).fair
    assert 0.48 < found.fair[0, 0, 2] < 0.52


def test_a_market_of_one_number_stays_as_it_is() -> None:
    found = views([-6.0] * 3, [0.48, 0.5, 0.53], -6.0)
    assert found.fair[0, 0].tolist() == [0.48, 0.5, 0.53]


def test_a_book_beyond_a_quarter_of_a_standard_deviation_does_not_count() -> None:
    # A quarter of 13.2 points is 3.3.
    found = views([-3.0, -6.0, -6.5, -900.0], [0.5] * 4, -3.0)
    assert found.counted[0].tolist() == [True, True, False, False] and found.n_groups[0] == 2
    assert np.isnan(found.fair[0, :, 2:]).all() and found.weights[0].tolist() == [1, 1, 0, 0]


def test_the_margin_is_taken_off_and_a_book_without_all_outcomes_or_stale_does_not_count() -> None:
    prices = np.array([[[1.8, 2.0, NAN, 2.0], [2.1, 2.0, 2.0, 2.0]]])
    fresh = ~np.isnan(prices)
    fresh[0, 1, 3] = False
    own = own_views(prices, fresh, np.array([H2H]), panel(range(4)), LEAGUE)
    # 1 / 1.8 and 1 / 2.1 sum to 1.0317: fair 0.5385 and 0.4615.
    assert own.fair[0, :, 0].round(4).tolist() == [0.5385, 0.4615] and own.margin[0, 0].round(4) == 0.0317
    assert own.counted[0].tolist() == [True, True, False, False]
    found = views_at(np.array([NAN]), own, np.zeros((1, 2, 4)), np.array([H2H]), panel(range(4)), LEAGUE)
    assert np.isnan(found.fair[0, :, 2:]).all() and found.n_groups[0] == 2


BOOKS = st.lists(
    st.tuples(st.integers(-8, 8).map(lambda h: h / 2), st.floats(0.3, 0.7), st.booleans()), min_size=1, max_size=8
)


@given(BOOKS, st.integers(-6, 6).map(lambda h: h / 2))
def test_sides_swapped_are_probabilities_swapped_to_the_last_bit(books: list, at: float) -> None:
    points, home, counts = zip(*books, strict=True)
    home = [p if counted else 0.0 for p, counted in zip(home, counts, strict=True)]
    fair = np.array([[home, [1 - p for p in home]]])
    own, order = OwnViews(np.array([home]) > 0, fair, np.zeros((1, len(home))), np.zeros((1, len(home)), bool)), [1, 0]
    turned = own._replace(fair=fair[:, order])
    line, spread, alone = np.array([[points, points]]), np.array([SPREADS]), panel(range(len(home)))
    one = views_at(np.array([at]), own, line, spread, alone, LEAGUE)
    other = views_at(np.array([-at]), turned, -line, spread, alone, LEAGUE)
    np.testing.assert_array_equal(one.fair, other.fair[:, order])
    np.testing.assert_array_equal(one.counted, other.counted)


@given(BOOKS, st.integers(-6, 6).map(lambda h: h / 2))
def test_every_book_that_counts_could_go_back(books: list, at: float) -> None:
    points, home, _ = (list(column) for column in zip(*books, strict=True))
    found = views(points, home, at)
    counted = found.counted[0]
    assert counted.tolist() == [abs(p - at) <= LEAGUE.margin_sd / 4 for p in points]
    back = moved_fair(found.fair[0, 0], np.full(len(home), at), np.array(points), SPREADS, np.zeros(1, int), LEAGUE)
    assert back[counted] == pytest.approx(np.array(home)[counted], abs=1e-9)
