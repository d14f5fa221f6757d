import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.key_numbers import score_table
from stratum_pipelines.reference import load_reference
from stratum_pipelines.reference.leagues import H2H, SPREADS, TOTALS
from stratum_pipelines.signals.entry import best_entries
from tests.build import NFL

LEAGUE = load_reference().leagues[NFL]
PLACES = {"home": (SPREADS, 0), "away": (SPREADS, 1), "over": (TOTALS, 0), "under": (TOTALS, 1)}


def entry(
    quotes: list[tuple[float, float]],
    *,
    side: str = "home",
    fresh: list[bool] | None = None,
    ranks: list[int] | None = None,
    fair: float = 0.5,
    at: float = -4.0,
    winner_market: bool = False,
) -> int | None:
    """The book taken among (point, price) quotes; None for none."""
    points, prices = np.array(quotes, np.float64).T.reshape(2, 1, -1)
    n = prices.shape[1]
    taken = np.array([[True] * n if fresh is None else fresh], bool)
    order = np.array(range(n) if ranks is None else ranks, np.int64)
    kind, outcome = (H2H, 0) if winner_market else PLACES[side]
    where = np.array([kind]), np.array([outcome]), np.array([fair]), np.array([at])
    found = int(best_entries(prices, points, taken, order, *where, LEAGUE)[0])
    return None if found < 0 else found


def test_at_one_number_the_highest_price_wins() -> None:
    assert entry([(-4.0, 1.90), (-4.0, 1.95), (-4.0, 1.92)]) == 1


def test_a_better_number_is_weighed_against_its_price() -> None:
    # At -4 and 0.5 the fours push, 2.9 %; at -4.5 they lose, and it wins with 0.4856: 0.4856 x 1.91 is less than
    # 0.4856 x 1.90 + 0.0289.
    assert entry([(-4.5, 1.91), (-4.0, 1.90)]) == 1
    assert entry([(-4.5, 2.05), (-4.0, 1.90)]) == 0


@pytest.mark.parametrize(
    ("side", "at", "better", "worse"),
    [("home", -4.0, -3.5, -4.5), ("away", 4.0, 4.5, 3.5), ("over", 44.5, 44.0, 45.0), ("under", 44.5, 45.0, 44.0)],
)
def test_every_side_knows_which_number_is_better_for_it(side: str, at: float, better: float, worse: float) -> None:
    assert entry([(worse, 1.91), (better, 1.91)], side=side, at=at) == 1


def test_a_push_returns_the_stake() -> None:
    # -3 pushes with 7.8 %: it is worth more than -3.5 and less than -2.5.
    assert entry([(-3.5, 1.91), (-3.0, 1.91)], at=-3.0) == 1
    assert entry([(-3.0, 1.91), (-2.5, 1.91)], at=-3.0) == 1


def test_half_a_point_around_three_is_worth_more_than_around_nine() -> None:
    # A price of 2.00 at -3.5 against 1.91 at -3: 0.4609 x 2.00 = 0.922, against 0.4609 x 1.91 + 0.0782 = 0.958.
    assert entry([(-3.5, 2.00), (-3.0, 1.91)], at=-3.0) == 1
    assert entry([(-9.5, 2.00), (-9.0, 1.91)], at=-9.0) == 0


def test_the_return_is_that_of_the_table() -> None:
    chances = score_table(LEAGUE, "totals").move(0.52, -44.5, [-44.0, -45.0])
    worth = (chances.win * np.array([1.87, 2.05]) + chances.push).tolist()
    assert worth[1] > worth[0] and entry([(44.0, 1.87), (45.0, 2.05)], side="over", at=44.5, fair=0.52) == 1
    assert entry([(44.0, 1.87), (45.0, 1.90)], side="over", at=44.5, fair=0.52) == 0


def test_only_what_can_still_be_taken_counts() -> None:
    quotes = [(-1.0, 5.0), (-4.0, 1.90), (-4.0, 1.80)]
    assert entry(quotes) == 0
    assert entry(quotes, fresh=[False, True, True]) == 1
    assert entry(quotes, fresh=[False] * 3) is None
    assert entry([(np.nan, np.nan), (-4.0, 1.9)], fresh=[False, True]) == 1


def test_among_equals_the_first_by_name_wins() -> None:
    same = [(-4.0, 1.90)] * 3
    assert entry(same, ranks=[2, 0, 1]) == 1
    assert entry([*same[:2], (-4.5, 1.0001)], ranks=[2, 1, 0]) == 1


def test_in_the_winner_market_the_highest_price_wins_whatever_stands_as_point() -> None:
    assert entry([(0.0, 2.1), (0.0, 2.2)], winner_market=True, at=float("nan")) == 1
    assert entry([(0.0, 2.1), (9.0, 2.2)], winner_market=True, fair=float("nan"), at=float("nan")) == 1


@given(
    st.lists(st.tuples(st.integers(-20, 16).map(lambda n: n / 2), st.floats(1.05, 5)), min_size=1, max_size=8),
    st.floats(0.1, 0.9),
    st.randoms(use_true_random=False),
)
def test_the_quote_taken_does_not_depend_on_the_order_of_the_columns(quotes: list, fair: float, random: object) -> None:
    order = list(range(len(quotes)))
    random.shuffle(order)
    one = entry(quotes, fair=fair)
    other = entry([quotes[i] for i in order], fair=fair, ranks=order)
    assert order[other] == one


@given(
    st.lists(st.tuples(st.integers(-20, 16).map(lambda n: n / 2), st.floats(1.05, 5)), min_size=1, max_size=8),
    st.floats(0.1, 0.9),
)
def test_no_quote_taken_is_beaten_by_one_with_both_a_better_number_and_a_better_price(
    quotes: list, fair: float
) -> None:
    point, price = quotes[entry(quotes, fair=fair)]
    assert not any(p > point and d > price + 1e-9 for p, d in quotes)


def test_a_number_far_from_the_consensus_is_a_slip_and_no_offer() -> None:
    far = -4.0 + 13.0
    assert entry([(far + 0.5, 3.0), (-4.0, 1.9)]) == 1
    assert entry([(far, 3.0), (-4.0, 1.9)]) == 0
    assert entry([(far + 0.5, 3.0)]) is None


def test_without_a_consensus_nobody_says_what_a_number_is_worth() -> None:
    assert entry([(-4.0, 1.9)], at=float("nan"), fair=float("nan")) is None


def test_many_at_once_are_each_by_themselves() -> None:
    prices, points = (
        np.array([[1.9, 1.95], [1.9, 1.87], [2.1, 2.2]]),
        np.array([[-4.0, -4.0], [45.0, 44.0], [0.0, 0.0]]),
    )
    where = (
        np.array([SPREADS, TOTALS, H2H]),
        np.array([0, 0, 1]),
        np.array([0.5, 0.5, 0.4]),
        np.array([-4, 44.5, np.nan]),
    )
    found = best_entries(prices, points, prices > 1, np.arange(2), *where, LEAGUE)
    assert found.tolist() == [1, 1, 1]
