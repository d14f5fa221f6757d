"""The same seed and moment give the same bytes, whoever asks and when; and the bytes are what the real feed sends."""

import datetime as dt
import hashlib
import itertools
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from stratum_pipelines.providers import find_providers
from stratum_pipelines.providers.provider import Asking
from stratum_pipelines.providers.simulator import PROVIDER
from stratum_pipelines.providers.the_odds_api import odds_request
from stratum_pipelines.providers.the_odds_api_reader import read_clean
from stratum_pipelines.reference import load_reference
from stratum_pipelines.simulation import BOOKS, NOTHING_PLANTED, SPORTS, Simulation
from tests.conftest import REPOSITORY
from tests.simulation.asked import DAY, EPL, HOUR, MINUTE, MLB, NBA, NFL, SECOND, events, moment, planted

MOMENTS = [moment(hour) + 17_123_456 for hour in (3, 12, 20)]


def test_the_provider_is_found_by_its_file_and_asks_for_nothing_outside() -> None:
    assert find_providers()["simulator"] is PROVIDER
    assert PROVIDER.requests is not None
    (request,) = PROVIDER.requests(NBA, Asking())
    assert request.cost == 0
    assert not request.base_url.startswith("http")
    assert request.endpoint == odds_request(NBA, regions=("us", "uk", "eu")).endpoint


def test_the_same_seed_gives_the_same_bytes_in_whatever_order_it_is_asked() -> None:
    forwards, backwards = Simulation(5, [NBA, EPL]), Simulation(5, [EPL, NBA])
    first = {(key, at): forwards.answer(key, at) for at in MOMENTS for key in (NBA, EPL)}
    backwards.truth(DAY)
    for key, at in reversed(first):
        assert backwards.answer(key, at) == first[key, at]
        assert backwards.answer(key, at).response_id == first[key, at].response_id


def test_another_seed_gives_another_market() -> None:
    bodies = {Simulation(seed, [NBA]).answer(NBA, MOMENTS[1]).body for seed in (1, 2, 3)}
    assert len(bodies) == 3


def test_a_restarted_process_gives_the_same_bytes() -> None:
    code = (
        "import hashlib; from stratum_pipelines.simulation import Simulation; "
        f"print(hashlib.sha256(Simulation(5, ['{NBA}']).answer('{NBA}', {MOMENTS[2]}).body).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": str(REPOSITORY)}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    here = hashlib.sha256(Simulation(5, [NBA]).answer(NBA, MOMENTS[2]).body).hexdigest()
    assert ran.stdout.strip() == here


def test_views_that_were_given_back_are_made_again_as_they_were() -> None:
    simulation = Simulation(5, [NBA])
    before = simulation.answer(NBA, moment(20)).body
    simulation.answer(NBA, moment(20) + 72 * HOUR)
    simulation.answer(NBA, moment(20) + 24 * HOUR)
    assert simulation.answer(NBA, moment(20)).body == before


@pytest.mark.parametrize("sport_key", SPORTS)
def test_the_reader_of_the_real_feed_finds_a_clean_and_complete_answer(sport_key: str) -> None:
    answer = Simulation(5, [sport_key]).answer(sport_key, moment(15))
    reading = read_clean(answer)
    assert reading is not None
    assert PROVIDER.read(answer).games == reading.games
    assert reading.is_complete
    assert reading.odds_format == "american"
    assert not reading.refusals
    assert len(reading.games) >= 3
    assert set(reading.market) == {"h2h", "spreads", "totals"}
    assert len(set(reading.bookmaker)) >= 11
    assert all(load_reference().book(key) is not None for key in set(reading.bookmaker))
    assert all(re.fullmatch("[0-9a-f]{32}", game.event_id) for game in reading.games)
    assert {game.sport_key for game in reading.games} == {sport_key}
    assert ("Draw" in reading.outcome) == load_reference().leagues[sport_key].has_draw
    # A book is never seen after the receipt, and hardly long before it.
    assert (reading.quoted_at < answer.received_at).all()
    assert np.median(answer.received_at - reading.quoted_at) < 2 * MINUTE


def test_an_answer_says_where_it_comes_from() -> None:
    answer = Simulation(5, [NBA]).answer(NBA, MOMENTS[0])
    assert (answer.provider, answer.source, answer.status_code, answer.is_complete) == (
        "simulator",
        "simulator",
        200,
        True,
    )
    assert answer.requested_at is not None
    assert answer.requested_at < answer.received_at == MOMENTS[0]


def test_there_are_sharp_books_exchanges_and_twins() -> None:
    known = [load_reference().books[book.key] for book in BOOKS]
    assert {"sharp", "exchange", "retail"} == {book.kind for book in known}
    assert len({book.operator_group for book in known}) == len(known) - 1


