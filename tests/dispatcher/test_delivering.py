"""The whole way from the outbox to a receiver, on both engines: once, signed, tried again, and nothing lost."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from standardwebhooks.webhooks import Webhook

from stratum_api.dispatcher.lane import Load
from tests.api.conftest import make_account
from tests.dispatcher.workbench import Workbench, now, run_with
from tests.receiver import OK
from warehouse.database import Accounts, Database, Endpoints
from warehouse.database.outbox import Outbox
from warehouse.database.webhooks import ReplaySelection
from warehouse.database.webhooks.queue import Claim

FAIL = b"HTTP/1.1 500 No\r\ncontent-length: 4\r\n\r\noops"


def test_a_message_arrives_signed_and_the_log_says_so(database: Database) -> None:
    async def work(bench: Workbench) -> None:
        endpoint = bench.register()
        async with bench.dispatching():
            (written,) = bench.write("a", sport_key="football")
            await bench.until(bench.log)
        (request,) = bench.receiver.requests
        body = json.loads(request.body)
        assert body == {
            "type": "signal.detected",
            "version": 1,
            "id": written,
            "timestamp": Outbox(database).after()[0].created_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "data": {"signal_id": "a", "event_id": "game a", "sport_key": "football"},
        }
        assert Webhook(bench.secrets[endpoint]).verify(request.body, request.headers) == body
        assert (request.headers["content-type"], request.headers["webhook-id"]) == ("application/json", written)
        (attempt,) = bench.log()
        assert (attempt.webhook_id, attempt.endpoint_id, attempt.attempt) == (written, endpoint, 1)
        assert (attempt.is_delivered, attempt.status_code, attempt.error, attempt.response_excerpt) == (
            True,
            200,
            "",
            "ok",
        )
        assert attempt.latency_ms > 0

    run_with(database, work)


def test_a_delivery_is_tried_again_under_the_same_id_until_it_is_there(database: Database) -> None:
    async def work(bench: Workbench) -> None:
        bench.register()
        bench.receiver.answer = lambda _: FAIL if len(bench.receiver.requests) < 3 else OK
        async with bench.dispatching(retry_s=(0.01, 0.01, 0.01)):
            (written,) = bench.write("a")
            await bench.until(lambda: any(one.is_delivered for one in bench.log()))
        assert [one.headers["webhook-id"] for one in bench.receiver.requests] == [written] * 3
        assert len({one.body for one in bench.receiver.requests}) == 1
        log = [(one.attempt, one.status_code, one.error, one.response_excerpt) for one in bench.log()]
        assert log == [(3, 200, "", "ok"), (2, 500, "status", "oops"), (1, 500, "status", "oops")]

    run_with(database, work)


def test_what_is_given_up_is_kept_and_can_be_replayed(database: Database) -> None:
    async def work(bench: Workbench) -> None:
        endpoint = bench.register()
        bench.receiver.answer = lambda _: FAIL
        failed = ReplaySelection(only_failed=True)
        async with bench.dispatching(retry_s=(0.01,)):
            (written,) = bench.write("a")
            dry = lambda: bench.desk.replay(endpoint, failed, now=now(), is_dry_run=True)  # noqa: E731
            assert await bench.until(dry) == 1
            bench.receiver.answer = lambda _: OK
            assert bench.desk.replay(endpoint, failed, now=now()) == 1
            await bench.until(lambda: bench.log()[0].is_delivered)
            assert dry() == 0
        assert [one.headers["webhook-id"] for one in bench.receiver.requests] == [written] * 3
        assert [one.attempt for one in bench.log()] == [1, 2, 1]

    run_with(database, work)


def test_messages_about_one_game_arrive_one_after_the_other(database: Database) -> None:
    async def work(bench: Workbench) -> None:
        bench.register(is_ordered=True)
        # The first of game a fails twice; everything of game b goes past it, nothing of game a does.
        bench.receiver.answer = lambda request: (
            FAIL if b'"a1"' in request.body and sum(b'"a1"' in one.body for one in bench.receiver.requests) < 3 else OK
        )
        async with bench.dispatching(retry_s=(0.05, 0.05, 0.05)):
            bench.write("a1", "b1", "a2", "b2", "a3")
            await bench.until(lambda: sum(one.is_delivered for one in bench.log()) == 5)
        names = [json.loads(one.body)["data"]["signal_id"] for one in bench.receiver.requests]
        assert [name for name in names if name[0] == "a"] == ["a1", "a1", "a1", "a2", "a3"]
        assert [name for name in names if name[0] == "b"] == ["b1", "b2"]

    run_with(database, work)


def test_several_messages_go_into_one_body_where_that_was_asked_for(database: Database) -> None:
    async def work(bench: Workbench) -> None:
        endpoint = bench.register(batch_size=3)
        written = bench.write("a", "b", "c", "d")
        async with bench.dispatching():
            await bench.until(lambda: len(bench.log()) == 2)
        bodies = [json.loads(one.body) for one in bench.receiver.requests]
        (batch,) = [body for body in bodies if body["type"] == "batch"]
        (single,) = [body for body in bodies if body["type"] == "signal.detected"]
        assert [one["id"] for one in batch["data"]] == written[:3] and single["id"] == written[3]
        for request, body in zip(bench.receiver.requests, bodies, strict=True):
            assert request.headers["webhook-id"] == body["id"]
            Webhook(bench.secrets[endpoint]).verify(request.body, request.headers)

    run_with(database, work)


def test_an_endpoint_that_says_it_is_gone_is_disabled_with_a_notice(database: Database) -> None:
    async def work(bench: Workbench) -> None:
        endpoint = bench.register()
        bench.receiver.answer = lambda _: b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"
        async with bench.dispatching():
            bench.write("a")
            await bench.until(lambda: not Endpoints(database).get(endpoint).terms.is_enabled)
            bench.write("b")
            await asyncio.sleep(0.3)
        assert Endpoints(database).get(endpoint).disabled_reason == "gone"
        assert len(bench.receiver.requests) == 1
        (notice,) = [one for one in Outbox(database).after() if one.topic == "system.webhook_disabled"]
        payload = json.loads(notice.payload)
        assert (payload["endpoint_id"], payload["reason"], payload["n_failures"]) == (endpoint, "gone", 1)
        assert payload["account_id"] == bench.account_id

    run_with(database, work)


def test_a_fault_of_ours_in_sending_costs_attempts_and_stops_no_lane(database: Database) -> None:
    async def work(bench: Workbench) -> None:
        endpoint = bench.register()
        async with bench.dispatching(retry_s=(0.01,), breaker_failures=1000) as dispatcher:
            post = dispatcher.poster.post

            async def broken(*_: object) -> None:
                raise RuntimeError("never thought of")

            dispatcher.poster.post = broken
            bench.write(*(f"m{i}" for i in range(50)))
            await bench.until(lambda: len(bench.log()) == 100)
            dispatcher.poster.post = post
            assert bench.desk.replay(endpoint, ReplaySelection(only_failed=True), now=now()) == 50
            await bench.until(lambda: bench.delivered() == 50)
        assert {one.error for one in bench.log()} == {"answer_broken", ""}

    run_with(database, work)


def test_what_the_old_address_answers_disables_no_webhook_that_has_a_new_one(database: Database) -> None:
    async def work(bench: Workbench) -> None:
        asked = asyncio.Event()

        async def gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"}}")
            asked.set()
            await asyncio.sleep(0.5)
            writer.write(b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(gone, "127.0.0.1", 0)
        endpoint = bench.register(url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        async with bench.dispatching(retry_s=(0.01,)):
            bench.write("a")
            await asked.wait()
            bench.desk.change(endpoint, {"url": bench.receiver.url}, now=now())
            await bench.until(lambda: bench.delivered() == 1)
        server.close()
        assert Endpoints(database).get(endpoint).terms.is_enabled
        assert [one.status_code for one in bench.log()] == [200, 410]

    run_with(database, work)


@pytest.mark.parametrize("end", ["deleted", "disabled", "suspended", "downgraded"])
def test_what_waits_for_an_endpoint_is_not_sent_once_it_may_not_be_and_later_if_it_may_again(
    database: Database, end: str
) -> None:
    async def work(bench: Workbench) -> None:
        endpoint, store = bench.register(), Accounts(database)
        have = store.get(bench.account_id).entitlement
        assert have is not None
        less = replace(have, terms={"webhooks": 0})
        ends: dict[str, Callable[[], object]] = {
            "deleted": lambda: bench.desk.delete(endpoint, now=now()),
            "disabled": lambda: bench.desk.change(endpoint, {"is_enabled": False}, now=now()),
            "suspended": lambda: store.set_status(bench.account_id, "suspended", actor="test", now=now()),
            "downgraded": lambda: store.entitle(bench.account_id, less, actor="test", now=now()),
        }
        begins: dict[str, Callable[[], object]] = {
            "disabled": lambda: bench.desk.change(endpoint, {"is_enabled": True}, now=now()),
            "suspended": lambda: store.set_status(bench.account_id, "active", actor="test", now=now()),
            "downgraded": lambda: store.entitle(bench.account_id, have, actor="test", now=now()),
        }
        bench.receiver.answer = lambda _: 0.2
        async with bench.dispatching() as dispatcher:
            bench.write(*(f"m{i}" for i in range(200)))
            await bench.until(lambda: len(bench.receiver.requests) >= 20)
            ends[end]()
            await bench.until(lambda: endpoint not in dispatcher.lanes)
            sent = len(bench.receiver.requests)
            bench.receiver.answer = lambda _: OK
            await asyncio.sleep(0.5)
            assert sent == len(bench.receiver.requests) < 200
            if end in begins:
                begins[end]()
                await bench.until(lambda: bench.delivered() == 200)
                assert len(bench.receiver.requests) == 200, "and nothing twice"

    run_with(database, work)


def test_a_hanging_endpoint_delays_no_other(database: Database) -> None:
    async def work(bench: Workbench) -> None:
        bench.register(url=f"{bench.receiver.url}/hangs", timeout_s=1.0)
        bench.register()
        bench.receiver.answer = lambda request: None if request.path.endswith("hangs") else OK
        async with bench.dispatching():
            bench.write(*(f"m{i}" for i in range(100)))
            await bench.until(lambda: sum(not one.path.endswith("hangs") for one in bench.receiver.requests) == 100, 5)
            assert not any(one.error == "timeout" for one in bench.log() if one.is_delivered)

    run_with(database, work)


def test_an_endpoint_gets_no_more_a_second_than_its_rate(database: Database) -> None:
    async def work(bench: Workbench) -> None:
        bench.register(rate_per_s=10.0)
        async with bench.dispatching():
            bench.write(*(f"m{i}" for i in range(40)))
            await bench.until(lambda: bench.receiver.requests)
            await asyncio.sleep(1.0)
            # Ten at once, and ten within the second.
            assert 10 <= len(bench.receiver.requests) <= 21

    run_with(database, work)


def test_no_more_than_a_seconds_worth_waits_for_an_endpoint_that_has_a_rate(database: Database) -> None:
    async def work(bench: Workbench) -> None:
        slow, free = bench.register(rate_per_s=2.0), bench.register()
        dispatcher = bench.dispatcher()
        dispatcher._recipients = dispatcher.directory.current(now())
        lanes = [dispatcher._lane(one) for one in (slow, free)]
        for lane in lanes:
            lane.n_sending = 20
        assert dispatcher._rooms() == {slow: 2, free: 30}
        for lane in lanes:
            lane.waiting.extend([Load(Claim(1, 1, "id", slow, ("id",), 0, now(), now()), b"")] * 2)
        assert dispatcher._rooms() == {free: 28}
        await dispatcher.poster.close()

    run_with(database, work)


def test_what_is_for_one_account_reaches_no_other(database: Database) -> None:
    async def work(bench: Workbench) -> None:
        mine = bench.register(event_types=("system.limit_alert",), url=f"{bench.receiver.url}/mine")
        other = Workbench(database, bench.receiver, bench.desk, make_account(database))
        other.register(event_types=("system.limit_alert", "signal.detected"), url=f"{bench.receiver.url}/other")
        async with bench.dispatching():
            test = bench.desk.test(mine, now=now())
            bench.write("a")
            await bench.until(lambda: len(bench.receiver.requests) == 2)
            await asyncio.sleep(0.3)
        by_path = {one.path: json.loads(one.body) for one in bench.receiver.requests}
        assert by_path["/hook/mine"]["id"] == test and by_path["/hook/mine"]["type"] == "webhook.test"
        assert by_path["/hook/other"]["type"] == "signal.detected"
        assert len(bench.receiver.requests) == 2

    run_with(database, work)


def test_what_is_under_way_is_finished_before_it_stops(database: Database) -> None:
    async def work(bench: Workbench) -> None:
        bench.register()
        bench.receiver.answer = lambda _: 0.3
        async with bench.dispatching():
            bench.write(*(f"m{i}" for i in range(60)))
            await bench.until(lambda: bench.receiver.requests)
        n = len(bench.receiver.requests)
        assert 20 <= n < 60
        assert sum(one.is_delivered for one in bench.log()) == n, "every request that was made is in the log"
        bench.receiver.answer = lambda _: OK
        async with bench.dispatching():
            await bench.until(lambda: len(bench.log()) == 60)
        assert len({one.webhook_id for one in bench.log()}) == 60

    run_with(database, work)


@pytest.mark.parametrize("n", [3])
def test_several_dispatchers_share_the_work_and_send_everything_once(postgres_url: str, n: int) -> None:
    with Database(postgres_url) as database:
        database.migrate()

        async def work(bench: Workbench) -> None:
            bench.register()
            dispatchers = [bench.dispatcher() for _ in range(n)]
            running = [asyncio.create_task(one.run()) for one in dispatchers]
            bench.write(*(f"m{i}" for i in range(300)))
            await bench.until(lambda: len(bench.receiver.requests) >= 300)
            await asyncio.sleep(0.3)
            for one in dispatchers:
                one.stop()
            await asyncio.gather(*running)
            assert len(bench.receiver.requests) == 300
            assert len({one.headers["webhook-id"] for one in bench.receiver.requests}) == 300

        run_with(database, work)
