"""Exports: every row once, in order, never many at a time, in the format asked for, as the plan allows."""

import csv
import datetime as dt
import io
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from stratum_api import exporting
from stratum_api.controllers.exports import SIGNALS
from stratum_api.exporting import stretches
from stratum_api.flags import Flags
from stratum_api.plans import find_plan
from stratum_api.tiers import Sight
from tests.api.conftest import Api, problem
from tests.warehouse.frames import DAY, NEXT, sample
from tests.warehouse.market_rows import clv_rows, consensus_rows, signal_rows
from warehouse.lake import Lake
from warehouse.tables import ClvRecords, Consensus, Signals

EXPORT = "/api/v1/intel/export"
START = dt.datetime(2025, 9, 7, tzinfo=dt.UTC)
A_DAY, MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)
NOW = dt.datetime.now(dt.UTC)
N = 5_000


# -- out of the lake ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Two days of signals, one in a closed file and one in parts, a signal every second from midnight on."""
    lake = Lake(tmp_path)
    lake.append(Signals, sample(Signals, N), batch="a")
    lake.compact(Signals, DAY)
    lake.append(Signals, sample(Signals, 10, day=NEXT, start=90_000), batch="b")
    lake.append(Signals, sample(Signals, 10, day=NEXT, start=90_010), batch="c")
    return lake


def sight(code: str = "pro_infra", **terms: Any) -> Sight:
    return Sight.of(find_plan(code).with_terms(terms), Flags.read({}), NOW)


def found(lake: Lake, since: dt.datetime | None, until: dt.datetime, *wanted: pl.Expr) -> list[pl.DataFrame]:
    return list(SIGNALS.rows(lake, since, until, wanted, sight()))


def test_every_row_comes_once_and_in_order(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "ROWS_READ", 500)
    every = pl.concat(found(lake, None, START + 2 * A_DAY))
    assert every.height == every["signal_id"].n_unique() == N + 20
    assert every["detected_at"].is_sorted()


def test_no_more_rows_than_wanted_are_in_memory_at_once(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "ROWS_READ", 500)
    # 5,000 rows in the first 5,000 seconds, asked for by those seconds: ten stretches of 500.
    frames = found(lake, START, START + dt.timedelta(seconds=N, microseconds=-1))
    assert [frame.height for frame in frames] == [500] * 10


def test_stretches_meet_and_never_overlap(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "ROWS_READ", 700)
    edges = list(stretches(lake, Signals, START + MINUTE, START + A_DAY / 2))
    assert len(edges) == 8  # 5,000 rows by 700
    assert (edges[0][0], edges[-1][1]) == (START + MINUTE, START + A_DAY / 2 + dt.timedelta(microseconds=1))
    assert all(end == begin for (_, end), (begin, _) in pairwise(edges))


def test_both_ends_count(lake: Lake) -> None:
    (frame,) = found(lake, START + dt.timedelta(seconds=10), START + dt.timedelta(seconds=12))
    assert [at.second for at in frame["detected_at"]] == [10, 11, 12]
    assert found(lake, START + 5 * A_DAY, START + 6 * A_DAY) == []


def test_what_is_not_wanted_is_left_out(lake: Lake) -> None:
    assert [frame.height for frame in found(lake, None, START + A_DAY, pl.col("event_id") == "event_id 7")] == [1]


def test_what_a_plan_does_not_show_is_null_of_its_own_type(lake: Lake) -> None:
    shown = next(SIGNALS.rows(lake, None, START + A_DAY, (), sight()))
    redacted = next(SIGNALS.rows(lake, None, START + A_DAY, (), sight("pro", is_redacted=True)))
    assert redacted.schema == shown.schema
    hidden = {name for name in redacted.columns if redacted[name].null_count() == redacted.height}
    assert {"bookmakers", "velocity_per_min", "meta", "entry_bookmaker"} <= hidden
    assert shown.select(hidden).null_count().sum_horizontal().item() == 0
    assert redacted.drop(hidden).equals(shown.drop(hidden))


# -- by endpoint --------------------------------------------------------------------------------------------------------------


