import dataclasses
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.consensus import Agreement, agree
from stratum_pipelines.quant.devig.by_book import margin_methods
from stratum_pipelines.quant.key_numbers import score_table
from stratum_pipelines.quant.one_number import Views
from stratum_pipelines.quant.panel import Panel
from stratum_pipelines.reference import load_method_choices, load_reference
from stratum_pipelines.reference.leagues import H2H, SPREADS, TOTALS
from tests.build import EPL, NFL

LEAGUES = load_reference().leagues


def panel(groups: Sequence[int], ranks: Sequence[int] | None = None, sharp: Sequence[int] = ()) -> Panel:
    """A panel of books of these groups, in alphabetical order unless `ranks` says otherwise; `sharp` ones weigh 4."""
    order = np.arange(len(groups)) if ranks is None else np.array(ranks, np.int64)
    methods = margin_methods(load_method_choices(), "soccer", ("",) * len(groups), len(groups))
    is_sharp = np.isin(np.arange(len(groups)), sharp)
    margins = np.tile(np.array([0.0, np.inf])[None, :, None], (3, 1, len(groups)))
    return Panel(np.array(groups, np.int64), order, methods, is_sharp, np.where(is_sharp, 4.0, 1.0), margins)


def one_market(
    prices: list,
    home: list[float],
    groups: Sequence[int],
    kind: int = SPREADS,
    *,
    ages: Sequence[float] | None = None,
    sharp: Sequence[int] = (),
) -> Agreement:
    """One NFL market, all quotes fresh; `home` are the books' home points (totals: the points)."""
    given_ = np.array([prices], np.float64)
    points = np.array([[home, home if kind == TOTALS else [-p for p in home]]])
    active = ~np.isnan(given_)
    seen = np.array([[0.0] * len(home) if ages is None else ages], np.float64)
    beside, stale = panel(groups, sharp=sharp), np.zeros(given_.shape, bool)
    return agree(given_, points, seen, active, stale, np.array([kind]), beside, LEAGUES[NFL])


