"""The reference data are whole, and a careless edit of them is refused."""

import pytest

from stratum_pipelines.reference import load_reference
from stratum_pipelines.reference.books import read_books
from stratum_pipelines.reference.leagues import read_leagues

REFERENCE = load_reference()


def test_an_alias_means_the_same_book_as_the_canonical_key() -> None:
    caesars = REFERENCE.book("caesars")
    assert caesars is not None
    assert caesars.key == "williamhill_us"
    assert REFERENCE.book("williamhill_us") is caesars


def test_an_unknown_book_is_no_book() -> None:
    assert REFERENCE.book("a_book_nobody_knows") is None


def test_twins_share_a_group_and_a_supplier_is_no_group() -> None:
    group = {key: book.operator_group for key, book in REFERENCE.books.items()}
    assert group["lowvig"] == group["betonlineag"]
    assert group["ladbrokes_au"] == group["neds"]
    assert group["betfair_ex_uk"] == group["betfair_ex_eu"] == group["betfair_ex_au"] != group["betfair_sb_uk"]
    assert group["betrivers"] != group["betparx"]
    assert len({group["betrivers"], group["unibet_uk"], group["unibet"]}) == 3
    assert group["draftkings"] == "draftkings"


def test_no_group_bears_the_name_of_a_book_outside_it() -> None:
    for book in REFERENCE.books.values():
        named = REFERENCE.books.get(book.operator_group)
        assert named is None or named.operator_group == book.operator_group, book


def test_sharp_books_and_exchanges_are_marked() -> None:
    kinds = {key: book.kind for key, book in REFERENCE.books.items()}
    assert kinds["pinnacle"] == "sharp"
    assert {kinds[key] for key in ("betfair_ex_eu", "smarkets", "matchbook", "novig", "prophetx")} == {"exchange"}


def test_a_soccer_league_has_a_draw_and_an_american_one_has_none() -> None:
    for league in REFERENCE.leagues.values():
        assert league.has_draw == league.sport_key.startswith("soccer_"), league.sport_key


def test_a_folder_name_tells_its_league() -> None:
    named = {
        name: league.sport_key if (league := REFERENCE.league_named(name)) else None
        for name in (
            "oddsapi_kbo_2026",
            "oddsapi_ncaaf_2025",
            "oddsapi_nfl_2025",
            "oddsapi_worldcup_2026",
            "basketball_wnba",
        )
    }
    assert named == {
        "oddsapi_kbo_2026": "baseball_kbo",
        "oddsapi_ncaaf_2025": "americanfootball_ncaaf",
        "oddsapi_nfl_2025": "americanfootball_nfl",
        "oddsapi_worldcup_2026": "soccer_fifa_world_cup",
        "basketball_wnba": "basketball_wnba",
    }


def test_a_name_of_two_leagues_or_of_none_tells_nothing() -> None:
    assert REFERENCE.league_named("nba_nhl") is None
    assert REFERENCE.league_named("candles") is None


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"title": "A", "region": "us", "kind": "soft"}, "kind"),
        ({"title": "A", "region": "mars", "kind": "retail"}, "region"),
        ({"title": "A", "region": "us", "kind": "retail", "aliases": ["b"]}, "both"),
    ],
)
def test_a_careless_entry_for_a_book_is_refused(entry: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_books({"b": {"title": "B", "region": "us", "kind": "retail"}, "a": entry})


@pytest.mark.parametrize(("field", "value"), [("n_outcomes", 4), ("margin_sd", 0.0), ("markets", ["h2h_lay"])])
def test_a_careless_entry_for_a_league_is_refused(field: str, value: object) -> None:
    entry = {
        "league": "X",
        "title": "X",
        "sport": "x",
        "n_outcomes": 2,
        "key_numbers": [],
        "margin_sd": 1.0,
        "total_sd": 1.0,
        "start_zone": "UTC",
        "season_months": [1],
    }
    with pytest.raises(ValueError, match=r"leagues\.toml"):
        read_leagues({"x": {**entry, field: value}})
