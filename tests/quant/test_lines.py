from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.lines import implied_mean, move_probability, outcome_chances, own_handicap

QUARTERS = st.integers(-240, 240).map(lambda q: q / 4)
DEVIATIONS = st.floats(1.5, 20)
PROBABILITIES = st.floats(0.001, 0.999)


def given_no_push(win: float, push: float) -> float:
    return win / (1 - push)


@pytest.mark.parametrize(
    ("side", "point", "handicap"),
    [("home", -3.5, -3.5), ("away", 3.5, 3.5), ("over", 210.0, -210.0), ("under", 210.0, 210.0)],
)
def test_a_handicap_reads_from_the_outcomes_own_side(side: str, point: float, handicap: float) -> None:
    assert own_handicap(side, point) == handicap


def test_half_points_never_push_and_whole_ones_push_with_the_mass_of_that_margin() -> None:
    # Mean 0, deviation 10. At -0.5 the margin must be 1 or more: beyond 0.5 before rounding, 1 - Phi(.05) = 0.48006.
    assert outcome_chances(0.0, -0.5, 10.0) == (pytest.approx(0.480061, abs=5e-7), 0.0)
    # At 0 the same margins win, and -0.5 to 0.5 push: Phi(.05) - Phi(-.05) = 0.03988.
    win, push = outcome_chances(0.0, 0.0, 10.0)
    assert (win, push) == (pytest.approx(0.480061, abs=5e-7), pytest.approx(0.039878, abs=5e-7))
    # At -3 a margin of 3 pushes, and 4 or more win: 1 - Phi(.35) = 0.36317; Phi(.35) - Phi(.25) = 0.03812.
    win, push = outcome_chances(0.0, -3.0, 10.0)
    assert (win, push) == (pytest.approx(0.363169, abs=5e-7), pytest.approx(0.038124, abs=5e-7))


def test_a_quarter_handicap_is_half_a_bet_on_each_neighbour() -> None:
    below, above = outcome_chances(1.3, -0.5, 1.6), outcome_chances(1.3, 0.0, 1.6)
    assert outcome_chances(1.3, -0.25, 1.6) == tuple((b + a) / 2 for b, a in zip(below, above, strict=True))


def test_a_median_between_two_quarters_lies_between_their_chances() -> None:
    # Between -0.5 and 0 only the push grows, so both are looked at together.
    chances = [outcome_chances(0.2, h, 1.6) for h in (-0.5, -0.375, -0.25, -0.125, 0.0, 0.125, 0.25, 0.5)]
    assert all(less < more for less, more in pairwise(win + push / 2 for win, push in chances))


@given(PROBABILITIES, QUARTERS, DEVIATIONS)
def test_the_implied_mean_gives_back_the_probability_it_was_worked_out_from(
    p: float, handicap: float, sd: float
) -> None:
    chances = outcome_chances(implied_mean(p, handicap, sd), handicap, sd)
    assert given_no_push(*chances) == pytest.approx(p, abs=1e-9)


@given(st.floats(-20, 20), QUARTERS.filter(lambda h: abs(h) <= 20), st.floats(10, 20))
def test_the_mean_behind_a_probability_is_found_again(mean: float, handicap: float, sd: float) -> None:
    p = given_no_push(*outcome_chances(mean, handicap, sd))
    assert implied_mean(p, handicap, sd) == pytest.approx(mean, abs=1e-6)


@given(QUARTERS, QUARTERS, st.floats(-30, 30), DEVIATIONS)
def test_more_points_never_win_less_and_a_better_mean_neither(one: float, other: float, mean: float, sd: float) -> None:
    low, high = sorted((one, other))
    assert outcome_chances(mean, low, sd)[0] <= outcome_chances(mean, high, sd)[0] + 1e-15
    assert outcome_chances(mean, low, sd)[0] <= outcome_chances(mean + 0.1, low, sd)[0] + 1e-15
    not_lost = [sum(outcome_chances(mean, h, sd)) for h in (low, high)]
    assert not_lost[0] <= not_lost[1] + 1e-15


@given(PROBABILITIES, PROBABILITIES, QUARTERS, DEVIATIONS)
def test_a_likelier_winner_has_the_higher_mean(one: float, other: float, handicap: float, sd: float) -> None:
    low, high = sorted((one, other))
    assert implied_mean(low, handicap, sd) <= implied_mean(high, handicap, sd)


@given(st.floats(-30, 30), QUARTERS, DEVIATIONS)
def test_what_one_side_wins_the_other_loses(mean: float, handicap: float, sd: float) -> None:
    win, push = outcome_chances(mean, handicap, sd)
    other_win, other_push = outcome_chances(-mean, -handicap, sd)
    assert push == pytest.approx(other_push, abs=1e-12)
    assert win + push + other_win == pytest.approx(1.0, abs=1e-12)
    assert 0 <= win <= 1 and 0 <= push <= 1


@given(PROBABILITIES, QUARTERS, QUARTERS.map(lambda q: q / 6), DEVIATIONS)
def test_moving_a_probability_is_the_same_seen_from_the_other_side(p: float, at: float, by: float, sd: float) -> None:
    to = at + round(by * 4) / 4
    mine = move_probability(p, at, to, sd)
    theirs = move_probability(1 - p, -at, -to, sd)
    assert mine[1] == pytest.approx(theirs[1], abs=1e-9)
    assert mine[0] + mine[1] + theirs[0] == pytest.approx(1.0, abs=1e-9)


@given(PROBABILITIES, QUARTERS, DEVIATIONS)
def test_a_probability_moved_nowhere_stays(p: float, at: float, sd: float) -> None:
    assert given_no_push(*move_probability(p, at, at, sd)) == pytest.approx(p, abs=1e-9)


def test_a_better_number_by_hand() -> None:
    # 0.5 at -5.5 with deviation 13.2 is a mean of 5.5; at -3.5 it wins with Phi(2 / 13.2) = Phi(.151515) = 0.560215.
    win, push = move_probability(0.5, -5.5, -3.5, 13.2)
    assert (win, push) == (pytest.approx(0.560215, abs=5e-7), 0.0)
    # Over 210 when the total closed at 213 with fair 0.5 (deviation 18): whole numbers, so the mean is 213 exactly.
    # It wins from 211: Phi((213 - 210.5) / 18) = Phi(.138889) = 0.555231; it pushes with Phi(.194444) less that = 0.021855.
    win, push = move_probability(0.5, own_handicap("over", 213.0), own_handicap("over", 210.0), 18.0)
    assert (win, push) == (pytest.approx(0.555231, abs=2e-6), pytest.approx(0.021855, abs=2e-6))


@pytest.mark.parametrize("far", [-300.0, 300.0])
def test_a_number_out_of_reach_is_certain_one_way_or_the_other_and_no_fault(far: float) -> None:
    win, push = move_probability(0.5, 0.0, far, 1.6)
    assert (win, push) == (1.0 if far > 0 else 0.0, 0.0)
