"""What a look is worth: never less for a game that is closer, livelier, more followed or longer unseen."""

import math

from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.budget.information import (
    FIRST_RATE,
    HALF_LIFE_S,
    Coming,
    Volatility,
    Worth,
    mean_slowness,
    slowness,
    weight_of,
    worth_of,
)
from stratum_pipelines.cadence import HOUR_S, SECOND, SLOWEST

HOUR = round(HOUR_S * SECOND)
NOW = 500_000 * HOUR
AWAY = st.integers(0, 300 * 60)
GAMES = st.lists(
    st.builds(lambda minutes, weight: Coming(NOW + minutes * HOUR // 60 + 1, weight), AWAY, st.floats(1, 20)),
    max_size=6,
)
RATE = st.floats(0.05, 50)
HOURS = st.floats(0.001, 200)
# Sums are taken in another order: the laws hold to the last few digits.
TINY = 1e-9


def information(games: list[Coming], rate: float, hours: float) -> float:
    return worth_of(games, rate, NOW).information(hours)


@given(games=GAMES, rate=RATE, hours=HOURS, away=AWAY, closer=AWAY, weight=st.floats(1, 20))
def test_a_game_that_starts_sooner_is_never_worth_less(
    games: list[Coming], rate: float, hours: float, away: int, closer: int, weight: float
) -> None:
    near, far = sorted((away, closer))
    worths = [information([*games, Coming(NOW + m * HOUR // 60 + 1, weight)], rate, hours) for m in (near, far)]
    assert worths[0] >= worths[1] - TINY


@given(games=GAMES, rates=st.tuples(RATE, RATE), hours=HOURS)
def test_a_livelier_sport_is_never_worth_less(games: list[Coming], rates: tuple[float, float], hours: float) -> None:
    calm, lively = sorted(rates)
    assert information(games, lively, hours) >= information(games, calm, hours) - TINY


@given(games=GAMES, rate=RATE, hours=HOURS, away=AWAY, weights=st.tuples(st.floats(1, 20), st.floats(1, 20)))
def test_a_game_that_is_more_followed_is_never_worth_less(
    games: list[Coming], rate: float, hours: float, away: int, weights: tuple[float, float]
) -> None:
    few, many = (information([*games, Coming(NOW + away * HOUR // 60 + 1, w)], rate, hours) for w in sorted(weights))
    assert many >= few - TINY


@given(games=GAMES, rate=RATE, spans=st.tuples(HOURS, HOURS))
def test_a_longer_time_unseen_is_never_worth_less_and_never_more_than_all_games(
    games: list[Coming], rate: float, spans: tuple[float, float]
) -> None:
    worth = worth_of(games, rate, NOW)
    short, long = sorted(spans)
    assert 0 <= worth.information(short) <= worth.information(long) + TINY
    assert worth.information(long) <= worth.weight


@given(weight=st.floats(1, 100), pace=st.floats(0.01, 100), share=st.floats(0.001, 0.999))
def test_waiting_for_an_amount_of_information_yields_it(weight: float, pace: float, share: float) -> None:
    worth = Worth(weight, pace)
    assert math.isclose(worth.information(worth.hours_for(share * weight)), share * weight, rel_tol=1e-6)
    assert worth.hours_for(weight) == math.inf


def test_a_look_is_worked_out_by_hand() -> None:
    # Two games, one in two hours with two followers, one in ten: W = 1 + 3 + 1, S = 2 (1/60 + 3 + 1/5).
    games = [Coming(NOW + 2 * HOUR, weight_of(["nba", "g1", "Boston"], {"Boston": 2.0})), Coming(NOW + 10 * HOUR)]
    worth = worth_of(games, 2.0, NOW)
    assert worth.weight == 5.0 and math.isclose(worth.pace, 2 * (1 / 60 + 3 + 1 / 5))
    assert math.isclose(worth.information(0.5), 5 * (1 - math.exp(-worth.pace * 0.5 / 5)))


def test_games_that_have_started_are_worth_nothing() -> None:
    assert worth_of([Coming(NOW), Coming(NOW - HOUR)], 1.0, NOW) == worth_of([], 1.0, NOW)


def test_the_rate_of_a_sport_is_learned_from_the_share_that_changed() -> None:
    volatility = Volatility()
    assert volatility.rate == FIRST_RATE
    # Each minute a twentieth of the quotes changes: about three times an hour each.
    for minute in range(1, 24 * 60):
        volatility = volatility.after(0.05, 1 / 60, 1.0, NOW + minute * HOUR // 60)
    assert math.isclose(volatility.rate, -60 * math.log(0.95), rel_tol=0.15)
    # As many changes among games that are slower five times over tell of a sport that is livelier.
    calm = Volatility().after(0.2, 1.0, 1.0, NOW)
    assert Volatility().after(0.2, 1.0, 5.0, NOW).rate > calm.rate > Volatility().after(0.0, 1.0, 1.0, NOW).rate


def test_a_wild_day_is_half_forgotten_a_day_later() -> None:
    wild = Volatility().after(0.9, 0.1, 1.0, NOW)
    later = wild.after(0.0, 0.0, 1.0, NOW + round(HALF_LIFE_S * SECOND))
    assert math.isclose(later.changes, wild.changes / 2) and math.isclose(later.exposure, wild.exposure / 2)
    # A first answer in which everything is new counts as much as one in which nearly everything is.
    assert Volatility().after(1.0, 1.0, 1.0, NOW) == Volatility().after(0.95, 1.0, 1.0, NOW)


def test_slowness_of_a_schedule_is_that_of_its_mean_rate() -> None:
    assert mean_slowness([], NOW) == SLOWEST
    games = [Coming(NOW + HOUR), Coming(NOW + 10 * HOUR)]
    assert math.isclose(mean_slowness(games, NOW), 2 / (1 + 1 / 5))
    assert slowness(0.0) == 1.0
