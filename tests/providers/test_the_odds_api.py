"""What The Odds API is asked, what it costs, and what a clean answer says."""

from pathlib import Path

import numpy as np
import pytest

from stratum_pipelines.providers import find_providers
from stratum_pipelines.providers.the_odds_api import (
    PROVIDER,
    events_request,
    historical_odds_request,
    odds_request,
    scores_request,
)
from stratum_pipelines.providers.the_odds_api_answer import microseconds
from stratum_pipelines.providers.the_odds_api_reader import Known, Layouts, read, read_clean
from tests.providers import feed

PAYLOADS = Path(__file__).parent.parent / "payloads"


def test_the_provider_is_found_by_its_file() -> None:
    assert find_providers()["the_odds_api"] is PROVIDER


def test_a_request_asks_for_the_markets_of_its_league_and_holds_no_credential() -> None:
    request = odds_request("americanfootball_nfl", regions=("us", "us2"))
    assert request.endpoint == (
        "/v4/sports/americanfootball_nfl/odds?regions=us,us2&markets=h2h,spreads,totals&oddsFormat=american&dateFormat=iso"
    )
    assert not {name.lower() for name, _ in request.query} & {"apikey", "api_key", "key", "token"}


@pytest.mark.parametrize(
    ("request_", "cost"),
    [
        (odds_request("americanfootball_nfl"), 3),  # 3 markets x 1 region
        (odds_request("americanfootball_nfl", regions=("us", "eu"), markets=("h2h",)), 2),
        (
            odds_request("americanfootball_nfl", bookmakers=[f"book_{i}" for i in range(11)]),
            6,
        ),  # 11 books are 2 regions
        (historical_odds_request("americanfootball_nfl", 0, regions=("us", "uk")), 60),  # 10 x 3 x 2
        (scores_request("americanfootball_nfl"), 1),
        (scores_request("americanfootball_nfl", days_from=3), 2),
        (events_request("americanfootball_nfl"), 0),
    ],
)
def test_a_request_knows_what_it_costs(request_: object, cost: int) -> None:
    assert request_.cost == cost  # type: ignore[attr-defined]


def test_scores_of_more_than_three_days_are_not_asked_for() -> None:
    with pytest.raises(ValueError, match="1 to 3 days"):
        scores_request("basketball_nba", days_from=4)


def test_a_historical_request_names_its_moment() -> None:
    request = historical_odds_request("basketball_nba", microseconds("2025-10-17T11:55:00Z"))
    assert dict(request.query)["date"] == "2025-10-17T11:55:00Z"


def test_a_clean_answer_is_read_into_flat_columns() -> None:
    reading = read(feed.answer((PAYLOADS / "the_odds_api_odds.json").read_bytes()))
    assert reading.is_complete
    assert reading.odds_format == "american"
    assert not reading.refusals
    assert [game.event_id for game in reading.games] == ["game_1", "game_2"]
    assert reading.games[1].commence_at == microseconds("2025-10-13T00:20:00Z")
    assert reading.event == [0] * 12 + [1] * 2
    assert reading.bookmaker == ["draftkings"] * 6 + ["fanduel"] * 6 + ["caesars"] * 2
    assert reading.market[:6] == ["h2h", "h2h", "spreads", "spreads", "totals", "totals"]
    assert reading.outcome[2:6] == ["Amber Foxes", "Blue Herons", "Over", "Under"]
    assert reading.price[:4].tolist() == [-150, 130, -110, -110]
    assert np.isnan(reading.point[:2]).all()
    assert reading.point[2:6].tolist() == [-3.5, 3.5, 44.5, 44.5]


def test_the_market_s_time_counts_before_the_book_s_and_the_book_s_before_the_receipt() -> None:
    books = [
        feed.book("a", [feed.market("h2h", [feed.outcome("Amber Foxes", 100)])]),
        feed.book("b", [feed.market("h2h", [feed.outcome("Amber Foxes", 100)], last_update=None)]),
        feed.book("c", [feed.market("h2h", [feed.outcome("Amber Foxes", 100)], last_update=None)], last_update=None),
    ]
    reading = read_clean(feed.answer([feed.event("game_1", books)]))
    assert reading is not None
    assert reading.quoted_at.tolist() == [
        microseconds("2025-10-09T08:52:00Z"),
        microseconds("2025-10-09T08:53:00Z"),
        feed.RECEIVED_AT,
    ]


