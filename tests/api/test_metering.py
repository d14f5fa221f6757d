"""Billable requests are counted exactly once, also when a worker is killed, and nothing waits for the counting."""

import asyncio
import datetime as dt
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import stratum_api.app
from stratum_api.metering.spool import SpoolFile, claimed, read_spool
from tests.api.conftest import Api
from tests.api.paid_app import PaidController, with_paid
from warehouse.database import Database, Outbox
from warehouse.database.access import usage_events
from warehouse.database.usage import UsageBook, UsageEvent
from warehouse.errors import DatabaseUnreachable

PAID = "/api/v1/paid"


@pytest.fixture(autouse=True)
def paid(monkeypatch: pytest.MonkeyPatch) -> None:
    """The paid endpoint, for these tests alone."""
    monkeypatch.setattr(stratum_api.app, "CONTROLLERS", with_paid())


AT = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)

assert PaidController.path == PAID


def events(database: Database) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(sa.select(usage_events).order_by(usage_events.c.occurred_at)))


def bring_in(api: Api) -> None:
    api.loop.run(api.service.meter._bring_in())


def event(number: int, key_id: str = "sk_1") -> UsageEvent:
    return UsageEvent(f"e{number}", "acc", key_id, AT, AT, "getPaid", 200, 1, f"r{number}")


def test_a_billable_request_is_an_event_and_counts_for_its_key_and_its_account(api: Api) -> None:
    account = api.account()
    first, second = api.issue(account), api.issue(account)
    for key in (first, first, second):
        answer = api.get(PAID, key.secret.text)
    assert answer.headers["x-usage-used"] == "3"
    bring_in(api)
    found = events(api.service.database)
    assert [(one.account_id, one.operation, one.status_code, one.units) for one in found] == [
        (account, "getPaid", 200, 1)
    ] * 3
    assert found[-1].request_id == answer.headers["x-request-id"]
    usage = api.get("/api/v1/account/usage", first.secret.text).json()
    assert (usage["used"], usage["included"], usage["remaining"], usage["overage"]) == (3, 50_000, 49_997, 0)
    by_key = api.get("/api/v1/account/usage/keys", first.secret.text).json()["keys"]
    assert [(one["key_id"], one["used"]) for one in by_key] == [(first.key.key_id, 2), (second.key.key_id, 1)]
    (period,) = api.get("/api/v1/account/usage/history", first.secret.text).json()["periods"]
    assert period == usage


def test_only_what_was_answered_counts(api: Api) -> None:
    key, reader = api.key(), api.key("pro_infra", "account:read")
    assert api.get(f"{PAID}/broken", key).status_code == 500
    assert api.get(f"{PAID}/nothing", key).status_code == 404
    assert api.get(PAID, reader).status_code == 403
    assert api.get(PAID).status_code == 401
    assert api.get("/api/v1/account", key).status_code == 200
    bring_in(api)
    assert events(api.service.database) == []


def test_above_the_soft_limit_requests_go_on_and_are_overage(api: Api) -> None:
    key = api.key("builder", soft_limit=2)
    seen = [api.get(PAID, key).headers for _ in range(4)]
    assert [one["x-usage-remaining"] for one in seen] == ["1", "0", "0", "0"]
    assert [one["x-usage-overage-to-date"] for one in seen] == ["0", "0", "1", "2"]
    bring_in(api)
    usage = api.get("/api/v1/account/usage", key).json()
    # 2 above the limit at 200 cents per 1,000: 0.4 cents, which is a cent that was begun.
    assert (usage["used"], usage["remaining"], usage["overage"], usage["overage_amount"]) == (4, 0, 2, 1)


def test_headers_count_what_other_workers_noted_within_seconds(start_api: Callable[..., Api]) -> None:
    one, other = start_api(), start_api()
    key = one.key()
    for _ in range(3):
        one.get(PAID, key)
        other.get(PAID, key)
    bring_in(one)
    bring_in(other)
    bring_in(one)
    assert one.get(PAID, key).headers["x-usage-used"] == "7"


def test_a_batch_that_is_sent_again_changes_nothing(api: Api) -> None:
    book = UsageBook(api.service.database)
    assert book.add([event(1), event(2)], AT) == 2
    assert book.add([event(2), event(3), event(3)], AT) == 1
    assert book.add([event(1), event(2), event(3)], AT) == 0
    assert [(one.key_id, one.used) for one in book.totals("acc", AT)] == [("", 3), ("sk_1", 3)]


