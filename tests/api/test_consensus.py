"""The consensus by endpoint: in force, at a moment, over time; and the trace of a signal."""

import datetime as dt
from typing import Any

import polars as pl

from tests.api.conftest import Api, problem
from tests.api.seeded_market import rows
from tests.warehouse.market_rows import consensus_rows, event_rows, signal_rows
from warehouse.database import MarketStore
from warehouse.tables import Consensus, OddsSnapshots, RawOdds, Signals

CONSENSUS, HISTORY, DISLOCATIONS = (
    f"/api/v1/intel/{name}" for name in ("consensus", "consensus/history", "dislocations")
)
MINUTE = dt.timedelta(minutes=1)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def move(api: Api, event_id: str, at: dt.datetime, point: float, **changed: Any) -> None:
    """The consensus of a game's spread stands at a point from a moment on."""
    changed = {"commence_at": now() + 60 * MINUTE, **changed}
    found = consensus_rows(event_id, at=at, **changed)
    sides = pl.when(pl.col("side") == "home").then(point).otherwise(-point)
    found = found.with_columns(point_median=sides)
    events = event_rows(event_id, at=at, first_seen_at=now() - 3 * 1440 * MINUTE, commence_at=changed["commence_at"])
    MarketStore(api.service.database).publish(events=events, consensus=found, signals=Signals.empty(), now=at)
    api.service.lake.append(Consensus, found, batch=f"{event_id}{at.timestamp()}")


def points(api: Api, path: str, plan: str = "pro_infra", **asked: Any) -> list[tuple[str, float]]:
    """Outcomes and points of all pages, read with small ones."""
    key, found, cursor = api.key(plan), [], None
    while True:
        answer = api.get(path, key, params={"limit": 3, **asked, **({"cursor": cursor} if cursor else {})})
        assert answer.status_code == 200, answer.text
        found += [(f"{one['event_id']} {one['outcome']}", one["point_median"]) for one in answer.json()["items"]]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return found


def test_the_consensus_is_the_last_row_of_every_outcome_now_and_at_a_moment(api: Api) -> None:
    begun = now()
    move(api, "one", begun - 90 * MINUTE, -3.0)
    move(api, "one", begun - 30 * MINUTE, -3.5)
    move(api, "two", begun - 20 * MINUTE, 1.0)
    move(api, "one", begun - 2 * MINUTE, -4.0)
    move(api, "old", begun - 10 * 60 * MINUTE, 7.0, commence_at=begun - 9 * 60 * MINUTE)
    two = [("two Away", -1.0), ("two Home", 1.0)]
    assert points(api, CONSENSUS) == [("one Away", 4.0), ("one Home", -4.0), *two]
    # What is late sees the row before.
    assert points(api, CONSENSUS, "community") == [("one Away", 3.5), ("one Home", -3.5), *two]
    earlier = (begun - 60 * MINUTE).isoformat()
    assert points(api, CONSENSUS, as_of=earlier) == [("one Away", 3.0), ("one Home", -3.0)]
    assert points(api, CONSENSUS, event="old") == [("old Away", -7.0), ("old Home", 7.0)]
    assert points(api, CONSENSUS, event="two", market="totals") == []
    assert points(api, CONSENSUS, sport="soccer_epl") == []


def test_the_path_of_a_game_is_every_row_the_oldest_first(api: Api) -> None:
    begun = now()
    for day, point in ((2, -3.0), (1, -3.5)):
        move(api, "one", begun - day * 1440 * MINUTE, point)
    move(api, "one", begun - 2 * MINUTE, -4.0)
    path = [
        ("one Away", 3.0),
        ("one Home", -3.0),
        ("one Away", 3.5),
        ("one Home", -3.5),
        ("one Away", 4.0),
        ("one Home", -4.0),
    ]
    assert points(api, HISTORY, event="one") == path
    assert points(api, HISTORY, "community", event="one") == path[:4]
    assert points(api, HISTORY, event="one", outcome="Home") == path[1::2]
    yesterday = (begun - 1440 * MINUTE).isoformat()
    assert points(api, HISTORY, event="one", since=yesterday) == path[2:]
    assert points(api, HISTORY, event="one", until=yesterday) == path[:4]
    assert points(api, HISTORY, event="nowhere") == []


def test_what_cannot_be_answered_about_the_consensus_is_refused(api: Api) -> None:
    key = api.key()
    for path, asked in (
        (HISTORY, {}),
        (HISTORY, {"event": "a\u0000"}),
        (HISTORY, {"event": "x", "outcome": "a\x07"}),
        (CONSENSUS, {"as_of": "2999-01-01T00:00:00Z"}),
        (CONSENSUS, {"as_of": "noon"}),
        (CONSENSUS, {"cursor": "AAAA"}),
        (DISLOCATIONS, {"book": "a'b"}),
    ):
        assert problem(api.get(path, key, params=asked))["status"] == 400, (path, asked)
    assert problem(api.get(f"{CONSENSUS}?as_of=2020-01-01T00:00:00Z", api.key("pro")))["feature"] == "history_days"


