import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.key_numbers import ScoreTable, build_score_table, score_table
from stratum_pipelines.reference import load_reference
from tests.quant.exact_normal import move_probability

LEAGUES = load_reference().leagues
NFL = score_table(LEAGUES["americanfootball_nfl"], "spreads")
NBA = score_table(LEAGUES["basketball_nba"], "spreads")
NFL_TOTALS = score_table(LEAGUES["americanfootball_nfl"], "totals")
GOALS = score_table(LEAGUES["soccer_epl"], "totals")
PLAIN = build_score_table(np.ones(0), 0, 13.2, is_total=False)

PROBABILITIES = st.floats(0.02, 0.98)
MARGINS = st.tuples(st.sampled_from([NFL, NBA, PLAIN]), st.integers(-80, 80).map(lambda q: q / 4))
TOTALS = st.one_of(
    st.tuples(st.just(NFL_TOTALS), st.integers(120, 240).map(lambda q: -q / 4)),
    st.tuples(st.just(GOALS), st.integers(4, 20).map(lambda q: -q / 4)),
)
MARKETS = st.one_of(MARGINS, TOTALS)


def three_counts_double(deviation: float) -> ScoreTable:
    """Margins of 3, for either side, twice as often as the rounded normal says."""
    return build_score_table(np.array([2.0, 1, 1, 1, 1, 1, 2.0]), -3, deviation, is_total=False)


def test_chances_by_hand() -> None:
    # Even at 0 with deviation 10 is a mean of 0. Plain: the margin is 3 with Phi(.35) - Phi(.25) = 0.038124, more with 0.363169.
    plain = build_score_table(np.ones(0), 0, 10.0, is_total=False).move(0.5, 0, -3)
    assert (plain.win, plain.push) == (pytest.approx(0.363169, abs=5e-7), pytest.approx(0.038124, abs=5e-7))
    # Threes count double: all sums to 1 + 2 x 0.038124 = 1.076248, so 0.363169 / 1.076248 and 2 x 0.038124 / 1.076248.
    double = three_counts_double(10.0).move(0.5, 0, -3)
    assert (double.win, double.push) == (pytest.approx(0.337440, abs=1e-6), pytest.approx(0.070847, abs=1e-6))
    # Given no push: 0.337440 / (1 - 0.070847) = 0.363169: the threes went out of both.
    assert double.fair == pytest.approx(0.363169, abs=1e-6)


def test_without_weights_it_is_the_rounded_normal() -> None:
    rng = np.random.default_rng(2)
    probs, at, to = rng.uniform(0.05, 0.95, 200), rng.integers(-40, 41, 200) / 4, rng.integers(-40, 41, 200) / 4
    found = PLAIN.move(probs, at, to)
    expected = np.array([move_probability(p, a, t, 13.2) for p, a, t in zip(probs, at, to, strict=True)])
    assert np.abs(found.win - expected[:, 0]).max() < 2e-5
    assert np.abs(found.push - expected[:, 1]).max() < 2e-5


@given(MARKETS, PROBABILITIES)
def test_at_the_same_number_the_same_probability_comes_out(market: tuple[ScoreTable, float], prob: float) -> None:
    table, at = market
    assert table.move(prob, at, at).fair == prob
    # And the chances it stands on are those of that probability.
    there = table.move(prob, at, at)
    assert there.win == pytest.approx(prob * (1 - there.push), abs=1e-12)


@given(MARKETS, PROBABILITIES, st.integers(-40, 40))
def test_there_and_back_is_where_it_was(market: tuple[ScoreTable, float], prob: float, quarters: int) -> None:
    table, at = market
    to = at + quarters / 4 if table not in (NFL_TOTALS, GOALS) else min(at + quarters / 4, -0.5)
    moved = table.move(prob, at, to).fair
    # Further out than this a probability has lost its digits, whatever the method.
    if 1e-6 < moved < 1 - 1e-6:
        assert table.move(moved, to, at).fair == pytest.approx(prob, abs=1e-9)


@given(MARGINS, PROBABILITIES, st.integers(-40, 40))
def test_both_sides_of_a_spread_see_the_same(market: tuple[ScoreTable, float], prob: float, quarters: int) -> None:
    table, at = market
    to = at + quarters / 4
    mine, theirs = table.move(prob, at, to), table.move(1 - prob, -at, -to)
    assert mine.win == pytest.approx(theirs.lose, abs=1e-12)
    assert mine.push == pytest.approx(theirs.push, abs=1e-12)
    assert mine.fair + theirs.fair == pytest.approx(1.0, abs=1e-12)


@given(TOTALS, PROBABILITIES, st.integers(-8, 8))
def test_over_and_under_see_the_same(market: tuple[ScoreTable, float], prob: float, quarters: int) -> None:
    table, at = market
    to = min(at + quarters / 4, -0.25)
    over, under = table.move(prob, at, to), table.move(1 - prob, -at, -to)
    assert over.win == pytest.approx(under.lose, abs=1e-12)
    assert over.fair + under.fair == pytest.approx(1.0, abs=1e-12)


@given(MARKETS, PROBABILITIES, st.integers(-60, 60), st.integers(0, 20))
def test_more_points_never_win_less_and_all_sums_to_one(
    market: tuple[ScoreTable, float], prob: float, quarters: int, more: int
) -> None:
    table, at = market
    top = 0.0 if table in (NFL_TOTALS, GOALS) else np.inf
    numbers = np.minimum(np.array([at + quarters / 4, at + (quarters + more) / 4]), top)
    found = table.chances(table.place(prob, at), numbers)
    assert (found.win + found.push + found.lose) == pytest.approx(1.0, abs=1e-12)
    assert min(found.win.min(), found.push.min(), found.lose.min()) >= 0
    assert found.win[0] <= found.win[1] + 1e-15 and found.lose[0] >= found.lose[1] - 1e-15