def test_a_market_by_hand() -> None:
    # Books a and b are twins, c and d stand alone, e is stale, f quotes one side only.
    #          home      away     implied            overround  fair home
    # a, b    -3.0 1.80  2.10     .55556 .47619      1.031746   .538462
    # c       -3.5 2.00  1.90     .5     .526316     1.026316   .487179
    # d       -4.0 2.00  2.00     .5     .5          1          .5
    # Weights 1/2, 1/2, 1, 1: medians -3.5, home price 2.00, away 2.00, overround 1.026316. Each number is quoted by one group;
    # -3.5 is the median. There, by the table, a, b have .4966 (the threes lose), d has .5144 (the fours win).
    # Mean point (-3 - 3.5 - 4) / 3 = -3.5; its variance (.25 + 0 + .25) / 3 = 1 / 6.
    nothing = np.nan
    prices = np.array([[[1.8, 1.8, 2.0, 2.0, 3.0, 2.5], [2.1, 2.1, 1.9, 2.0, 1.5, nothing]]])
    points = np.array([[[-3.0, -3.0, -3.5, -4.0, -9.0, -3.0], [3.0, 3.0, 3.5, 4.0, 9.0, 0.0]]])
    active = ~np.isnan(prices)
    stale = np.zeros(prices.shape, bool)
    stale[:, :, 4] = True
    seen = np.array([[10.0, 30.0, 50.0, 20.0, 9000.0, 1.0]])
    found = agree(prices, points, seen, active, stale, np.array([SPREADS]), panel([0, 0, 1, 2, 3, 4]), LEAGUES[NFL])
    assert (found.n_books[0], found.n_groups[0], found.n_stale[0]) == (4, 3, 1)
    assert found.point_median[0].tolist() == [-3.5, 3.5]
    assert found.point_mean[0].tolist() == pytest.approx([-3.5, 3.5])
    assert found.point_std[0].tolist() == pytest.approx([(1 / 6) ** 0.5] * 2)
    # Distances from -3.5: .5 (1/2 and 1/2), 0, .5; half of 3 is reached at .5. A quarter of 3, .75, is reached at -4, three
    # quarters, 2.25, at -3.
    assert found.point_mad[0].tolist() == [0.5, 0.5] and found.point_iqr[0].tolist() == [1.0, 1.0]
    # Ages by rising value: a 10 (1/2), d 20 (1 1/2), which is exactly half of 3; b 30 comes next. The oldest is c's; e does not
    # count.
    assert (found.age_median[0], found.age_max[0]) == (25.0, 50.0)
    assert found.price_median[0].tolist() == [2.0, 2.0]
    table = score_table(LEAGUES[NFL], "spreads")
    moved = [float(table.move(7 / 13, -3.0, -3.5).fair), float(table.move(0.5, -4.0, -3.5).fair)]
    assert moved == pytest.approx([0.4966, 0.5144], abs=5e-5)
    assert found.fair_prob[0].tolist() == pytest.approx([moved[0], 1 - moved[0]], abs=1e-12)
    assert found.fair_point[0].tolist() == [-3.5, 3.5] and found.n_at_number[0] == 4
    mean = (moved[0] + 0.487179487 + moved[1]) / 3
    spread = sum((p - mean) ** 2 for p in (moved[0], 0.487179487, moved[1])) / 3
    assert found.fair_prob_std[0].tolist() == pytest.approx([spread**0.5] * 2, abs=1e-8)
    # Home by rising value .4872 (1), .4966 (2), .5144 (3): quarters at .4872 and .5144. Distances 0, .0094, .0178: .0094.
    assert found.fair_prob_iqr[0].tolist() == pytest.approx([moved[1] - 0.487179487] * 2, abs=1e-8)
    assert found.fair_prob_mad[0].tolist() == pytest.approx([moved[0] - 0.487179487] * 2, abs=1e-8)
    assert found.n_sharp[0] == 0 and np.isnan(found.sharp_fair_prob).all() and np.isnan(found.sharp_point).all()
    assert found.margin_median[0] == pytest.approx(0.0263158, abs=5e-8)
    # The best price is the best fresh one, of whoever shows it: f counts for no opinion, yet its 2.50 can be taken.
    assert found.best_price[0].tolist() == [2.5, 2.1]
    assert found.best_book[0].tolist() == [5, 0]


def test_books_that_share_the_best_price_are_taken_by_name() -> None:
    prices = np.full((1, 2, 3), 2.0)
    beside = panel([0, 1, 2], ranks=[2, 0, 1])
    found = agree(
        prices, prices * 0, np.zeros((1, 3)), prices > 0, prices < 0, np.array([SPREADS]), beside, LEAGUES[NFL]
    )
    assert found.best_book[0].tolist() == [1, 1]


def test_a_book_too_far_off_to_be_heard_moves_no_mean() -> None:
    # Four at -3.5 and one at -13.5: a quarter of the standard deviation of NFL margins, about 3, is the farthest that is heard.
    points = np.array([[[-3.5, -3.5, -3.5, -3.5, -13.5]] * 2]) * np.array([1.0, -1.0])[None, :, None]
    prices = np.full(points.shape, 1.91)
    alone = agree(
        prices,
        points,
        np.zeros((1, 5)),
        prices > 0,
        prices < 0,
        np.array([SPREADS]),
        panel([0, 1, 2, 3, 4]),
        LEAGUES[NFL],
    )
    assert (alone.n_books[0], alone.n_at_number[0]) == (5, 4)
    assert alone.point_mean[0].tolist() == [-3.5, 3.5] and alone.point_std[0].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("n_books", [3, 5, 6, 7, 9, 11])
