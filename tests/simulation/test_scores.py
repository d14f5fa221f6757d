"""Scores grow to the result, and the result comes from the line."""

import datetime as dt

import msgspec
import numpy as np
import pytest

from stratum_pipelines.providers.the_odds_api_scores import read_scores
from stratum_pipelines.simulation import NOTHING_PLANTED, SPORTS, Simulation
from tests.simulation.asked import DAY, EPL, HOUR, MINUTE, NBA, NFL, events, moment

WEEK = DAY + dt.timedelta(days=6)


def test_the_reader_of_scores_reads_them_and_refuses_nothing() -> None:
    simulation = Simulation(4)
    for sport_key in SPORTS:
        scores, refusals = read_scores(simulation.scores_answer(sport_key, moment(20)))
        assert not refusals
        assert {score.is_completed for score in scores} == {True, False}
        assert {score.event_id for score in scores} >= set(events(simulation, sport_key, moment(20)))
        over = [score for score in scores if score.is_completed]
        assert all(score.home_score is not None and score.away_score is not None for score in over)


def test_scores_never_fall_and_end_at_the_result() -> None:
    simulation = Simulation(4, [NBA, EPL], rates=NOTHING_PLANTED)
    results = {row["event_id"]: row for row in simulation.results(DAY, DAY).to_dicts()}
    assert len(results) >= 8
    for sport_key in (NBA, EPL):
        seen: dict[str, tuple[int, int]] = {}
        for minutes in range(0, 30 * 60, 10):
            for entry in msgspec.json.decode(simulation.scores(sport_key, moment(0) + minutes * MINUTE)):
                if entry["scores"] is None:
                    assert entry["id"] not in seen
                    continue
                now = tuple(int(score["score"]) for score in entry["scores"])
                before = seen.get(entry["id"], (0, 0))
                assert now[0] >= before[0]
                assert now[1] >= before[1]
                seen[entry["id"]] = now
                if entry["completed"] and entry["id"] in results:
                    row = results[entry["id"]]
                    assert now == (row["home_score"], row["away_score"])


def test_results_are_known_only_after_the_game_and_are_whole_and_not_level_where_there_is_no_draw() -> None:
    simulation = Simulation(4, [NFL, EPL])
    frame = simulation.results(DAY, WEEK)
    assert set(frame["status"]) == {"final", "postponed"} or set(frame["status"]) == {"final"}
    assert frame["event_id"].is_unique().all()
    played = frame.filter(status="final")
    assert played.height > 50
    assert played["home_score"].min() >= 0
    assert played["away_score"].min() >= 0
    american = Simulation(4, [NFL]).results(DAY, WEEK).filter(status="final")
    assert (american["home_score"] != american["away_score"]).all()
    soccer = Simulation(4, [EPL]).results(DAY, WEEK).filter(status="final")
    assert (soccer["home_score"] == soccer["away_score"]).any()
    until = moment(21)
    some = simulation.results(DAY, DAY, as_of=until)
    assert some.height < simulation.results(DAY, DAY).height
    assert (some["received_at"].dt.epoch("us") <= until).all()


def test_results_scatter_around_the_closing_line_as_the_league_says() -> None:
    # 25 days of NBA: the margin less the closing fair spread has the league's deviation, 11.9, and no bias.
    simulation = Simulation(4, [NBA], games_per_day=15, rates=NOTHING_PLANTED)
    errors, totals = [], []
    for row in simulation.results(DAY, DAY + dt.timedelta(days=24)).iter_rows(named=True):
        close = simulation.latent(row["event_id"], int(row["received_at"].timestamp() * 1e6) - 3 * HOUR)
        errors.append(row["home_score"] - row["away_score"] + close.home_point)
        totals.append(row["home_score"] + row["away_score"] - close.total)
    league = SPORTS[NBA].league
    n = len(errors)
    assert n > 300
    assert abs(np.mean(errors)) < 4 * league.margin_sd / np.sqrt(n)
    assert abs(np.mean(totals)) < 4 * league.total_sd / np.sqrt(n)
    assert np.std(errors) / league.margin_sd == pytest.approx(1.0, abs=0.15)
    assert np.std(totals) / league.total_sd == pytest.approx(1.0, abs=0.15)