def hex_id(number: int) -> str:
    return f"{number:032x}"


def fill(api: Api) -> None:
    """A signal an hour old and one of three days ago, their values, and a game's consensus."""
    old, young = NOW - 3 * A_DAY, NOW - 60 * MINUTE
    signals = pl.concat(
        [
            signal_rows(hex_id(1), at=old, outcome="=HYPERLINK(1)", velocity_per_min=0.25),
            signal_rows(hex_id(2), at=young, sport_key="soccer_epl", event_id="other", signal_type="STEAM"),
        ]
    )
    records = pl.concat(
        [
            clv_rows(hex_id(1), closed_at=young, clv_prob=0.02),
            clv_rows(hex_id(2), closed_at=young, is_current=False),
            clv_rows(hex_id(2), closed_at=young, convention="actual"),
        ]
    )
    for table, rows in ((Signals, signals), (ClvRecords, records), (Consensus, consensus_rows("game", at=young))):
        api.service.lake.append(table, rows, batch="b", is_checked=True)


def fetch(api: Api, name: str, key: str, **asked: Any) -> httpx.Response:
    accept = {"headers": {"Accept": asked.pop("accept")}} if "accept" in asked else {}
    answer = api.get(f"{EXPORT}/{name}", key, params=asked, **accept)
    assert answer.status_code == 200, answer.text
    return answer


def test_an_export_is_of_the_last_day_unless_it_is_asked_for_more(api: Api) -> None:
    fill(api)
    key, ago = api.key(), (NOW - 4 * A_DAY).isoformat()
    asked: list[tuple[dict[str, Any], list[int]]] = [
        ({}, [2]),
        ({"since": ago}, [1, 2]),
        ({"since": ago, "until": (NOW - 2 * A_DAY).isoformat()}, [1]),
        ({"until": (NOW - 2 * A_DAY - 60 * MINUTE).isoformat()}, [1]),
        ({"since": ago, "sport": "football"}, [1]),
        ({"since": ago, "signal_type": "STEAM"}, [2]),
        ({"since": ago, "event": ["game", "other"]}, [1, 2]),
        ({"since": ago, "market": "totals"}, []),
        ({"until": "1970-01-01T00:00:00Z"}, []),
    ]
    for filters, ids in asked:
        items = fetch(api, "signals", key, **filters).json()["items"]
        assert [int(item["signal_id"], 16) for item in items] == ids, filters
    assert items == []


def test_every_format_holds_the_same_rows_and_says_what_it_is(api: Api) -> None:
    fill(api)
    key, since = api.key(), (NOW - 4 * A_DAY).isoformat()
    answers = {
        form: fetch(api, "signals", key, since=since, format=form) for form in ("json", "csv", "arrow", "parquet")
    }
    types = {form: answer.headers["content-type"] for form, answer in answers.items()}
    assert types == {
        "json": "application/json",
        "csv": "text/csv; header=present; charset=utf-8",
        "arrow": "application/vnd.apache.arrow.stream",
        "parquet": "application/vnd.apache.parquet",
    }
    for form, answer in answers.items():
        disposition = answer.headers["content-disposition"]
        assert disposition.startswith('attachment; filename="signals-') and disposition.endswith(f'.{form}"')
    items = answers["json"].json()["items"]
    assert (items[0]["meta"], items[0]["bookmakers"]) == ({"a": 1}, ["book, one", "böok two"])
    lines = list(csv.DictReader(io.StringIO(answers["csv"].text, newline="")))
    assert list(lines[0]) == list(items[0])
    assert (lines[0]["outcome"], lines[0]["from_value"], lines[0]["velocity_per_min"]) == (
        "'=HYPERLINK(1)",
        "-3.0",
        "0.25",
    )
    arrow = pl.read_ipc_stream(io.BytesIO(answers["arrow"].content))
    assert arrow.equals(pl.read_parquet(io.BytesIO(answers["parquet"].content)))
    assert (
        arrow["signal_id"].to_list() == [item["signal_id"] for item in items] == [line["signal_id"] for line in lines]
    )


