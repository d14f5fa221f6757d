"""Lines and prices agree with each other, with the fair line behind them, and with what a book may charge."""

import datetime as dt

import numpy as np
import pytest

from stratum_pipelines.simulation import BOOKS, NOTHING_PLANTED, SPORTS, Simulation
from stratum_pipelines.simulation.pricing import (
    Standing,
    american_prices,
    cover_chances,
    over_chances,
    winner_chances,
    with_margin,
)
from tests.quant.exact_normal import outcome_chances
from tests.simulation.asked import DAY, EPL, HOUR, MINUTE, NBA, NFL, events, implied, moment, quote

NEXT_DAY = DAY + dt.timedelta(days=1)
QUIET = {"rates": NOTHING_PLANTED}


@pytest.mark.parametrize("sport_key", SPORTS)
def test_every_book_charges_about_its_margin(sport_key: str) -> None:
    simulation = Simulation(3, [sport_key], **QUIET)
    for at in (moment(4), moment(15), moment(22)):
        for event in events(simulation, sport_key, at).values():
            for book in BOOKS:
                for market in ("h2h", "spreads", "totals"):
                    sides = quote(event, book.key, market)
                    if sides:
                        sum_implied = sum(implied(price) for price, _ in sides.values())
                        # Rounding to a grid of five cents moves each side by up to 0.6 points of probability.
                        slack = 0.004 + 0.0025 * book.grid
                        assert 1.0 - slack < sum_implied < 1.0 + 1.35 * book.margin + slack, (book.key, market, sides)


def test_on_average_a_book_charges_exactly_its_margin_where_the_chances_are_even() -> None:
    simulation = Simulation(3, [NBA], **QUIET)
    charged: dict[str, list[float]] = {book.key: [] for book in BOOKS}
    for hour in range(3, 22, 2):
        for event in events(simulation, NBA, moment(hour)).values():
            for book in BOOKS:
                sides = quote(event, book.key, "totals")
                if sides:
                    charged[book.key].append(sum(implied(price) for price, _ in sides.values()) - 1)
    for book in BOOKS:
        assert np.mean(charged[book.key]) == pytest.approx(book.margin, abs=0.002 + 0.001 * book.grid), book.key


@pytest.mark.parametrize("sport_key", SPORTS)
def test_books_without_their_margin_lie_around_the_fair_line(sport_key: str) -> None:
    simulation = Simulation(3, [sport_key], **QUIET)
    at = moment(10)
    errors, point_errors = [], []
    for event_id, event in events(simulation, sport_key, at).items():
        fair = simulation.latent(event_id, at)
        assert sum(fair.probabilities.values()) == pytest.approx(1.0)
        if fair.is_live:
            continue
        for book in BOOKS:
            sides = quote(event, book.key, "h2h")
            if sides:
                total = sum(implied(price) for price, _ in sides.values())
                errors += [implied(price) / total - fair.probabilities[side] for side, (price, _) in sides.items()]
            totals = quote(event, book.key, "totals")
            if totals:
                point_errors.append(totals["over"][1] - fair.total)
    assert len(errors) > 50
    assert abs(np.mean(errors)) < 0.002
    assert 0.003 < np.std(errors) < 0.02
    assert abs(np.mean(point_errors)) < 0.3
    assert np.abs(point_errors).max() < 2.5


def test_points_are_whole_or_half_and_mirror_each_other() -> None:
    simulation = Simulation(3, [NFL], **QUIET)
    for event in events(simulation, NFL, moment(15)).values():
        for book in BOOKS:
            spread, total = quote(event, book.key, "spreads"), quote(event, book.key, "totals")
            if spread:
                assert spread["home"][1] == -spread["away"][1]
                assert (2 * spread["home"][1]) % 1 == 0
            if total:
                assert total["over"][1] == total["under"][1] > 30


def test_a_fixed_spread_gives_the_favourite_the_handicap() -> None:
    simulation = Simulation(3, ["baseball_mlb"], **QUIET)
    for event_id, event in events(simulation, "baseball_mlb", moment(12)).items():
        fair = simulation.latent(event_id, moment(12))
        spread = quote(event, "pinnacle", "spreads")
        if spread and abs(fair.probabilities["home"] - 0.5) > 0.05:
            assert spread["home"][1] == (-1.5 if fair.probabilities["home"] > 0.5 else 1.5)


