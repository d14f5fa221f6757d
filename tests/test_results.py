"""Final scores become rows of `results`, and what cannot be used is said, not dropped."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from stratum_pipelines.providers.the_odds_api_scores import read_scores
from stratum_pipelines.results import (
    games_without_result,
    read_results_file,
    read_results_folder,
    results_by_teams,
    results_of_file,
    results_of_scores,
)
from tests.providers import feed
from warehouse.tables import Results

PAYLOADS = Path(__file__).parent / "payloads"
START = "2025-10-12T17:00:00Z"


def of_file(
    *rows: tuple[str | None, ...], columns: str = "event_id commence_time home_score away_score"
) -> pl.DataFrame:
    names = columns.split()
    return pl.DataFrame(list(rows), schema=dict.fromkeys(names, pl.String), orient="row")


def test_a_final_score_becomes_a_valid_first_version() -> None:
    rows, problems = results_of_file(of_file(("game_1", START, "24", "20")), source="a file")
    assert not problems
    assert list(Results.faults(rows)) == []
    assert rows.row(0, named=True) == {
        "event_id": "game_1",
        "version": 1,
        "home_score": 24,
        "away_score": 20,
        "status": "final",
        "period": "full",
        "source": "a file",
        "received_at": dt.datetime(2025, 10, 12, 23, tzinfo=dt.UTC),  # six hours after the start
        "is_current": True,
    }


def test_a_game_that_was_not_played_has_a_status_and_no_score() -> None:
    frame = of_file(
        ("game_1", START, None, None, "Postponed"),
        ("game_2", START, "7", "0", "abandoned"),
        columns="event_id commence_time home_score away_score status",
    )
    rows, problems = results_of_file(frame, source="a file")
    assert not problems
    assert rows.select("status", "home_score").rows() == [("postponed", None), ("void", None)]


def test_a_score_of_regulation_time_says_so() -> None:
    frame = of_file(
        ("game_1", START, "1", "1", "regulation"), columns="event_id commence_time home_score away_score period"
    )
    assert results_of_file(frame, source="a file").rows["period"].to_list() == ["regulation"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ((None, START, "1", "0"), "no event_id"),
        (("game_1", "tomorrow", "1", "0"), "no time"),
        (("game_1", START, None, "0"), "no score of both"),
        (("game_1", START, "-1", "0"), "no score of both"),
        (("game_1", START, "one", "0"), "no score of both"),
        (("good", START, "3", "3"), "stands in the file before"),
    ],
)
def test_a_row_that_cannot_be_used_is_reported_and_the_rest_kept(row: tuple[str | None, ...], words: str) -> None:
    rows, problems = results_of_file(of_file(("good", START, "1", "0"), row), source="a file")
    assert rows["event_id"].to_list() == ["good"]
    (problem,) = problems
    assert words in problem


def test_only_completed_games_of_a_feed_have_a_result() -> None:
    scores, refusals = read_scores(feed.answer((PAYLOADS / "the_odds_api_scores.json").read_bytes()))
    assert len(scores) == 3
    assert not refusals
    rows, problems = results_of_scores(scores, source="the_odds_api")
    assert not problems
    assert list(Results.faults(rows)) == []
    assert rows.select("event_id", "home_score", "away_score").rows() == [("game_1", 24, 20)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"scores": None}, "bad_score"),
        ({"scores": [{"name": "Amber Foxes", "score": "24"}]}, "bad_score"),
        ({"scores": [{"name": "Amber Foxes", "score": "2x"}, {"name": "Blue Herons", "score": "20"}]}, "bad_score"),
        ({"id": None}, "event_without_id"),
        ({"home_team": None}, "bad_team"),
        ({"commence_time": ""}, "bad_commence_time"),
    ],
)
def test_a_score_that_cannot_be_read_is_refused_alone(change: dict[str, object], reason: str) -> None:
    scores = [{"name": "Amber Foxes", "score": "24"}, {"name": "Blue Herons", "score": "20"}]
    good = {**feed.plain_event("good"), "completed": True, "scores": scores}
    read, refusals = read_scores(feed.answer([{**good, "id": "bad", **change}, good]))
    assert [score.event_id for score in read] == ["good"]
    assert [refusal.reason for refusal in refusals] == [reason]


def test_a_failed_answer_has_no_scores_and_says_why() -> None:
    scores, refusals = read_scores(feed.answer(b"<html>", status_code=500))
    assert not scores
    assert [refusal.reason for refusal in refusals] == ["http_status"]


EVENTS = pl.DataFrame(
    {
        "event_id": ["e1", "e2", "e3"],
        "home_team": ["Amber Foxes", "Blue Herons", "Blue Herons"],
        "away_team": ["Blue Herons", "Crimson Owls", "Crimson Owls"],
        # 00:30 UTC is still the evening before in New York; e2 and e3 are a doubleheader.
        "commence_at": [
            dt.datetime(2026, 3, 4, 0, 30, tzinfo=dt.UTC),
            dt.datetime(2026, 3, 5, 17, tzinfo=dt.UTC),
            dt.datetime(2026, 3, 5, 23, tzinfo=dt.UTC),
        ],
    },
    schema_overrides={"commence_at": pl.Datetime("us", "UTC")},
)


def by_teams(*rows: tuple[str, ...]) -> tuple[pl.DataFrame, list[str]]:
    frame = of_file(*rows, columns="game_date home_team away_team home_score away_score")
    return results_by_teams(frame, EVENTS, start_zone="America/New_York", source="a file")


def test_a_result_without_our_id_is_matched_by_teams_and_local_date() -> None:
    rows, problems = by_teams(("2026-03-03", "Amber Foxes", "Blue Herons", "101", "99"))
    assert not problems
    assert list(Results.faults(rows)) == []
    assert rows.select("event_id", "home_score").rows() == [("e1", 101)]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("2026-03-04", "Amber Foxes", "Blue Herons", "101", "99"), "not exactly one event"),
        (("2026-03-05", "Blue Herons", "Crimson Owls", "101", "99"), "not exactly one event"),
        (("2026-03-03", "Amber Fox", "Blue Herons", "101", "99"), "is it 'Amber Foxes'?"),
    ],
)
def test_a_result_that_matches_no_single_game_is_reported_with_a_suggestion(row: tuple[str, ...], words: str) -> None:
    rows, problems = by_teams(row)
    assert rows.is_empty()
    assert words in problems[0]


def game(event_id: str, day: int, sport_key: str = "basketball_wnba", status: str = "closed") -> dict[str, object]:
    start = dt.datetime(2026, 7, day, 1, tzinfo=dt.UTC)
    named = {"event_id": event_id, "sport_key": sport_key, "status": status, "commence_at": start}
    return {**named, "home_team": "Amber Foxes", "away_team": "Blue Herons"}


def test_a_game_without_a_result_among_games_that_have_one_is_named_and_nothing_is_made_up_for_it() -> None:
    listed = [game("before", 13), game("first", 14), game("gone", 17, status="vanished"), game("last", 21)]
    other = [game("elsewhere", 17, "basketball_nba"), game("to come", 22, status="scheduled")]
    results = pl.DataFrame({"event_id": ["first", "last"]})
    (sentence,) = games_without_result(pl.DataFrame([*listed, *other]), results)
    assert sentence == (
        "Game gone (Blue Herons at Amber Foxes, 2026-07-17 01:00 UTC) has no result: it left the feed before its start. "
        "It counts neither as won nor as lost until a result file names it."
    )
    assert games_without_result(pl.DataFrame(listed), results.clear()) == []


def test_a_folder_without_results_has_none_and_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    assert read_results_folder(tmp_path).schema == Results.schema()
    (tmp_path / "results.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="lacks the columns event_id"):
        read_results_folder(tmp_path)


@pytest.mark.parametrize(
    ("folder", "n"),
    [
        ("oddsapi_nfl_2025", 162),
        ("oddsapi_wnba_2026", 39),
        ("oddsapi_worldcup_2026", 72),
        ("oddsapi_nba_2026_daily", 288),
    ],
)
def test_every_recorded_result_is_used(recorded: Path, folder: str, n: int) -> None:
    rows, problems = read_results_file(recorded / folder / "results.csv.gz")
    assert not problems
    assert rows.height == n
    assert list(Results.faults(rows)) == []