@given(MARKETS, PROBABILITIES, PROBABILITIES)
def test_a_likelier_winner_stays_likelier_at_every_number(
    market: tuple[ScoreTable, float], one: float, other: float
) -> None:
    table, at = market
    numbers = at + np.arange(-3.0, 3.25, 0.25)
    numbers = numbers[numbers <= 0] if table in (NFL_TOTALS, GOALS) else numbers
    low, high = (table.chances(table.place(prob, at), numbers).fair for prob in sorted((one, other)))
    assert (low <= high + 1e-15).all()


def test_a_quarter_is_half_a_bet_on_each_neighbour_and_what_lies_between_is_shared_out() -> None:
    at, quarter, beside = (NFL.move(0.5, -6.0, to) for to in (-3.0, -3.25, -3.5))
    assert quarter.win == pytest.approx((at.win + beside.win) / 2, abs=1e-15)
    assert quarter.push == pytest.approx((at.push + beside.push) / 2, abs=1e-15)
    eighth = NFL.move(0.5, -6.0, -3.125)
    assert eighth.push == pytest.approx(0.75 * at.push, abs=1e-15)


def test_no_number_depends_on_its_neighbours_in_the_array() -> None:
    rng = np.random.default_rng(3)
    n = 40_000  # more than one piece
    probs, at, to = rng.uniform(0.1, 0.9, n), rng.integers(-60, 61, n) / 4, rng.integers(-60, 61, n) / 4
    whole = NFL.move(probs, at, to)
    shifted = NFL.move(probs[777:], at[777:], to[777:])
    assert np.array_equal(whole.fair[777:], shifted.fair) and np.array_equal(whole.win[777:], shifted.win)
    for i in (0, 1, 16_383, 16_384, n - 1):
        assert NFL.move(probs[i], at[i], to[i]).fair == whole.fair[i]
    square = NFL.move(probs.reshape(200, 200), at.reshape(200, 200), to.reshape(200, 200)).fair
    assert np.array_equal(square.ravel(), whole.fair)


def test_what_is_no_probability_or_no_number_gives_none_and_costs_its_neighbours_nothing() -> None:
    probs = np.array([0.5, 0.0, 1.0, -0.2, np.nan, 0.5, 0.5, 0.5])
    at = np.array([-3.0, -3.0, -3.0, -3.0, -3.0, np.nan, 4000.0, -3.0])
    to = np.array([-3.5, -3.5, -3.5, -3.5, -3.5, -3.5, -3.5, np.nan])
    fair = NFL.move(probs, at, to).fair
    assert fair[0] == NFL.move(0.5, -3.0, -3.5).fair and np.isnan(fair[1:]).all()


def test_a_number_out_of_reach_is_certain_one_way_or_the_other_and_no_fault() -> None:
    found = NFL.move(0.5, 0.0, [-300.0, 300.0])
    assert found.win.tolist() == [0.0, 1.0] and found.push.tolist() == [0.0, 0.0] and found.lose.tolist() == [1.0, 0.0]


def test_an_over_has_no_number_of_an_under() -> None:
    assert np.isnan(NFL_TOTALS.move(0.5, -45.0, 45.0).fair)


def test_a_total_of_nothing_is_the_lowest_there_is() -> None:
    # Whatever the market, a total is 0 or more: under 0 never wins, and over 0 only pushes at 0.
    chances = GOALS.move(0.5, -2.5, 0.0)
    assert chances.lose == 0.0 and chances.win + chances.push == pytest.approx(1.0, abs=1e-12)


def test_where_nobody_ties_one_half_and_nothing_are_one_number() -> None:
    found = NBA.chances(NBA.place(0.6, -2.0), np.array([-0.5, 0.0, 0.5]))
    assert np.ptp(found.win) == 0.0 and (found.push == 0.0).all()
    # The WNBA has no weights of its own, and no ties either.
    wnba = score_table(LEAGUES["basketball_wnba"], "spreads").move(0.6, -2.0, [-0.5, 0.5])
    assert wnba.win[0] == wnba.win[1]


def test_the_mass_crossed_is_what_the_move_changes() -> None:
    # Even at 0, plain deviation 10: 0.038124 of the games end on 3. Half-way between -2.5 and -3.5 the market is even at -3, a mean
    # of 3: Phi(.05) - Phi(-.05) = 0.039878 of them end there.
    plain = build_score_table(np.ones(0), 0, 10.0, is_total=False)
    assert plain.mass_crossed(-2.5, -3.5) == pytest.approx(0.039878, abs=3e-6)
    assert plain.mass_crossed(-2.5, -3.0) == pytest.approx(0.039878 / 2, abs=2e-5)
    assert NFL.mass_crossed(-2.5, -3.5) > 2 * PLAIN.mass_crossed(-2.5, -3.5)


@given(st.integers(-40, 40).map(lambda h: h / 2), st.integers(-40, 40).map(lambda h: h / 2))
def test_the_mass_crossed_is_the_same_from_every_side(one: float, other: float) -> None:
    mass = NFL.mass_crossed(one, other)
    for again in (NFL.mass_crossed(other, one), NFL.mass_crossed(-one, -other)):
        assert again == pytest.approx(float(mass), abs=1e-12)
    assert 0 <= mass <= 1 and (mass == 0) == (one == other)


def test_a_table_needs_a_deviation_and_totals_begin_at_nothing() -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        build_score_table(np.ones(0), 0, 0.0, is_total=False)
    with pytest.raises(ValueError, match="begin at 0"):
        build_score_table(np.ones(3), -1, 10.0, is_total=True)
