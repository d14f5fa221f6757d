"""The feed of signals: filters, order, pages, and going on from it with the stream."""

import datetime as dt
from typing import Any

import pytest

from stratum_api.signal_feed import CHRONOLOGICAL, RANKED
from tests.api.conftest import Api, problem
from tests.warehouse.market_rows import event_rows, signal_rows
from warehouse.database import MarketStore, OutboxRetention
from warehouse.tables import Consensus

FEED = "/api/v1/intel/signals"
MINUTE = dt.timedelta(minutes=1)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def hex_id(number: int) -> str:
    return f"{number:032x}"


def publish(api: Api, *numbers: int, at: dt.datetime, **changed: Any) -> None:
    """Signals with these numbers as their ids."""
    rows = signal_rows(*map(hex_id, numbers), at=at, **changed)
    MarketStore(api.service.database).publish(
        events=event_rows("game"), consensus=Consensus.empty(), signals=rows, now=at
    )


def numbers(page: dict[str, Any]) -> list[int]:
    """The numbers of the signals of a page."""
    return [int(item["signal_id"], 16) for item in page["items"]]


def read(api: Api, key: str, **asked: Any) -> dict[str, Any]:
    answer = api.get(FEED, key, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_signal_is_shown_with_every_field_of_its_table(api: Api) -> None:
    at = dt.datetime(2026, 1, 4, 12, 0, 0, 1, tzinfo=dt.UTC)
    publish(api, 1, at=at, velocity_per_min=0.25, entry_bookmaker="böok two", meta='{"a":{"b":[1.5,null]}}')
    (item,) = read(api, api.key())["items"]
    assert item["detected_at"] == "2026-01-04T12:00:00.000001Z"
    assert (item["bookmakers"], item["meta"]) == (["book, one", "böok two"], {"a": {"b": [1.5, None]}})
    assert (item["velocity_per_min"], item["is_structural_core"], item["is_redacted"]) == (0.25, True, False)
    assert (item["outcome"], item["move"], item["sequence"]) == ('Hôme \\ "quoted"', None, None)


def test_filters_narrow_the_feed(api: Api) -> None:
    at = now() - 60 * MINUTE
    publish(api, 1, at=at, signal_type="MOVE", velocity_per_min=0.1, composite_score=50.0, priority="Low")
    publish(api, 2, at=at + MINUTE, signal_type="STEAM", sport_key="soccer_epl", market="totals", event_id="other")
    publish(api, 3, at=at + 2 * MINUTE, signal_type="KEY_CROSS", is_structural_core=False, time_bucket="live")
    key = api.key()
    asked: list[tuple[dict[str, Any], list[int]]] = [
        ({}, [3, 2, 1]),
        ({"type": "MOVE"}, [1]),
        ({"type": ["MOVE", "STEAM"]}, [2, 1]),
        ({"type": "MOVE", "signal_type": "KEY_CROSS"}, [3, 1]),
        ({"sport": "soccer_epl"}, [2]),
        ({"market": "totals"}, [2]),
        ({"event": "other"}, [2]),
        ({"event": ["other", "game"]}, [3, 2, 1]),
        ({"since": (at + MINUTE).isoformat()}, [3, 2]),
        ({"until": (at + MINUTE).isoformat()}, [2, 1]),
        ({"min_score": 60}, [3, 2]),
        ({"velocity_gt": 0.05}, [1]),
        ({"velocity_gt": 0.1}, []),
        ({"time_bucket": "live"}, [3]),
        ({"tier": "Low"}, [1]),
        ({"structural_core": "true"}, [2, 1]),
        ({"structural_core": "false"}, [3]),
    ]
    for filters, found in asked:
        assert numbers(read(api, key, **filters)) == found, filters


@pytest.mark.parametrize("order", ["chronological", "ranked"])
def test_pages_hold_every_signal_once_also_where_many_have_the_same_time_and_score(api: Api, order: str) -> None:
    at = now() - 60 * MINUTE
    publish(api, *range(1, 5), at=at)
    publish(api, *range(5, 8), at=at + MINUTE, composite_score=40.0)
    key, met, cursor = api.key(), [], None
    while True:
        page = read(api, key, order=order, limit=2, **({"cursor": cursor} if cursor else {}))
        met += numbers(page)
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert met == ([7, 6, 5, 4, 3, 2, 1] if order == "chronological" else [4, 3, 2, 1, 7, 6, 5])


def test_a_cursor_goes_on_with_its_own_question_only(api: Api) -> None:
    publish(api, 1, 2, 3, at=now() - MINUTE)
    key = api.key()
    cursor = read(api, key, limit=1)["next_cursor"]
    assert numbers(read(api, key, limit=2, cursor=cursor)) == [2, 1]
    for changed in (cursor[:-2], cursor + "AA", "A" + cursor[1:], "", "é", "=", "x" * 401):
        said = problem(api.get(FEED, key, params={"cursor": changed}))
        assert (said["status"], said["code"]) in ((400, "cursor_invalid"), (400, "parameter_invalid")), changed
    assert problem(api.get(FEED, key, params={"cursor": cursor, "sport": "x"}))["code"] == "cursor_invalid"
    assert problem(api.get(FEED, key, params={"cursor": cursor, "order": "ranked"}))["code"] == "cursor_invalid"


def test_the_feed_and_the_stream_share_one_sequence(api: Api) -> None:
    key = api.key()
    assert read(api, key)["sequence"] == 0
    at = now() - MINUTE
    publish(api, 1, 2, at=at)
    seen = read(api, key)["sequence"]
    assert seen == 2
    publish(api, 3, at=at - 30 * MINUTE)  # older, and announced later
    page = read(api, key, since_sequence=seen)
    assert (numbers(page), page["items"][0]["sequence"], page["sequence"]) == ([3], 3, 3)
    first = read(api, key, since_sequence=0, limit=2)
    assert (numbers(first), first["sequence"]) == ([1, 2], 2)
    assert numbers(read(api, key, since_sequence=3)) == []
    assert problem(api.get(FEED, key, params={"since_sequence": 1, "order": "ranked"}))["status"] == 400


def test_a_place_in_the_stream_that_is_not_kept_needs_a_snapshot(api: Api) -> None:
    publish(api, 1, 2, at=now() - 60 * MINUTE)
    publish(api, 3, at=now() - MINUTE)
    OutboxRetention(api.service.database).prune(now() - 30 * MINUTE)
    key = api.key()
    for since in (1, 4):
        said = problem(api.get(FEED, key, params={"since_sequence": since}))
        assert (said["code"], said["oldest"], said["newest"]) == ("snapshot_required", 3, 3)
    assert numbers(read(api, key, since_sequence=2)) == [3]


def test_who_sees_late_is_given_a_sequence_that_skips_nothing(api: Api) -> None:
    publish(api, 1, at=now() - 60 * MINUTE)
    publish(api, 2, at=now() - MINUTE)
    publish(api, 3, at=now() - 30 * MINUTE)  # announced after one that is still too young
    key = api.key("community")
    assert read(api, key)["sequence"] == 1
    page = read(api, key, since_sequence=0)
    assert (numbers(page), page["sequence"]) == ([1], 1)


UNUSABLE: list[dict[str, str]] = [
    {"since": "2026-01-01T00:00:00"},
    {"since": "yesterday"},
    {"since": "0001-01-01T00:00:00+14:00"},
    {"since": "2999-01-01T00:00:00Z"},
    {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
    {"sport": "nfl\u200b"},
    {"sport": "a' or 1=1"},
    {"event": "game\u202e"},
    {"event": "a b"},
    {"type": "x" * 61},
    {"limit": "0"},
    {"limit": "501"},
    {"limit": "many"},
    {"min_score": "nan"},
    {"velocity_gt": "-1"},
    {"time_bucket": "soon"},
    {"tier": "S"},
    {"order": "random"},
    {"since_sequence": "-1"},
    {"since_sequence": "9" * 30},
    {"structural_core": "perhaps"},
]


def test_what_cannot_be_used_is_refused_by_name(api: Api) -> None:
    key = api.key()
    for asked in UNUSABLE:
        said = problem(api.get(FEED, key, params=asked))
        assert (said["status"], said["code"]) == (400, "parameter_invalid"), asked
        assert any(one["name"] in asked for one in said["errors"]), said


def test_a_plus_that_arrives_as_a_space_is_an_offset(api: Api) -> None:
    publish(api, 1, at=dt.datetime(2026, 1, 4, 12, tzinfo=dt.UTC))
    answer = api.get(f"{FEED}?until=2026-01-04T14:00:00+02:00", api.key())
    assert numbers(answer.json()) == [1]


def test_a_request_on_the_feed_is_billed(api: Api) -> None:
    key = api.key()
    assert api.get(FEED, key).headers["x-usage-used"] == "1"
    assert api.get(FEED, key, params={"limit": "0"}).headers["x-usage-used"] == "1"
    assert problem(api.get(FEED))["code"] == "key_missing"
    assert problem(api.get(FEED, api.key("pro", "account:read")))["code"] == "scope_missing"


def test_both_orders_of_the_feed_walk_an_index(api: Api) -> None:
    publish(api, 1, at=now() - MINUTE)
    keys = {"chronological": CHRONOLOGICAL, "ranked": RANKED}
    for order, found in keys.items():
        text = f"select signal_id from signals s where s.detected_at <= 1 order by {found} limit 51"
        with api.service.database.read() as connection:
            if not api.service.rows.is_sqlite:
                text = text.replace("<= 1", "<= now()")
                connection.exec_driver_sql("set enable_seqscan = off")
                connection.exec_driver_sql("set enable_sort = off")
            plan = str(connection.exec_driver_sql(f"explain {'query plan ' * api.service.rows.is_sqlite}{text}").all())
        assert "ix_signals_" in plan and "TEMP B-TREE" not in plan and "Sort" not in plan, (order, plan)
