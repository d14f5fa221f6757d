"""Games: the schedule, and one game with its path, its signals and where it closed."""

import datetime as dt
from typing import Any

import polars as pl

from tests.api.conftest import Api, problem
from tests.warehouse.market_rows import closing_rows, consensus_rows, event_rows, signal_rows
from warehouse.database import MarketStore
from warehouse.tables import ClvRecords, Consensus

GAMES = "/api/v1/intel/events"
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def publish(api: Api, *event_ids: str, **changed: Any) -> None:
    """Games of which the first answer came an hour ago, and the last one just now."""
    usual = {"commence_at": now() + HOUR, "first_seen_at": now() - HOUR, "last_seen_at": now()}
    events = event_rows(*event_ids, **{**usual, **changed})
    MarketStore(api.service.database).publish(
        events=events, consensus=Consensus.empty(), signals=signal_rows(), now=now()
    )


def read(api: Api, path: str, key: str, **asked: Any) -> dict[str, Any]:
    answer = api.get(f"{GAMES}{path}", key, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def names(page: dict[str, Any]) -> list[str]:
    return [game["event_id"] for game in page["items"]]


def test_games_come_by_their_start_those_of_the_last_day_first(api: Api) -> None:
    at = now()
    publish(api, "soon", "same", commence_at=at + HOUR)
    publish(api, "over", commence_at=at - HOUR, status="closed")
    publish(api, "long over", commence_at=at - 3 * DAY, status="closed")
    publish(api, "later", commence_at=at + 3 * DAY, sport_key="soccer_epl")
    key = api.key()
    asked: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["over", "same", "soon", "later"]),
        ({"sport": "soccer_epl"}, ["later"]),
        ({"status": "closed"}, ["over"]),
        ({"since": (at - 4 * DAY).isoformat()}, ["long over", "over", "same", "soon", "later"]),
        ({"since": at.isoformat(), "until": (at + HOUR).isoformat()}, ["same", "soon"]),
        ({"until": (at - 2 * DAY - HOUR).isoformat()}, ["long over"]),
        ({"since": (at + DAY).isoformat()}, ["later"]),
        ({"until": "1970-01-01T00:00:00Z"}, []),
    ]
    for filters, found in asked:
        assert names(read(api, "", key, **filters)) == found, filters
    met, cursor = [], None
    for _ in range(4):
        page = read(api, "", key, limit=1, **({"cursor": cursor} if cursor else {}))
        met += names(page)
        cursor = page["next_cursor"]
    assert (met, cursor) == (["over", "same", "soon", "later"], None)


def fill(api: Api) -> dt.datetime:
    """A game with three changes of its consensus, two signals and its closes; gives the moment of the last change."""
    at = now() - 20 * MINUTE
    publish(api, "game", commence_at=at, status="closed", last_seen_at=now())
    publish(api, "other")
    path = [consensus_rows("game", "other", at=at - i * MINUTE, price_median=1.9 + i / 100) for i in range(3)]
    signals = signal_rows("a" * 32, at=at - MINUTE, bookmakers=["pinnacle"])
    signals = pl.concat(
        [signals, signal_rows("b" * 32, at=at, market="totals"), signal_rows("c" * 32, event_id="other")]
    )
    MarketStore(api.service.database).publish(events=event_rows(), consensus=Consensus.empty(), signals=signals, now=at)
    api.service.lake.append(Consensus, pl.concat(path), batch="b", is_checked=True)
    lines = pl.concat(
        [
            closing_rows("game", closed_at=at),
            closing_rows("game", closed_at=at, bookmaker="pinnacle", n_books=1),
            closing_rows("game", closed_at=at, version=2, is_current=False),
            closing_rows("game", closed_at=at, convention="actual"),
        ]
    )
    MarketStore(api.service.database).settle(lines, ClvRecords.empty(), event_ids=["game"], now=now())
    return at


def test_a_game_has_its_path_its_signals_and_its_close(api: Api) -> None:
    at = fill(api)
    key = api.key()
    detail = read(api, "/game", key)
    assert (detail["game"]["event_id"], detail["game"]["home_team"]) == ("game", "Home")
    assert [(path["outcome"], path["side"]) for path in detail["lines"]] == [("Away", "away"), ("Home", "home")]
    home = detail["lines"][1]["points"]
    assert [round(point["price_median"], 2) for point in home] == [1.92, 1.91, 1.9]
    assert home[-1]["as_of"] == at.isoformat().replace("+00:00", "Z") and home[-1]["point_median"] == -3.5
    assert [one["signal_id"][0] for one in detail["signals"]] == ["b", "a"]
    assert [(one["bookmaker"], one["version"], one["point"]) for one in detail["closing_lines"]] == [
        ("consensus", 1, -5.5),
        ("pinnacle", 1, -5.5),
    ]
    assert (detail["has_more_points"], detail["has_more_signals"]) == (False, False)
    few = read(api, "/game", key, points=2)
    assert few["has_more_points"] and [len(path["points"]) for path in few["lines"]] == [2, 2]
    assert few["lines"][1]["points"] == home[1:]
    totals = read(api, "/game", key, market="totals")
    assert (totals["lines"], totals["closing_lines"], len(totals["signals"])) == ([], [], 1)


def test_a_plan_that_sees_late_and_less_sees_the_path_late_and_no_books(api: Api) -> None:
    at = fill(api)
    late = consensus_rows("game", at=at + 15 * MINUTE)
    api.service.lake.append(Consensus, late, batch="late", is_checked=True)
    publish(api, "new", first_seen_at=now() - MINUTE)
    key, pro = api.key("community"), api.key()
    assert [len(path["points"]) for path in read(api, "/game", pro)["lines"]] == [4, 4]
    detail = read(api, "/game", key)
    assert [len(path["points"]) for path in detail["lines"]] == [3, 3]
    assert [one["bookmaker"] for one in detail["closing_lines"]] == ["consensus"]
    assert detail["closing_lines"][0]["n_books"] is None
    assert "pinnacle" not in str(detail)
    assert "new" in names(read(api, "", pro)) and "new" not in names(read(api, "", key))
    assert problem(api.get(f"{GAMES}/new", key))["code"] == "not_found"


def test_what_cannot_be_used_is_refused_and_what_is_not_there_is_not_found(api: Api) -> None:
    publish(api, "old", commence_at=now() - 400 * DAY)
    key = api.key("pro")
    asked: list[tuple[str, dict[str, str], int, str]] = [
        ("", {"since": "soon"}, 400, "parameter_invalid"),
        ("", {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, 400, "parameter_invalid"),
        ("", {"since": (now() - 366 * DAY).isoformat()}, 403, "plan_insufficient"),
        ("", {"status": "lost"}, 400, "parameter_invalid"),
        ("", {"limit": "501"}, 400, "parameter_invalid"),
        ("", {"cursor": "abc"}, 400, "cursor_invalid"),
        ("/nothing", {}, 404, "not_found"),
        ("/old", {}, 403, "plan_insufficient"),
        ("/old", {"points": "0"}, 400, "parameter_invalid"),
        ("/old", {"points": "2001"}, 400, "parameter_invalid"),
        ("/a%20b", {}, 400, "parameter_invalid"),
    ]
    for path, parameters, status, code in asked:
        said = problem(api.get(f"{GAMES}{path}", key, params=parameters))
        assert (said["status"], said["code"]) == (status, code), (path, parameters)
