"""Buckets, attribution, pages of trades and exports: every trade once, empty buckets as zeros, clocks of the zone."""

import csv
import datetime as dt
import io
from typing import Any

import polars as pl
import pytest

from stratum_api.analytics import TradeBook
from tests.api.conftest import Api, problem
from tests.api.traded import DAY, HOUR, NOON, put, trade
from tests.warehouse.market_rows import signal_rows
from warehouse.tables import Signals

ANALYTICS = "/api/v1/analytics"


@pytest.fixture(autouse=True)
def looks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lake is looked at for every question."""
    monkeypatch.setitem(TradeBook.__init__.__kwdefaults__, "fresh_s", 0.0)


def found(api: Api, what: str, key: str = "", **asked: Any) -> dict[str, Any]:
    answer = api.get(f"{ANALYTICS}/{what}", key or api.key(), params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_every_hour_is_there_and_summer_time_is_right(api: Api) -> None:
    # 30 March 2025: London's clocks go from 01:00 to 02:00; 00:30 UTC is 00:30 there, 01:30 UTC is 02:30.
    spring = dt.datetime(2025, 3, 30, 0, 30, tzinfo=dt.UTC)
    put(api.service.lake, trade(1, spring + HOUR, 100, entry_at=spring), trade(2, spring + HOUR, -40))
    put(api.service.lake, trade(3, spring + 2 * HOUR, 7))
    answer = found(api, "buckets", type="hour", zone="Europe/London")
    assert len(answer["buckets"]) == 24
    met = {one["bucket"]: (one["n"], one["profit"]) for one in answer["buckets"] if one["n"]}
    assert met == {"00": (2, 60), "02": (1, 7)}
    empty = answer["buckets"][5]
    assert (empty["n"], empty["profit"], empty["win_rate"], empty["win_low"], empty["win_high"]) == (
        0,
        0,
        0.0,
        0.0,
        1.0,
    )
    by_exit = found(api, "buckets", type="hour", zone="Europe/London", moment="exit")
    assert {one["bucket"] for one in by_exit["buckets"] if one["n"]} == {"02", "03"}


def test_a_heatmap_lays_one_kind_across_another_in_whole_minor_units(api: Api) -> None:
    put(api.service.lake, trade(1, NOON, 100), trade(2, NOON, 101), trade(3, NOON + DAY, 7))
    answer = found(api, "buckets", type="weekday", heatmap="hour", value="mean_profit")["heatmap"]
    assert answer["columns"] == [f"{hour:02d}" for hour in range(24)]
    monday, tuesday = (row["values"][11] for row in answer["rows"][:2])
    assert (monday, tuesday) == (100, 7)  # 100.5 to the even neighbour
    assert sum(sum(row["values"]) for row in answer["rows"]) == 107
    said = problem(api.get(f"{ANALYTICS}/buckets", api.key()))
    assert said["errors"][0]["name"] == "type"


def test_trades_are_attributed_to_the_type_of_their_signal(api: Api) -> None:
    ids = ["a" * 32, "b" * 32]
    signals = pl.concat(
        [
            signal_rows(ids[0], at=NOON - 2 * HOUR, signal_type="STEAM"),
            signal_rows(ids[1], at=NOON - 3 * DAY, signal_type="MOVE"),
        ]
    )
    for n, (_, part) in enumerate(signals.group_by(pl.col("detected_at").dt.date())):
        api.service.lake.append(Signals, part, batch=f"s{n}", is_checked=True)
    put(
        api.service.lake,
        trade(1, NOON, 910, signal_id=ids[0]),
        trade(2, NOON, -1000, signal_id=ids[0]),
        trade(3, NOON, 500, signal_id=ids[1], source="backtest"),
        trade(4, NOON, 5, signal_id="nobody knows"),
    )
    groups = {(one["source"], one["signal_type"]): one for one in found(api, "attribution")["groups"]}
    assert {name: (one["n"], one["profit"]) for name, one in groups.items()} == {
        ("paper", "STEAM"): (2, -90),
        ("backtest", "MOVE"): (1, 500),
        ("paper", ""): (1, 5),
    }
    steam = groups["paper", "STEAM"]
    assert (steam["win_rate"], steam["mean_profit"], steam["yield_on_stake"]) == (0.5, -45, -0.045)


def test_pages_hold_every_trade_once_the_newest_entry_first(api: Api) -> None:
    # Twelve trades on six days, two at each moment, so that pages end between equals.
    put(api.service.lake, *(trade(n, NOON + (n // 2) * 40 * DAY, n) for n in range(12)))
    put(api.service.lake, trade(50, NOON, 0, status="void"), trade(51, NOON, 1, currency="EUR"))
    key, asked, seen = api.key(), {"limit": 5, "currency": "USD"}, []
    for _ in range(9):
        page = found(api, "trades", key, **asked)
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        asked["cursor"] = page["next_cursor"]
    assert len(seen) == 12 == len({one["trade_id"] for one in seen})
    assert [(one["entry_at"], one["trade_id"]) for one in seen] == sorted(
        ((one["entry_at"], one["trade_id"]) for one in seen), reverse=True
    )
    assert len(found(api, "trades", key)["items"]) == 13  # rows need no common currency
    assert [one["status"] for one in found(api, "trades", key, status="void")["items"]] == ["void"]
    other = api.get(f"{ANALYTICS}/trades", key, params={**asked, "strategy": "steam"})
    assert problem(other)["code"] == "cursor_invalid"


def test_every_format_holds_the_same_trades(api: Api) -> None:
    put(api.service.lake, *(trade(n, NOON + n * DAY, n, outcome="=A1") for n in range(3)))
    key = api.key()

    def fetch(form: str, **asked: str) -> Any:
        answer = api.get(f"{ANALYTICS}/export", key, params={"format": form, **asked})
        assert answer.status_code == 200 and answer.headers["content-disposition"].endswith(f'.{form}"'), answer.text
        return answer

    items = fetch("json").json()["items"]
    assert [one["profit"] for one in items] == [0, 1, 2]
    lines = list(csv.DictReader(io.StringIO(fetch("csv").text, newline="")))
    assert ([line["profit"] for line in lines], lines[0]["outcome"]) == (["0", "1", "2"], "'=A1")
    arrow = pl.read_ipc_stream(io.BytesIO(fetch("arrow").content))
    assert arrow.equals(pl.read_parquet(io.BytesIO(fetch("parquet").content)))
    assert arrow["trade_id"].to_list() == [one["trade_id"] for one in items]
    since = (NOON + DAY).isoformat()
    assert [one["profit"] for one in fetch("json", since=since, until=since).json()["items"]] == [1]


def test_an_export_needs_a_plan_with_exports_and_its_own_scope(api: Api) -> None:
    said = problem(api.get(f"{ANALYTICS}/export", api.key("pro", exports=False)))
    assert (said["code"], said["feature"]) == ("plan_insufficient", "exports")
    assert problem(api.get(f"{ANALYTICS}/export", api.key("pro", "intel:read")))["scope"] == "intel:export"