@pytest.mark.parametrize("price", [1.91, 1.87, 2.37])
def test_books_that_all_agree_deviate_by_exactly_nothing(n_books: int, price: float) -> None:
    # Weights of thirds and sevenths do not add up to the last bit, and a mean may miss its values by as much.
    prices = np.stack([np.full(n_books, price), np.full(n_books, 1.83)])[None]
    points = np.stack([np.full(n_books, -3.5), np.full(n_books, 3.5)])[None]
    groups = [0, 0, 0, *range(1, n_books - 2)]
    for kind in (H2H, SPREADS):
        found = agree(
            prices,
            points,
            np.zeros((1, n_books)),
            prices > 0,
            prices < 0,
            np.array([kind]),
            panel(groups),
            LEAGUES[NFL],
        )
        assert found.fair_prob_std[0].tolist() == found.fair_prob_mad[0].tolist() == [0.0, 0.0]


def test_without_a_whole_fresh_opinion_there_is_no_consensus() -> None:
    prices = np.array([[[1.9, np.nan], [np.nan, 1.9]]])
    active = ~np.isnan(prices)
    stale = np.zeros(prices.shape, bool)
    found = agree(prices, prices * 0, np.zeros((1, 2)), active, stale, np.array([SPREADS]), panel([0, 1]), LEAGUES[NFL])
    assert (found.n_books[0], found.n_groups[0], found.n_stale[0], found.n_at_number[0]) == (0, 0, 0, 0)
    for name in (
        "point_median",
        "point_mean",
        "point_std",
        "price_median",
        "fair_prob",
        "fair_point",
        "fair_prob_std",
        "margin_median",
        "age_median",
        "age_max",
        "point_mad",
        "fair_prob_iqr",
        "sharp_fair_prob",
    ):
        assert np.isnan(getattr(found, name)).all(), name
    assert found.best_price[0].tolist() == [1.9, 1.9]


def test_books_at_other_numbers_are_moved_before_they_are_compared() -> None:
    # Three groups at -3, fair .5; one at -2.5 with .55: there its threes win, at -3 they push.
    even, dear = 1 / 0.525, 1 / (0.55 * 1.05)
    found = one_market([[even] * 3 + [dear], [even] * 3 + [1 / (0.45 * 1.05)]], [-3.0, -3.0, -3.0, -2.5], [0, 1, 2, 3])
    assert found.fair_point[0].tolist() == [-3.0, 3.0] and found.fair_prob[0, 0] == 0.5
    assert found.views.fair[0, 0].round(3).tolist() == [0.5, 0.5, 0.5, 0.512]
    assert (found.n_books[0], found.n_at_number[0]) == (4, 4)


def test_a_book_too_far_off_counts_in_the_points_and_not_in_the_probability() -> None:
    # A quarter of 13.2 points is 3.3.
    even = [[1.9] * 4] * 2
    found = one_market(even, [-3.0, -3.0, -6.0, -6.5], [0, 1, 2, 3])
    assert (found.n_books[0], found.n_groups[0], found.n_at_number[0]) == (4, 4, 3)
    assert found.point_median[0].tolist() == [-4.5, 4.5] and found.fair_point[0, 0] == -3.0


def test_the_probability_stands_at_a_number_though_the_median_is_between_two() -> None:
    found = one_market([[1.9, 1.9], [1.9, 1.9]], [45.5, 44.5], [0, 1], kind=TOTALS)
    assert found.point_median[0].tolist() == [45.0, 45.0] and found.fair_point[0].tolist() == [44.5, 44.5]
    # 0.5 over 45.5 is more over 44.5: the middle of both lies above a half.
    assert 0.5 < found.fair_prob[0, 0] < 0.53


@pytest.mark.parametrize("league", [NFL, EPL])
def test_the_winner_market_has_no_points(league: str) -> None:
    width = LEAGUES[league].n_outcomes
    prices = np.full((1, width, 2), 1.9 + 0.9 * (width - 2))
    fresh = np.ones(prices.shape, bool)
    found = agree(prices, prices * 0, np.zeros((1, 2)), fresh, ~fresh, np.array([H2H]), panel([0, 1]), LEAGUES[league])
    for name in ("point_median", "point_mean", "point_std", "point_mad", "point_iqr", "fair_point", "sharp_point"):
        assert np.isnan(getattr(found, name)).all(), name
    assert found.fair_prob[0].tolist() == pytest.approx([1 / width] * width) and found.n_at_number[0] == 2