def test_every_threshold_is_told_once(api: Api) -> None:
    account = api.account("builder", soft_limit=10)
    book = UsageBook(api.service.database)
    made = [UsageEvent(f"e{n}", account, "k", AT, AT, "o", 200, 1, "r") for n in range(13)]
    for size in (7, 9, 10, 10, 12, 13):
        book.add(made[:size], AT)
    told = [
        json.loads(one.payload) for one in Outbox(api.service.database).after() if one.topic == "system.limit_alert"
    ]
    assert [(one["threshold_percent"], one["used"], one["overage"]) for one in told] == [
        (80, 9, 0),
        (90, 9, 0),
        (100, 10, 0),
        (120, 12, 2),
    ]
    assert {one["account_id"] for one in told} == {account}


def test_a_new_period_is_told_anew_and_counted_apart(api: Api) -> None:
    account = api.account("builder", soft_limit=1)
    book = UsageBook(api.service.database)
    later = AT + dt.timedelta(days=31)
    book.add([UsageEvent("e1", account, "k", AT, AT, "o", 200, 1, "r")], AT)
    book.add([UsageEvent("e2", account, "k", later, later, "o", 200, 1, "r")], later)
    assert len([one for one in Outbox(api.service.database).after() if one.topic == "system.limit_alert"]) == 6
    assert [one.used for one in book.totals(account) if not one.key_id] == [1, 1]


def test_usage_events_are_not_changed_or_deleted(api: Api) -> None:
    book = UsageBook(api.service.database)
    book.add([event(1)], AT)
    for change in (sa.update(usage_events).values(units=0), sa.delete(usage_events)):
        with pytest.raises(sa.exc.DBAPIError, match="only grows"), api.service.database.engine.begin() as connection:
            connection.execute(change)
    assert [one.units for one in events(api.service.database)] == [1]


# -- the spool --------------------------------------------------------------------------------------------------------------


def test_a_spool_file_gives_the_same_ids_however_often_it_is_read(tmp_path: Path) -> None:
    file = SpoolFile(tmp_path)
    for number in range(3):
        file.add(event(number))
    first = read_spool(file.path)
    assert first == read_spool(file.path)
    assert len({one.usage_event_id for one in first}) == 3
    assert [one.request_id for one in first] == ["r0", "r1", "r2"]
    file.close()


def test_a_line_cut_short_costs_only_itself(tmp_path: Path) -> None:
    file = SpoolFile(tmp_path)
    file.add(event(1))
    file.add(event(2))
    file.close()
    file.path.write_bytes(file.path.read_bytes()[:-10])
    assert [one.request_id for one in read_spool(file.path)] == ["r1"]


def test_a_file_is_claimed_by_nobody_while_its_worker_lives(tmp_path: Path) -> None:
    file = SpoolFile(tmp_path)
    with claimed(file.path) as is_left:
        assert not is_left
    file.close()
    with claimed(file.path) as is_left, claimed(file.path) as again:
        assert (is_left, again) == (True, False)
    with claimed(tmp_path / "gone.spool") as is_left:
        assert not is_left


def test_a_database_that_is_down_costs_no_request_and_no_count(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    key, meter = api.key(), api.service.meter
    api.get(PAID, key)
    add = meter.book.add

    def down(*_: Any, **__: Any) -> int:
        raise DatabaseUnreachable("down")

    monkeypatch.setattr(meter.book, "add", down)
    for _ in range(3):
        assert api.get(PAID, key).status_code == 200
        with pytest.raises(DatabaseUnreachable):
            bring_in(api)
    monkeypatch.setattr(meter.book, "add", add)
    bring_in(api)
    assert len(events(api.service.database)) == 4
    assert api.get(PAID, key).headers["x-usage-used"] == "5"


def test_a_disk_that_takes_nothing_costs_no_request(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    key = api.key()

    def full(*_: Any) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(SpoolFile, "add", full)
        answers = [api.get(PAID, key) for _ in range(3)]
        assert [one.status_code for one in answers] == [200] * 3
        assert answers[-1].headers["x-usage-used"] == "3"
    bring_in(api)
    bring_in(api)
    assert len(events(api.service.database)) == 3


def test_what_a_dead_worker_left_is_brought_in_by_another_once(start_api: Callable[..., Api]) -> None:
    api = start_api()
    left = SpoolFile(api.service.meter.folder)
    for number in range(5):
        left.add(event(number))
    left.close()
    other = start_api()
    deadline = time.monotonic() + 20
    while left.path.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    other.loop.run(asyncio.to_thread(other.service.meter._bring_in_left))
    assert len(events(api.service.database)) == 5