def test_the_historical_wrapper_and_decimal_three_way_odds_are_read() -> None:
    body = (PAYLOADS / "the_odds_api_historical.json").read_bytes()
    reading = read(feed.answer(body, sport_key="soccer_epl", endpoint="archive/odds"))
    assert reading.is_complete
    assert reading.odds_format == "decimal"
    assert reading.outcome[:3] == ["Northport", "Southbury", "Draw"]
    assert reading.market == ["h2h"] * 6 + ["h2h_lay"] * 3
    assert reading.price[0] == 2.1


def test_the_odds_format_is_what_was_asked_for_else_what_most_prices_look_like() -> None:
    prices = [feed.outcome("Amber Foxes", 150.0), feed.outcome("Blue Herons", 200.0)]
    document = [feed.event("game_1", [feed.book("a", [feed.market("h2h", prices)])])]
    decimal = feed.ENDPOINT.replace("american", "decimal", 2).replace("decimalfootball", "americanfootball")
    assert read(feed.answer(document, endpoint=decimal)).odds_format == "decimal"
    assert read(feed.answer(document, endpoint="archive/odds")).odds_format == "american"


def test_an_answer_about_one_event_or_some_events_is_not_complete() -> None:
    single = "/v4/sports/americanfootball_nfl/events/game_1/odds?markets=h2h"
    some = feed.ENDPOINT + "&eventIds=game_1"
    assert not read(feed.answer(feed.plain_event(), endpoint=single)).is_complete
    assert not read(feed.answer([feed.plain_event()], endpoint=some)).is_complete
    assert read(feed.answer(feed.plain_event(), endpoint=single)).event


def test_an_empty_list_is_a_complete_answer_that_lists_nothing() -> None:
    reading = read(feed.answer([]))
    assert reading.is_complete
    assert not reading.games
    assert not reading.refusals


def test_lists_of_events_and_scores_name_games_and_suspend_nothing() -> None:
    endpoint = "/v4/sports/americanfootball_nfl/scores"
    reading = read(feed.answer((PAYLOADS / "the_odds_api_scores.json").read_bytes(), endpoint=endpoint))
    assert [game.event_id for game in reading.games] == ["game_1", "game_2", "game_3"]
    assert not reading.is_complete
    assert not reading.refusals


def test_what_the_transport_knows_to_be_incomplete_stays_incomplete() -> None:
    assert not read(feed.answer([feed.plain_event()], is_complete=False)).is_complete


def prices(home: int, away: int) -> list[dict]:
    return [feed.outcome("Amber Foxes", home), feed.outcome("Blue Herons", away)]


def test_quotes_under_the_same_names_have_layouts_of_one_digest_and_others_another() -> None:
    def layouts(*books: dict) -> list:
        found = read_clean(feed.answer([feed.event("game_1", list(books))]))
        assert found is not None and found.layouts is not None
        return found.layouts

    first = feed.book("a", [feed.market("h2h", prices(-110, -110))])
    dearer = feed.book("a", [feed.market("h2h", prices(-150, 130))])
    second = feed.book("b", [feed.market("h2h", prices(-110, -110))])
    (one,), (other,), (both,), (swapped,) = (
        layouts(first),
        layouts(dearer),
        layouts(first, second),
        layouts(second, first),
    )
    assert one.digest == other.digest
    assert len({one.digest, both.digest, swapped.digest}) == 3
    assert (both.bookmaker, swapped.bookmaker) == (("a", "a", "b", "b"), ("b", "b", "a", "a"))


def test_a_line_that_stands_is_read_once_and_says_the_same_every_time() -> None:
    market = feed.market("h2h", prices(-110, -110))
    answers = [feed.answer([feed.event("game_1", [feed.book(book, [market])])]) for book in ("a", "b")]
    first, second = (read_clean(answer) for answer in answers)
    assert first is not None and second is not None
    assert first.outcome == second.outcome and first.price.tolist() == second.price.tolist()
    # What one reading is made of is not what the next is made of.
    first.price[:] = 0
    again = read_clean(answers[0])
    assert again is not None and again.price.tolist() == second.price.tolist()


def test_more_lines_than_are_kept_in_mind_are_read_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Known, "largest", 1)
    monkeypatch.setattr(Layouts, "largest", 1)
    books = [feed.book(name, [feed.market("h2h", prices(-110 - i, -110))]) for i, name in enumerate("abc")]
    document = [feed.event(f"game_{i}", books[: i + 1]) for i in range(3)]
    reading = read_clean(feed.answer(document))
    assert reading is not None
    assert reading.bookmaker == list("aa" + "aabb" + "aabbcc")
    assert reading.price.tolist()[::2] == [-110, -110, -111, -110, -111, -112]