def test_sharp_books_weigh_more_where_they_are_heard() -> None:
    # Four retail books at -3, fair .5, a sharp one at -3.5 with fair .55. The medians are those of the four; with a weight of 4
    # the sharp one has half of 8, so its value and the next meet in the middle.
    prices = [[2.0] * 4 + [1 / 0.55], [2.0] * 4 + [1 / 0.45]]
    found = one_market(prices, [-3.0] * 4 + [-3.5], [0, 1, 2, 3, 4], sharp=[4])
    assert (found.fair_point[0, 0], found.fair_prob[0, 0], found.n_sharp[0]) == (-3.0, 0.5, 1)
    assert found.sharp_point[0].tolist() == [-3.25, 3.25]
    sharp = float(score_table(LEAGUES[NFL], "spreads").move(0.55, -3.5, -3.0).fair)
    assert found.sharp_fair_prob[0].tolist() == pytest.approx([(0.5 + sharp) / 2, 1 - (0.5 + sharp) / 2])


def test_a_sharp_book_too_far_off_has_a_point_and_no_say_in_the_probability() -> None:
    found = one_market([[2.0] * 3] * 2, [-3.0, -3.0, -7.0], [0, 1, 2], sharp=[2])
    assert (found.n_sharp[0], found.n_at_number[0], found.sharp_point[0, 0]) == (1, 2, -7.0)
    assert np.isnan(found.sharp_fair_prob).all() and found.fair_prob[0].tolist() == [0.5, 0.5]


@given(st.integers(0, 10_000), st.integers(1, 9))
def test_deviations_are_those_of_sorting_by_hand(seed: int, n_books: int) -> None:
    given_ = market(seed, 8, n_books)
    found, books = agree(**given_), given_["panel"]
    for row in range(8):
        counted, at_number = (mask[row] for mask in (_counted(given_), found.views.counted))
        if given_["kinds"][row] != H2H and counted.any():
            centre, mad, iqr = by_hand(given_["points"][row, 0], counted, books.groups)
            assert found.point_median[row, 0] == pytest.approx(centre, abs=1e-12)
            assert (found.point_mad[row, 0], found.point_iqr[row, 0]) == pytest.approx((mad, iqr), abs=1e-12)
        if at_number.any():
            _, mad, iqr = by_hand(found.views.fair[row, 0], at_number, books.groups)
            assert (found.fair_prob_mad[row, 0], found.fair_prob_iqr[row, 0]) == pytest.approx((mad, iqr), abs=1e-12)


def _counted(given_: dict) -> np.ndarray:
    fresh = given_["active"] & ~given_["stale"]
    return np.array([f[: 3 if kind == H2H else 2].all(axis=0) for f, kind in zip(fresh, given_["kinds"], strict=True)])


def by_hand(values: np.ndarray, counted: np.ndarray, groups: np.ndarray) -> tuple[float, float, float]:
    """Median, median absolute deviation and interquartile range, in fractions: each group has one vote, shared."""
    shares = [Fraction(1, int((groups[counted] == group).sum())) for group in groups[counted]]

    def quantile(sample: list[float], share: Fraction) -> float:
        pairs, reached = sorted(zip(sample, shares, strict=True)), Fraction(0)
        wanted, low = share * sum(shares), None
        for value, weight in pairs:
            reached += weight
            if low is None and reached >= wanted:
                low = value
            if reached > wanted:
                return (low + value) / 2
        raise AssertionError("No weight.")

    sample = values[counted].tolist()
    centre = quantile(sample, Fraction(1, 2))
    mad = quantile([abs(value - centre) for value in sample], Fraction(1, 2))
    return centre, mad, quantile(sample, Fraction(3, 4)) - quantile(sample, Fraction(1, 4))