def test_twins_move_together_and_charge_differently() -> None:
    simulation = Simulation(3, [NBA], **QUIET)
    pairs = []
    for hour in range(4, 22):
        for event in events(simulation, NBA, moment(hour)).values():
            one, other = (quote(event, key, "spreads") for key in ("betonlineag", "lowvig"))
            if one and other:
                assert one["home"][1] == other["home"][1]
                pairs.append([sum(implied(price) for price, _ in sides.values()) for sides in (one, other)])
    margins = np.mean(pairs, axis=0)
    assert margins[0] > margins[1] + 0.01


def test_chances_follow_the_same_normal_model_as_the_house() -> None:
    # The rounded normal on a half point, where nothing is returned: the same distribution, except that it rounds to whole points.
    standing = Standing(np.ones(1), np.zeros(1), np.zeros(1))
    sport = SPORTS[NFL]
    cover = cover_chances(sport, np.array([5.5]), np.array([45.0]), np.array([-3.5]), standing)[0]
    win, push = outcome_chances(5.5, -3.5, sport.league.margin_sd)
    assert push == 0
    assert cover == pytest.approx(win, abs=1e-9)
    over = over_chances(sport, np.array([5.5]), np.array([45.0]), np.array([45.0]), standing)[0]
    assert over == pytest.approx(0.5)


def test_chances_of_goals_are_worked_by_hand() -> None:
    # Both teams expect one goal: P(draw) = e^-2 (1 + 1 + 1/4 + 1/36 + 1/576 + ...) = e^-2 x 2.27959 = 0.30851.
    level = Standing(np.ones(1), np.zeros(1), np.zeros(1))
    home, away, draw = winner_chances(SPORTS[EPL], np.array([0.0]), np.array([2.0]), level)[0]
    assert draw == pytest.approx(0.30851, abs=1e-5)
    assert home == pytest.approx(away)
    # At a whole line of 2 the bet is returned on two goals: P(0 or 1) = 3 e^-2, P(2) = 2 e^-2, P(more) = 1 - 5 e^-2.
    over = over_chances(SPORTS[EPL], np.array([0.0]), np.array([2.0]), np.array([2.0]), level)[0]
    assert over == pytest.approx((1 - 5 * np.exp(-2)) / (1 - 2 * np.exp(-2)), abs=1e-6)
    # A minute before the end a lead of two is safe.
    leading = Standing(np.array([0.01]), np.array([2.0]), np.array([0.0]))
    assert winner_chances(SPORTS[EPL], np.array([2.0]), np.array([2.03]), leading)[0, 0] > 0.99


def test_a_margin_never_makes_a_certainty_and_weighs_in_full_in_an_even_market() -> None:
    chances = np.array([[0.5, 0.5], [0.99, 0.01], [0.8, 0.2]])
    charged = with_margin(chances, np.full(3, 0.05))
    assert charged[0].sum() == pytest.approx(1.05)
    assert (charged < 1).all()
    assert (charged > chances).all()


def test_american_prices_lie_on_the_grid_and_never_between_minus_and_plus_100() -> None:
    probabilities = np.linspace(0.02, 0.98, 500)[:, None]
    for grid in (1.0, 5.0):
        prices = american_prices(probabilities, np.full((500, 1), grid))
        assert (np.abs(prices) >= 100).all()
        assert (prices % grid == 0).all()
        assert not (prices == -100).any()
        back = np.array([implied(price) for price in prices[:, 0]])
        assert np.abs(back - probabilities[:, 0]).max() < 0.0012 * grid + 0.001


def test_a_game_in_play_ends_with_the_chances_of_its_result() -> None:
    simulation = Simulation(3, [NBA, NFL, EPL], **QUIET)
    results = {row["event_id"]: row for row in simulation.results(NEXT_DAY, NEXT_DAY).to_dicts()}
    assert len(results) >= 8
    for event_id, row in results.items():
        over_at = int(row["received_at"].timestamp() * 1e6) - 6 * MINUTE
        late = simulation.latent(event_id, over_at + 2 * MINUTE)
        early = simulation.latent(event_id, over_at - 6 * HOUR)
        won_by = row["home_score"] - row["away_score"]
        winner = "draw" if won_by == 0 else "home" if won_by > 0 else "away"
        assert late.probabilities[winner] > 0.5
        assert abs(-late.home_point - won_by) <= 1.01
        assert not early.is_live