def test_a_format_can_be_accepted_instead_of_named(api: Api) -> None:
    fill(api)
    key = api.key()
    answer = fetch(api, "consensus", key, accept="text/csv, application/json;q=0.5")
    assert answer.headers["content-type"].startswith("text/csv") and answer.headers["vary"] == "Accept"
    assert [line["outcome"] for line in csv.DictReader(io.StringIO(answer.text))] == ["Away", "Home"]
    said = problem(api.get(f"{EXPORT}/signals", key, headers={"Accept": "text/html"}))
    assert (said["status"], said["code"]) == (406, "not_acceptable")
    assert problem(api.get(f"{EXPORT}/signals?format=xlsx", key))["code"] == "parameter_invalid"


def test_closing_line_value_is_exported_as_it_is_in_force_by_the_scheduled_close(api: Api) -> None:
    fill(api)
    (item,) = fetch(api, "clv", api.key()).json()["items"]
    assert (int(item["signal_id"], 16), item["clv_prob"]) == (1, 0.02)


def test_an_export_is_billed_once_and_needs_a_plan_a_scope_and_the_flag(start_api: Any) -> None:
    api = start_api()
    key = api.key()
    assert fetch(api, "signals", key).headers["x-usage-used"] == "1"
    said = problem(api.get(f"{EXPORT}/signals", api.key("community")))
    assert (said["code"], said["feature"]) == ("plan_insufficient", "exports")
    said = problem(api.get(f"{EXPORT}/signals", api.key("pro_infra", "intel:read")))
    assert (said["code"], said["scope"]) == ("scope_missing", "intel:export")
    assert problem(api.get(f"{EXPORT}/signals"))["code"] == "key_missing"
    closed = start_api(STRATUM_API_ENABLE_EXPORTS="false")
    assert problem(closed.get(f"{EXPORT}/signals", key))["flag"] == "exports"


def test_an_export_reaches_as_far_back_as_the_plan_and_not_into_the_future(api: Api) -> None:
    key = api.key("pro")
    for asked, code in (
        ({"since": (NOW - 366 * A_DAY).isoformat()}, "plan_insufficient"),
        ({"since": "2999-01-01T00:00:00Z"}, "parameter_invalid"),
        ({"since": NOW.isoformat(), "until": (NOW - A_DAY).isoformat()}, "parameter_invalid"),
        ({"sport": "x y"}, "parameter_invalid"),
    ):
        assert problem(api.get(f"{EXPORT}/consensus", key, params=asked))["code"] == code, asked


def test_a_redacted_plan_that_was_agreed_exports_gets_the_structural_core_without_what_it_does_not_show(
    api: Api,
) -> None:
    at = NOW - 60 * MINUTE
    core, other = signal_rows(hex_id(1), at=at), signal_rows(hex_id(2), at=at, is_structural_core=False)
    api.service.lake.append(Signals, pl.concat([core, other]), batch="b", is_checked=True)
    (item,) = fetch(api, "signals", api.key("community", exports=True)).json()["items"]
    assert (int(item["signal_id"], 16), item["bookmakers"], item["meta"]) == (1, None, None)


def test_a_lake_that_cannot_be_read_is_told_before_the_answer_begins(api: Api) -> None:
    fill(api)
    (file,) = Path(api.service.lake.location).glob(f"signals/date={(NOW - 60 * MINUTE).date()}/*.parquet")
    file.write_bytes(b"no parquet")
    assert problem(api.get(f"{EXPORT}/signals", api.key()))["status"] in (500, 503)


def test_the_description_tells_of_every_format(api: Api) -> None:
    document = api.get("/docs/openapi.json").json()
    content = document["paths"][f"{EXPORT}/signals"]["get"]["responses"]["200"]["content"]
    assert set(content) == {
        "application/json",
        "text/csv",
        "application/vnd.apache.arrow.stream",
        "application/vnd.apache.parquet",
    }
    described = document["components"]["schemas"]["ShownSignal"]["properties"]
    assert set(json.loads(json.dumps(content["application/json"]["example"]["items"][0]))) <= set(described)