def market(seed: int, n: int, n_books: int) -> dict:
    """A heap of random markets of a league with draws: holes, stale quotes, two- and three-way ones, several numbers, twins."""
    random = np.random.default_rng(seed)
    kinds = random.integers(0, 3, n)
    exists = np.arange(3)[None, :, None] < np.where(kinds == H2H, 3, 2)[:, None, None]
    shape = (n, 3, n_books)
    prices = np.where(exists & (random.random(shape) > 0.12), random.uniform(1.5, 4, shape), np.nan)
    active = ~np.isnan(prices)
    line = random.integers(-6, 7, (n, 1)) / 2 + random.integers(-2, 3, (n, n_books)) / 2
    line = np.where((kinds == TOTALS)[:, None], np.abs(line) + 2, line)
    other = np.where((kinds == SPREADS)[:, None], -line, line)
    points = np.where((kinds == H2H)[:, None, None], 0.0, np.stack([line, other, np.zeros_like(line)], axis=1))
    return {
        "prices": prices,
        "points": np.where(active, points, 0.0),
        "ages": random.integers(0, 400, (n, n_books)) / 4,
        "active": active,
        "stale": active & (random.random(prices.shape) < 0.1),
        "kinds": kinds,
        "panel": panel(
            random.integers(0, max(1, n_books // 2 + 1), n_books).tolist(),
            random.permutation(n_books),
            np.flatnonzero(random.random(n_books) < 0.25).tolist(),
        ),
        "league": LEAGUES[EPL],
    }


def fields(found: Agreement) -> dict[str, np.ndarray]:
    """All arrays by name."""
    plain = {f.name: getattr(found, f.name) for f in dataclasses.fields(Agreement) if f.name != "views"}
    # Which book has the best price says nothing where there is none.
    plain["best_book"] = np.where(np.isnan(found.best_price), -1, found.best_book)
    return plain


def same_bits(one: Agreement, other: Agreement) -> None:
    left, right = fields(one), fields(other)
    for name in left:
        np.testing.assert_array_equal(left[name], right[name], err_msg=name, strict=True)


@given(st.integers(0, 10_000), st.integers(1, 9))
def test_fair_probabilities_sum_to_one_whatever_is_missing(seed: int, n_books: int) -> None:
    found = agree(**market(seed, 20, n_books))
    agreed = found.n_at_number > 0
    np.testing.assert_allclose(np.nansum(found.fair_prob[agreed], axis=1), 1.0, rtol=0, atol=1e-12)
    assert np.isnan(found.fair_prob[~agreed]).all() and np.isnan(found.fair_point[~agreed]).all()
    assert (found.n_groups <= found.n_books).all() and (found.n_at_number <= found.n_books).all()
    # A book at the market's number is always near enough; at 0, between two numbers quoted equally, there need not be one.
    assert (agreed == (found.n_books > 0))[found.views.number != 0].all()


@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(1, 40))
def test_empty_columns_beside_the_books_change_no_bit(seed: int, n_books: int, n_empty: int) -> None:
    given_ = market(seed, 12, n_books)
    wider = dict(given_)
    beside = ((0, 0), (0, 0), (0, n_empty))
    wider["prices"] = np.pad(given_["prices"], beside, constant_values=np.nan)
    wider["points"] = np.pad(given_["points"], beside)
    wider["ages"] = np.pad(given_["ages"], beside[1:], constant_values=1e9)
    wider["active"], wider["stale"] = np.pad(given_["active"], beside), np.pad(given_["stale"], beside)
    groups, ranks = given_["panel"].groups.tolist(), given_["panel"].ranks.tolist()
    sharp = [*np.flatnonzero(given_["panel"].is_sharp), n_books]
    wider["panel"] = panel(groups + [0] * n_empty, ranks + list(range(n_books, n_books + n_empty)), sharp)
    same_bits(agree(**given_), agree(**wider))


@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(1, 16))
def test_markets_worked_out_together_or_apart_agree_to_the_last_bit(seed: int, n_books: int, size: int) -> None:
    given_ = market(seed, 17, n_books)
    apart = []
    for start in range(0, 17, size):
        cut = {k: v[start : start + size] if isinstance(v, np.ndarray) else v for k, v in given_.items()}
        apart.append(agree(**cut))
    joined = {name: np.concatenate([getattr(a, name) for a in apart]) for name in fields(apart[0])}
    views = Views(*(np.concatenate(parts) for parts in zip(*(a.views for a in apart), strict=True)))
    same_bits(agree(**given_), Agreement(**joined, views=views))


