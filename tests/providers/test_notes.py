"""What we note on an answer decides what its reading lets stand, and is no part of what was asked."""

import pytest

from stratum_pipelines.providers.notes import FIRST_GAMES, UNKNOWN_RECEIPT, as_noted, noted, notes_of
from stratum_pipelines.providers.reading import Answer, Reading
from stratum_pipelines.providers.the_odds_api_answer import lists_whole_sport, query_of, resource_of
from stratum_pipelines.providers.the_odds_api_reader import read
from tests.providers import feed

STARTS = ("2025-10-14T00:00:00Z", "2025-10-12T00:00:00Z", "2025-10-13T00:00:00Z")


def three_games(endpoint: str) -> Answer:
    events = [{**feed.plain_event(f"game_{i}"), "commence_time": start} for i, start in enumerate(STARTS)]
    return feed.answer(events, endpoint=endpoint)


def reading_of(answer: Answer) -> Reading:
    return as_noted(answer, read(answer))


def test_an_answer_without_notes_is_read_as_it_stands() -> None:
    answer = three_games(feed.ENDPOINT)
    reading = read(answer)
    assert as_noted(answer, reading) is reading


def test_notes_are_no_part_of_what_was_asked() -> None:
    endpoint = noted(noted(feed.ENDPOINT, FIRST_GAMES, "2"), *UNKNOWN_RECEIPT)
    assert notes_of(endpoint) == {"first_games": "2", "received_at": "unknown"}
    assert query_of(endpoint) == query_of(feed.ENDPOINT)
    assert resource_of(endpoint) == "odds" == resource_of("archive/odds#received_at=unknown")
    assert lists_whole_sport(endpoint)
    assert notes_of(feed.ENDPOINT) == {}


def test_the_first_games_keep_their_layouts() -> None:
    answer = three_games(noted(feed.ENDPOINT, FIRST_GAMES, "2"))
    whole = read(answer)
    assert whole.layouts is not None
    # The second game starts first and the third after it.
    assert as_noted(answer, whole).layouts == whole.layouts[1:]


def test_of_the_first_games_all_quotes_stay_and_of_the_others_none() -> None:
    whole = read(three_games(feed.ENDPOINT))
    reading = reading_of(three_games(noted(feed.ENDPOINT, FIRST_GAMES, "2")))
    assert [game.event_id for game in reading.games] == ["game_1", "game_2"]
    assert reading.event == [0] * 12 + [1] * 12
    assert reading.price.tolist() == whole.price[12:].tolist()
    assert (reading.bookmaker, reading.market, reading.outcome) == (
        whole.bookmaker[12:],
        whole.market[12:],
        whole.outcome[12:],
    )
    assert whole.is_complete and not reading.is_complete


@pytest.mark.parametrize("n", ["", "many", "-1", "²"])
def test_a_note_that_is_no_number_takes_nothing_away(n: str) -> None:
    assert len(reading_of(three_games(noted(feed.ENDPOINT, FIRST_GAMES, n))).games) == 3


def test_of_an_answer_of_unknown_receipt_no_quote_is_used_and_nothing_vanishes() -> None:
    reading = reading_of(three_games(noted("archive/odds", *UNKNOWN_RECEIPT)))
    assert [refusal.reason for refusal in reading.refusals] == ["unknown_receipt"]
    assert (reading.games, reading.event, reading.is_complete) == ([], [], False)


def test_bytes_that_cannot_be_read_are_refused_for_that_alone() -> None:
    reading = reading_of(feed.answer(b"no json", endpoint=noted("archive/odds", *UNKNOWN_RECEIPT)))
    assert [refusal.reason for refusal in reading.refusals] == ["not_json"]
