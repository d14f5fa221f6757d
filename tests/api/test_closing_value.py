"""Closing-line value by endpoint: added up, by game, and signal by signal."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from tests.api.conftest import Api, problem
from tests.warehouse.market_rows import clv_rows, event_rows, signal_rows
from warehouse.database import MarketStore
from warehouse.tables import ClosingLines, ClvRecords, Consensus

CLV = "/api/v1/intel/clv"
DAY = dt.timedelta(days=1)
CLOSED = dt.datetime.now(dt.UTC).replace(hour=12, minute=0, second=0, microsecond=0) - 2 * DAY


def hex_id(number: int) -> str:
    return f"{number:032x}"


def record(number: int, event_id: str, prob: float | None, beat: bool | None, **changed: Any) -> pl.DataFrame:
    values = {"clv_prob": prob, "beat_close": beat, "entry_price_decimal": 1.9, "closed_at": CLOSED, **changed}
    return clv_rows(hex_id(number), event_id=event_id, **values)


def settle(api: Api, *records: pl.DataFrame) -> None:
    rows = pl.concat(records)
    MarketStore(api.service.database).settle(
        ClosingLines.empty(), rows, event_ids=set(rows["event_id"]), now=dt.datetime.now(dt.UTC)
    )


def play(api: Api, *event_ids: str, **changed: Any) -> None:
    """Games that are over."""
    games = event_rows(*event_ids, **{"commence_at": CLOSED, "status": "closed", **changed})
    MarketStore(api.service.database).publish(
        events=games, consensus=Consensus.empty(), signals=signal_rows(), now=CLOSED
    )


def read(api: Api, path: str, key: str, **asked: Any) -> dict[str, Any]:
    answer = api.get(f"{CLV}/{path}", key, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


STEAM = [
    record(1, "a", 0.02, True, signal_type="STEAM"),
    record(2, "a", -0.01, False, signal_type="STEAM"),
    record(3, "b", 0.03, True, signal_type="STEAM"),
]
TIE = record(4, "a", 0.0, None, signal_type="KEY_CROSS", clv_points=0.0, market="totals")


def test_rates_come_with_their_number_and_intervals_and_means_with_their_error(api: Api) -> None:
    settle(api, *STEAM)
    total = read(api, "summary", api.key())["total"]
    assert (total["n"], total["n_events"], total["n_ties"], total["n_beat"]) == (3, 2, 0, 2)
    # Wilson for 2 of 3: shrink 1 + 3.8415 / 3 = 2.28049; centre (2/3 + 0.64024) / 2.28049 = 0.57308;
    # reach 1.95996 / 2.28049 x sqrt(0.07407 + 3.8415 / 36) = 0.85945 x 0.42521 = 0.36544.
    assert [total["beat_rate"], total["beat_low"], total["beat_high"]] == pytest.approx(
        [2 / 3, 0.20764, 0.93852], abs=5e-5
    )
    # Two games: Student's quantile 12.7062 in the place of 1.95996, three trials as before: 0.50305 less and plus 0.49494.
    assert [total["beat_low_by_game"], total["beat_high_by_game"]] == pytest.approx([0.00812, 0.99796], abs=1e-4)
    # Mean 0.04 / 3; sums of games less their share: 0.01 - 0.026667 and 0.03 - 0.013333, so -1/60 and 1/60;
    # sqrt(2 x 2 / 3600) / 3 = 0.011111.
    assert [total["clv_prob_mean"], total["clv_prob_se"]] == pytest.approx([0.013333, 0.011111], abs=5e-7)
    assert total["clv_points_mean"] == 2.0


def test_groups_are_told_apart_by_what_is_asked(api: Api) -> None:
    settle(api, *STEAM, TIE)
    key = api.key()
    usual = read(api, "summary", key)
    assert [(one["signal_type"], one["sport_key"], one["value"]["n"]) for one in usual["groups"]] == [
        ("KEY_CROSS", None, 1),
        ("STEAM", None, 3),
    ]
    tie = usual["groups"][0]["value"]
    assert (tie["n_ties"], tie["beat_rate"], tie["beat_low"], tie["clv_prob_se"]) == (1, None, None, None)
    assert usual["total"]["n"] == 4
    by_two = read(api, "summary", key, by=["market", "sport_key"])["groups"]
    assert [(one["market"], one["sport_key"], one["signal_type"]) for one in by_two] == [
        ("spreads", "football", None),
        ("totals", "football", None),
    ]
    for filters, n in (
        ({"signal_type": "STEAM"}, 3),
        ({"market": "totals"}, 1),
        ({"sport": "soccer_epl"}, 0),
        ({"since": (CLOSED + DAY).isoformat()}, 0),
        ({"until": (CLOSED - DAY).isoformat()}, 0),
        ({"since": CLOSED.isoformat(), "until": CLOSED.isoformat()}, 4),
    ):
        assert read(api, "summary", key, **filters)["total"]["n"] == n, filters


NOT_COUNTED: list[dict[str, Any]] = [
    {"convention": "actual"},
    {"is_current": False},
    {"quality": "stale"},
    {"quality": "missing"},
    {"entry_price_decimal": None},
    {"prob": None},
]


def test_what_scorecards_do_not_count_counts_in_no_summary(api: Api) -> None:
    settle(api, *(record(i, "a", **{"prob": 0.1, "beat": True, **changed}) for i, changed in enumerate(NOT_COUNTED)))
    found = read(api, "summary", api.key())
    assert (found["total"]["n"], found["groups"]) == (0, [])


def test_a_recap_lists_the_finished_games_of_a_day_or_a_week_with_the_value_on_each(api: Api) -> None:
    play(api, "a", "b")
    play(api, "quiet", commence_at=CLOSED + dt.timedelta(hours=1))
    play(api, "running", status="live")
    play(api, "earlier", commence_at=CLOSED - 6 * DAY)
    settle(api, *STEAM, TIE)
    key, day = api.key(), CLOSED.date().isoformat()
    found = read(api, "recap", key, day=day)
    assert [game["event_id"] for game in found["items"]] == ["a", "b", "quiet"]
    assert [game["value"]["n"] for game in found["items"]] == [3, 1, 0]
    assert found["items"][0]["value"]["clv_prob_mean"] == pytest.approx(0.01 / 3)
    assert (found["n_games"], found["total"]["n"], found["since"][:10], found["next_cursor"]) == (3, 4, day, None)
    week = read(api, "recap", key, day=day, span="week")
    assert [game["event_id"] for game in week["items"]] == ["earlier", "a", "b", "quiet"]
    assert read(api, "recap", key, day=day, sport="soccer_epl")["n_games"] == 0
    assert read(api, "recap", key)["n_games"] == 0  # yesterday
    met, cursor = [], None
    for _ in range(3):
        page = read(api, "recap", key, day=day, limit=1, **({"cursor": cursor} if cursor else {}))
        met += [game["event_id"] for game in page["items"]]
        cursor = page["next_cursor"]
        assert page["n_games"] == 3
    assert (met, cursor) == (["a", "b", "quiet"], None)


def test_records_are_those_in_force_by_the_scheduled_close_newest_first(api: Api) -> None:
    settle(
        api,
        *STEAM,
        TIE,
        record(5, "c", 0.01, True, closed_at=CLOSED + DAY, close_bookmakers=["pinnacle"]),
        record(6, "c", None, None, convention="actual"),
        record(1, "a", 0.5, True, version=2, is_current=False),
    )
    key = api.key()
    page = read(api, "records", key)
    assert [int(one["signal_id"], 16) for one in page["items"]] == [5, 4, 3, 2, 1]
    newest = page["items"][0]
    assert (newest["close_bookmakers"], newest["is_final"], newest["clv_prob"]) == (["pinnacle"], True, 0.01)
    assert set(newest) == {"is_redacted", *ClvRecords.columns} - {"convention", "is_current"}
    for filters, found in (
        ({"signal_type": "STEAM"}, [3, 2, 1]),
        ({"event": ["b", "c"]}, [5, 3]),
        ({"market": "totals"}, [4]),
        ({"time_bucket": "live"}, []),
        ({"beat_close": "true"}, [5, 3, 1]),
        ({"beat_close": "false"}, [2]),
        ({"since": (CLOSED + DAY).isoformat()}, [5]),
        ({"until": CLOSED.isoformat()}, [4, 3, 2, 1]),
    ):
        assert [int(one["signal_id"], 16) for one in read(api, "records", key, **filters)["items"]] == found, filters
    met, cursor = [], None
    for _ in range(3):
        page = read(api, "records", key, limit=2, **({"cursor": cursor} if cursor else {}))
        met += [int(one["signal_id"], 16) for one in page["items"]]
        cursor = page["next_cursor"]
    assert (met, cursor) == ([5, 4, 3, 2, 1], None)


UNUSABLE: list[tuple[str, dict[str, str], str]] = [
    ("summary", {"by": "event_id"}, "parameter_invalid"),
    ("summary", {"since": "2999-01-01T00:00:00Z"}, "parameter_invalid"),
    ("summary", {"signal_type": "x' or 1=1"}, "parameter_invalid"),
    ("recap", {"day": "2999-01-01"}, "parameter_invalid"),
    ("recap", {"day": "0001-01-01"}, "parameter_invalid"),
    ("recap", {"day": "tomorrow"}, "parameter_invalid"),
    ("recap", {"span": "year"}, "parameter_invalid"),
    ("recap", {"cursor": "abc"}, "cursor_invalid"),
    ("records", {"limit": "100000"}, "parameter_invalid"),
    ("records", {"cursor": "\u00e9"}, "cursor_invalid"),
    ("records", {"beat_close": "perhaps"}, "parameter_invalid"),
    ("records", {"event": "a b"}, "parameter_invalid"),
    ("scorecards", {"window": "1d"}, "parameter_invalid"),
    ("scorecards", {"tier": "C"}, "parameter_invalid"),
    ("scorecards", {"cursor": ""}, "cursor_invalid"),
]


def test_what_cannot_be_used_is_a_bad_request(api: Api) -> None:
    key = api.key()
    for path, asked, code in UNUSABLE:
        said = problem(api.get(f"{CLV}/{path}", key, params=asked))
        assert (said["status"], said["code"]) == (400, code), (path, asked)


def test_a_plan_without_closing_line_value_is_told_so(api: Api) -> None:
    key = api.key("community")
    for path in ("summary", "recap", "records", "scorecards"):
        said = problem(api.get(f"{CLV}/{path}", key))
        assert (said["code"], said["feature"]) == ("plan_insufficient", "clv")


def test_a_plan_reaches_as_far_back_as_it_says(api: Api) -> None:
    settle(api, record(1, "a", 0.1, True, closed_at=CLOSED - 400 * DAY), record(2, "b", 0.1, True))
    play(api, "old", commence_at=CLOSED - 400 * DAY)
    far, near = api.key("pro_infra"), api.key("pro")
    assert [read(api, "summary", key)["total"]["n"] for key in (far, near)] == [2, 1]
    assert [len(read(api, "records", key)["items"]) for key in (far, near)] == [2, 1]
    old = (CLOSED - 400 * DAY).date().isoformat()
    assert read(api, "recap", far, day=old)["n_games"] == 1
    for path, asked in (("recap", {"day": old}), ("summary", {"since": f"{old}T00:00:00Z"})):
        said = problem(api.get(f"{CLV}/{path}", near, params=asked))
        assert (said["code"], said["feature"]) == ("plan_insufficient", "history_days")
