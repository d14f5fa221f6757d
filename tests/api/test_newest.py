"""What the lake says newest, by endpoint: scorecards, the teaser, how fresh books are."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from tests.api.conftest import Api, problem
from tests.warehouse.frames import sample
from tests.warehouse.market_rows import state_rows
from warehouse.database.freshness import BookStates
from warehouse.tables import BookFreshness, FreshnessBreaches, Scorecards, Table

CARDS, TEASER = "/api/v1/intel/clv/scorecards", "/api/v1/intel/clv/teaser"
BOOKS = "/api/v1/intel/books/freshness"
MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)
# Cards speak for the last microsecond of a day: of today's nobody knows the end yet.
TODAY = dt.datetime.combine(dt.datetime.now(dt.UTC).date(), dt.time.max, dt.UTC)


def ago(minutes: float) -> dt.datetime:
    """So long before this moment: a test may begin long after this file was read."""
    return dt.datetime.now(dt.UTC) - minutes * MINUTE


def store(api: Api, table: type[Table], *changed: dict[str, Any]) -> None:
    """Rows of a table with everything but these columns made up."""
    made = sample(table, 1).to_dicts()[0]
    rows = pl.DataFrame([{**made, **one} for one in changed], schema=table.schema())
    api.service.lake.append(table, rows, batch=table.name)


def card(**changed: Any) -> dict[str, Any]:
    cut = {"signal_type": "", "sport_key": "", "market": "", "time_bucket": "", "window": "all", "as_of": TODAY}
    return {**cut, "tier": "", "tier_naive": "B", "is_ready": True, **changed}


def read(api: Api, path: str, key: str = "", **asked: Any) -> dict[str, Any]:
    answer = api.get(path, key, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_scorecards_are_those_of_the_newest_day_by_name(api: Api) -> None:
    store(
        api,
        Scorecards,
        card(as_of=TODAY - DAY, signal_type="OLD"),
        card(),
        card(signal_type="STEAM", window="30d", tier="A", beat_rate=None),
        card(signal_type="STEAM", market="spreads", is_ready=False),
        card(signal_type="STEAM", time_bucket="3d+"),
    )
    key = api.key()
    page = read(api, CARDS, key)
    assert [(one["signal_type"], one["market"], one["time_bucket"], one["window"]) for one in page["items"]] == [
        ("", "", "", "all"),
        ("STEAM", "", "", "30d"),
        ("STEAM", "", "3d+", "all"),
        ("STEAM", "spreads", "", "all"),
    ]
    assert set(page["items"][0]) == {"is_redacted", *Scorecards.columns}
    assert page["items"][1]["beat_rate"] is None
    for filters, n in (
        ({"signal_type": "all"}, 1),
        ({"signal_type": "STEAM"}, 3),
        ({"market": "all", "window": "all"}, 2),
        ({"time_bucket": "3d+"}, 1),
        ({"tier": "A"}, 1),
        ({"tier": "S"}, 0),
        ({"is_ready": "false"}, 1),
    ):
        assert len(read(api, CARDS, key, **filters)["items"]) == n, filters
    first = read(api, CARDS, key, limit=3)
    rest = read(api, CARDS, key, limit=3, cursor=first["next_cursor"])
    assert (first["items"] + rest["items"], rest["next_cursor"]) == (page["items"], None)


def test_everybody_sees_a_few_figures_of_the_last_whole_day_without_a_key(api: Api) -> None:
    assert read(api, TEASER) == {"as_of": None, "figures": []}


def test_the_teaser_tells_of_whole_days_and_of_types_that_enough_stand_behind(api: Api) -> None:
    over = TODAY - 2 * DAY  # yesterday's may be less than ten minutes over
    store(
        api,
        Scorecards,
        card(signal_type="TODAY"),
        card(as_of=over, window="30d", n=412),
        card(as_of=over, signal_type="STEAM"),
        card(as_of=over, signal_type="RARE", is_ready=False),
        card(as_of=over, signal_type="STEAM", market="spreads"),
    )
    for key in ("", api.key("community"), api.key()):
        found = read(api, TEASER, key)
        assert found["as_of"] == over.isoformat().replace("+00:00", "Z")
        assert [(one["signal_type"], one["window"]) for one in found["figures"]] == [("", "30d"), ("STEAM", "all")]
        assert (found["figures"][0]["n"], set(found["figures"][0]) & {"tier", "p_value_s"}) == (412, set())


def test_asking_for_the_teaser_is_limited_by_address_and_billed_to_nobody(start_api: Any) -> None:
    api = start_api(STRATUM_API_ANONYMOUS_LIMIT="2")
    # A key that was never accepted here would have to wait with its address.
    key = api.key()
    assert api.get("/api/v1/account", key).status_code == 200
    # Six within a minute or two, of which two a minute are answered.
    assert {api.get(TEASER).status_code for _ in range(6)} == {200, 429}
    assert api.get(TEASER, key).headers["x-usage-used"] == "0"


def stretch(bookmaker: str, as_of: dt.datetime, **changed: Any) -> dict[str, Any]:
    named = {"sport_key": "football", "market": "spreads", "bookmaker": bookmaker, "as_of": as_of}
    return {**named, "first_polled_at": as_of - 60 * MINUTE, "state": "fresh", "last_sighted_at": as_of, **changed}


def breach(breach_id: str, as_of: dt.datetime, **changed: Any) -> dict[str, Any]:
    named = {"sport_key": "football", "market": "spreads", "bookmaker": "fanduel", "version": 1}
    ended = {"ended_at": None, "ended_by": ""}
    return {**named, **ended, "breach_id": breach_id, "as_of": as_of, "noticed_at": as_of, "state": "late", **changed}


def test_a_book_stands_as_the_clock_says_with_the_ages_of_its_last_stretch(api: Api) -> None:
    at = ago(1)
    BookStates(api.service.database).publish("football", at, state_rows(at, fanduel="fresh", bovada="late"))
    store(
        api,
        BookFreshness,
        stretch("bovada", ago(90), age_p50_s=1.0),
        stretch("bovada", ago(30), age_p50_s=20.0, age_p95_s=70.0, age_p99_s=130.0, n_polls=60, n_late=2),
    )
    key = api.key()
    bovada, fanduel = read(api, BOOKS, key)["books"]
    assert (bovada["bookmaker"], bovada["state"], bovada["reason"]) == ("bovada", "late", "standing_still")
    assert [bovada[name] for name in ("age_p50_s", "age_p95_s", "age_p99_s", "n_polls", "n_late")] == [
        20,
        70,
        130,
        60,
        2,
    ]
    assert (bovada["expected_gap_s"], bovada["limit_s"]) == (60.0, 120.0)
    assert (fanduel["state"], fanduel["age_p50_s"], fanduel["stretch_from_at"]) == ("fresh", None, None)
    assert bovada["as_of"] == at.isoformat().replace("+00:00", "Z")
    for filters, found in (
        ({"state": "late"}, ["bovada"]),
        ({"book": "fanduel"}, ["fanduel"]),
        ({"sport": "soccer_epl"}, []),
        ({"market": "spreads", "sport": "football"}, ["bovada", "fanduel"]),
    ):
        assert [one["bookmaker"] for one in read(api, BOOKS, key, **filters)["books"]] == found, filters
    assert problem(api.get(BOOKS, key, params={"state": "tired"}))["code"] == "parameter_invalid"


def test_breaches_show_how_they_stood_at_last_and_those_that_last_come_first(api: Api) -> None:
    ended = {"version": 2, "ended_at": ago(20), "ended_by": "sighted", "state": "silent"}
    store(
        api,
        FreshnessBreaches,
        breach("lasts", ago(60)),
        breach("over", ago(40)),
        breach("over", ago(20), **ended, noticed_at=ago(40)),
    )
    key = api.key()
    found = read(api, BOOKS, key)["breaches"]
    assert [(one["breach_id"], one["version"], one["ended_by"]) for one in found] == [
        ("lasts", 1, ""),
        ("over", 2, "sighted"),
    ]
    assert [one["breach_id"] for one in read(api, BOOKS, key, state="silent")["breaches"]] == ["over"]


def test_a_plan_that_sees_late_sees_how_books_stood_then(api: Api) -> None:
    BookStates(api.service.database).publish("football", ago(1), state_rows(ago(1), fanduel="silent"))
    store(
        api,
        BookFreshness,
        stretch("fanduel", ago(70), state="late", n_late=7),
        stretch("fanduel", ago(5), state="silent"),
    )
    store(api, FreshnessBreaches, breach("young", ago(2)), breach("old", ago(30)))
    found = read(api, BOOKS, api.key("community"))
    assert [(one["state"], one["n_late"], one["since_at"]) for one in found["books"]] == [("late", 7, None)]
    assert [one["breach_id"] for one in found["breaches"]] == ["old"]


@pytest.mark.parametrize("path", [CARDS, BOOKS])
def test_what_is_paid_for_is_billed(api: Api, path: str) -> None:
    key = api.key()
    assert api.get(path, key).headers["x-usage-used"] == "1"