def test_a_trace_leads_to_the_quotes_of_the_window_and_what_they_moved_from(api: Api) -> None:
    at = now() - 30 * MINUTE
    signals = signal_rows("f" * 32, at=at, window_s=300.0, response_id="r2")
    MarketStore(api.service.database).publish(
        events=event_rows("game", first_seen_at=at - 1440 * MINUTE),
        consensus=consensus_rows("game", at=at),
        signals=signals,
        now=at,
    )
    about = {"event_id": "game", "market": "spreads", "outcome": "Home"}
    made = [
        ("pinnacle", at - 400 * MINUTE, "r0", -2.0),  # superseded before the window
        ("pinnacle", at - 300 * MINUTE, "r1", -2.5),  # what it moved from
        ("pinnacle", at, "r2", -3.5),
        ("bovada", at - 200 * MINUTE, "r1", -3.0),  # did not move
        ("pinnacle", at + MINUTE, "r3", -4.0),  # later than the signal
    ]
    for number, (book, received_at, answer, point) in enumerate(made):
        quote = rows(OddsSnapshots, received_at, False, **about, bookmaker=book, response_id=answer, point=point)
        api.service.lake.append(OddsSnapshots, quote, batch=f"quote{number}")
    for number, (answer, minutes) in enumerate((("r0", 400), ("r1", 300), ("r2", 0), ("r3", -1))):
        received = rows(RawOdds, at - minutes * MINUTE, False, response_id=answer, body_sha256=f"digest {answer}")
        api.service.lake.append(RawOdds, received, batch=f"answer{number}")
    trace = api.get(f"/api/v1/intel/signals/{'f' * 32}", api.key()).json()
    assert [(one["bookmaker"], one["point"]) for one in trace["quotes"]] == [("pinnacle", -2.5), ("pinnacle", -3.5)]
    assert [one["body_sha256"] for one in trace["answers"]] == ["digest r1", "digest r2"]
    assert (trace["answer"]["response_id"], trace["is_cut"]) == ("r2", False)
    assert problem(api.get(f"/api/v1/intel/signals/{'0' * 32}", api.key()))["code"] == "not_found"
    assert problem(api.get("/api/v1/intel/signals/nothing", api.key()))["code"] == "parameter_invalid"


def test_a_signal_about_a_moment_rests_on_all_that_stood_in_it(api: Api) -> None:
    at = now() - 30 * MINUTE
    MarketStore(api.service.database).publish(
        events=event_rows("game", first_seen_at=at - 60 * MINUTE),
        consensus=consensus_rows("game", at=at),
        signals=signal_rows("e" * 32, at=at, window_s=0.0, response_id="r1"),
        now=at,
    )
    about = {"event_id": "game", "market": "spreads", "outcome": "Home"}
    made = [("bovada", at - 50 * MINUTE, -2.0), ("bovada", at - 40 * MINUTE, -2.5), ("pinnacle", at, -3.5)]
    for number, (book, received_at, point) in enumerate(made):
        quote = rows(OddsSnapshots, received_at, False, **about, bookmaker=book, response_id=f"r{number}", point=point)
        api.service.lake.append(OddsSnapshots, quote, batch=f"quote{number}")
    trace = api.get(f"/api/v1/intel/signals/{'e' * 32}", api.key()).json()
    assert [(one["bookmaker"], one["point"]) for one in trace["quotes"]] == [("bovada", -2.5), ("pinnacle", -3.5)]


def test_dislocations_say_which_book_stood_apart(api: Api) -> None:
    at = now() - 30 * MINUTE
    told = '{"book":"bovada","gap_prob":0.03,"z":4.5,"n_other_groups":10,"more":{"a":1}}'
    about = {"signal_type": "DISLOCATION", "meta": told, "entry_bookmaker": "bovada"}
    signals = pl.concat(
        [
            signal_rows("1" * 32, "2" * 32, at=at, commence_at=now() + 60 * MINUTE, **about),
            signal_rows("3" * 32, at=at, commence_at=now() - MINUTE, **about),
            signal_rows("4" * 32, at=at, commence_at=now() + 60 * MINUTE),
        ]
    )
    MarketStore(api.service.database).publish(
        events=event_rows("game"), consensus=consensus_rows("game", at=at), signals=signals, now=at
    )
    key = api.key()
    first = api.get(f"{DISLOCATIONS}?limit=1", key).json()
    (one,) = first["items"]
    assert (one["signal_id"], one["book"], one["gap_prob"], one["z"]) == ("2" * 32, "bovada", 0.03, 4.5)
    assert (one["n_other_groups"], one["book_point"]) == (10, None)
    rest = api.get(DISLOCATIONS, key, params={"cursor": first["next_cursor"]}).json()["items"]
    assert [one["signal_id"] for one in rest] == ["1" * 32]
    assert len(api.get(f"{DISLOCATIONS}?upcoming=false&book=bovada", key).json()["items"]) == 3
    assert api.get(f"{DISLOCATIONS}?book=pinnacle", key).json()["items"] == []