@given(st.integers(0, 10_000), st.integers(1, 9))
def test_the_order_of_the_books_does_not_matter(seed: int, n_books: int) -> None:
    given_ = market(seed, 12, n_books)
    order = np.random.default_rng(seed).permutation(n_books)
    turned = {k: v[..., order] if isinstance(v, np.ndarray) and v.ndim > 1 else v for k, v in given_.items()}
    books = given_["panel"]
    turned["panel"] = panel(
        books.groups[order].tolist(), books.ranks[order], np.flatnonzero(books.is_sharp[order]).tolist()
    )
    one, other = fields(agree(**given_)), fields(agree(**turned))
    one.pop("best_book"), other.pop("best_book")
    for name in one:
        np.testing.assert_allclose(one[name], other[name], rtol=1e-12, atol=1e-12, err_msg=name)


@given(st.integers(0, 10_000), st.integers(1, 7))
def test_a_twin_that_quotes_the_same_changes_nothing(seed: int, n_books: int) -> None:
    given_ = market(seed, 12, n_books)
    twins = {
        k: np.concatenate([v, v], axis=-1) if isinstance(v, np.ndarray) and v.ndim > 1 else v for k, v in given_.items()
    }
    groups, ranks, sharp = np.arange(n_books), given_["panel"].ranks, np.flatnonzero(given_["panel"].is_sharp)
    twins["panel"] = panel([*groups, *groups], [*ranks, *(ranks + n_books)], [*sharp, *(sharp + n_books)])
    alone = panel(groups.tolist(), ranks, sharp.tolist())
    one, two = fields(agree(**{**given_, "panel": alone})), fields(agree(**twins))
    for name in one:
        factor = 2 if name in ("n_books", "n_at_number", "n_stale", "n_sharp", "n_implausible") else 1
        np.testing.assert_allclose(one[name] * factor, two[name], rtol=1e-12, atol=1e-12, err_msg=name)


@given(st.integers(0, 10_000), st.integers(1, 9))
def test_home_and_away_exchanged_exchange_everything_to_the_last_bit(seed: int, n_books: int) -> None:
    given_ = market(seed, 20, n_books)
    mine = given_["kinds"] != TOTALS
    given_ = {k: v[mine] if isinstance(v, np.ndarray) else v for k, v in given_.items()}
    turned = {k: v[:, [1, 0, 2]] if isinstance(v, np.ndarray) and v.ndim == 3 else v for k, v in given_.items()}
    one, other = fields(agree(**given_)), fields(agree(**turned))
    for name in one:
        back = other[name][:, [1, 0, 2]] if other[name].ndim == 2 else other[name]
        np.testing.assert_array_equal(one[name], back, err_msg=name)


def test_no_markets_and_no_books_are_no_fault() -> None:
    assert agree(**market(1, 0, 4)).fair_prob.shape == (0, 3)
    given_ = market(1, 5, 1)
    nobody = agree(**{**given_, "prices": given_["prices"] * np.nan, "active": given_["active"] & False})
    assert nobody.n_books.tolist() == [0] * 5 and np.isnan(nobody.best_price).all()