def test_decimal_odds_are_the_american_ones_to_two_digits() -> None:
    american, decimal = Simulation(5, [NBA]), Simulation(5, [NBA], odds_format="decimal")
    one, other = (PROVIDER.read(simulation.answer(NBA, moment(15))) for simulation in (american, decimal))
    assert other.odds_format == "decimal"
    positive = one.price > 0
    expected = np.where(positive, 1 + one.price / 100, 1 - 100 / np.where(positive, -100, one.price))
    assert np.abs(expected - other.price).max() <= 0.005 + 1e-9


def test_games_per_day_books_and_lead_are_as_asked_for() -> None:
    simulation = Simulation(
        5, [NBA], games_per_day=4, books=["pinnacle", "draftkings"], lead_hours=12, rates=NOTHING_PLANTED
    )
    found = events(simulation, NBA, moment(22, 30))
    assert len(found) == 4
    assert {book["key"] for event in found.values() for book in event["bookmakers"]} == {"pinnacle", "draftkings"}
    starts = {event["commence_time"] for event in found.values()}
    # Eight in the evening in New York is midnight UTC in March; nothing is listed more than 12.5 hours before.
    assert max(starts) <= "2026-03-15T03:00:00Z"
    assert not events(simulation, NBA, moment(9))


def test_fourteen_games_of_baseball_make_an_answer_of_the_usual_size() -> None:
    simulation = Simulation(5, [MLB], games_per_day=14, lead_hours=18)
    reading = PROVIDER.read(simulation.answer(MLB, moment(16)))
    assert len(reading.games) == 14
    assert 750 <= len(reading.event) <= 14 * len(BOOKS) * 6


def test_books_that_leave_at_the_start_are_gone_in_play_and_the_game_goes_at_its_end() -> None:
    simulation = Simulation(5, [NBA], games_per_day=2, rates=NOTHING_PLANTED)
    start = moment(23)  # seven in the evening in New York
    before, after = (events(simulation, NBA, start + shift * MINUTE) for shift in (-5, 20))
    (game,) = [e for e in before.values() if e["commence_time"] == "2026-03-14T23:00:00Z"]
    leaving = {book.key for book in BOOKS if not book.in_play}
    assert leaving & {book["key"] for book in game["bookmakers"]}
    assert not leaving & {book["key"] for book in after[game["id"]]["bookmakers"]}
    assert {"pinnacle", "draftkings"} <= {book["key"] for book in after[game["id"]]["bookmakers"]}
    assert game["id"] not in events(simulation, NBA, start + 4 * HOUR)


def test_polls_lie_within_their_day_in_order_and_are_the_same_again() -> None:
    simulation = Simulation(5, [NBA])
    times = simulation.poll_times(DAY, 60)
    assert len(times) == 1440
    assert times == sorted(set(times)) == Simulation(5, [EPL]).poll_times(DAY, 60)
    assert moment(0) <= times[0]
    assert times[-1] < moment(0, day=DAY + dt.timedelta(days=1))
    assert max(b - a for a, b in itertools.pairwise(times)) <= 67 * SECOND
    with pytest.raises(ValueError, match="cadence_s must be above 0"):
        simulation.poll_times(DAY, 0)


def test_the_answers_of_two_days_come_in_order_of_receipt() -> None:
    simulation = Simulation(5, [EPL, NBA], games_per_day=1)
    answers = list(simulation.answers(DAY, DAY + dt.timedelta(days=1), cadence_s=4 * 3600))
    assert len(answers) == 2 * 6 * 2
    received = [answer.received_at for answer in answers]
    assert received == sorted(set(received))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sports": ["chess"]}, "'chess' is not simulated"),
        ({"books": ["pinnacle", "corner_shop"]}, "no bookmaker corner_shop"),
        ({"lead_hours": 2}, "6 hours before its start or more; lead_hours is 2"),
        ({"odds_format": "fractional"}, "not as 'fractional'"),
    ],
)
def test_what_cannot_be_simulated_is_refused_by_name(given: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Simulation(5, **given)


def test_a_sport_that_was_not_asked_for_is_refused() -> None:
    with pytest.raises(ValueError, match=f"has no sport '{NFL}'; it has {NBA}"):
        Simulation(5, [NBA]).answer(NFL, MOMENTS[0])


def test_truth_by_day_joins_up_to_the_truth_of_several_days() -> None:
    simulation = Simulation(5, [NFL])
    days = [DAY, DAY + dt.timedelta(days=1)]
    assert simulation.truth(*days) == simulation.truth(days[0]) + simulation.truth(days[1])
    assert planted(simulation, "steam", days=2)
