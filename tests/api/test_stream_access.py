"""Who may follow the stream, how many at once and for how long; and who is dropped."""

import asyncio
import datetime as dt
import socket
import threading
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stratum_api.key_desk import KeyDesk
from stratum_api.scopes import INTEL_READ, STREAM_READ
from stratum_api.server_secret import server_secret
from stratum_api.stream import follower as followers
from stratum_api.stream import seats
from stratum_api.stream.seats import Seats
from tests.api.conftest import Api, Loop, make_account
from tests.api.server import served
from tests.api.streaming import PATHS, Client, Refused, Seen, commit, connected, listening
from tests.api.test_stream import PLENTY, WIRES, followed
from warehouse.database import Accounts, Database, Keys
from warehouse.settings import read_settings


async def refused(address: str, wire: str, key: str, after: Any = None, **query: Any) -> Refused:
    """What an opening of the stream is refused with."""
    with pytest.raises(Refused) as caught:
        async with connected(address, wire, key, after, **query):
            pass
    return caught.value


# -- before it is opened ------------------------------------------------------------------------------------------------------


@WIRES
def test_what_keeps_a_stream_from_opening_is_a_problem_as_everywhere(api: Api, wire: str) -> None:
    key = api.key("enterprise", **PLENTY)
    unscoped = api.issue(api.account("enterprise"), INTEL_READ).secret.text
    cases: list[tuple[str, Any, dict[str, Any], int, str]] = [
        ("sk_nonsense", None, {}, 401, "key_refused"),
        (unscoped, None, {}, 403, "scope_missing"),
        (api.key("community"), None, {}, 403, "plan_insufficient"),
        (key, "-1", {}, 400, "parameter_invalid"),
        (key, "x", {}, 400, "parameter_invalid"),
        (key, str(2**63), {}, 400, "parameter_invalid"),
        (key, None, {"last_event_id": "1.5"}, 400, "parameter_invalid"),
        (key, None, {"topic": "webhook.test"}, 400, "parameter_invalid"),
        (key, None, {"min_score": "many"}, 400, "parameter_invalid"),
        (key, None, {"sport": "a b"}, 400, "parameter_invalid"),
        (key, None, {"event": ["x"] * 51}, 400, "parameter_invalid"),
    ]

    async def ask(address: str) -> None:
        for given, after, query, status, code in cases:
            found = await refused(address, wire, given, after, **query)
            assert (found.status, found.problem["code"]) == (status, code), (after, query)
            assert found.problem["request_id"] == found.headers["x-request-id"]
            assert found.headers["content-type"] == "application/problem+json"

    followed(api, ask)


def test_a_key_in_the_address_opens_nothing(api: Api) -> None:
    key = api.key("enterprise")
    for name in ("key", "api_key", "access_token", "token"):
        answer = api.get(f"/api/v1/stream?{name}={key}")
        assert (answer.status_code, answer.json()["code"]) == (401, "key_missing")


def test_the_stream_can_be_switched_off(start_api: Callable[..., Api]) -> None:
    api = start_api(STRATUM_API_ENABLE_STREAM="false")
    answer = api.get("/api/v1/stream", api.key("enterprise"))
    assert (answer.status_code, answer.json()["flag"]) == (403, "stream")


# -- how many -----------------------------------------------------------------------------------------------------------------


def test_no_account_has_more_streams_than_its_plan_over_two_workers(
    start_api: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seats, "PATIENCE_S", 0.2)
    one, other = start_api(), start_api()
    account = one.account("enterprise", **{**PLENTY, "streams": 3})
    keys = [one.issue(account).secret.text for _ in range(2)]

    async def crowd(addresses: list[str]) -> tuple[int, list[Refused]]:
        async def come(n: int) -> Refused | None:
            try:
                async with connected(addresses[n % 2], list(PATHS)[n // 2 % 2], keys[n % 2]) as client:
                    await client.opened()
                    opened.append(n)
                    await leave.wait()
            except Refused as error:
                return error
            return None

        opened: list[int] = []
        leave = asyncio.Event()
        coming = [asyncio.create_task(come(n)) for n in range(12)]
        while len(opened) + sum(task.done() for task in coming) < 12:
            await asyncio.sleep(0.01)
        n_opened = len(opened)
        leave.set()
        answers = await asyncio.gather(*coming)
        # Their seats are free again as soon as they have gone.
        async with connected(addresses[0], "sse", keys[0]) as client:
            await client.opened()
        return n_opened, [answer for answer in answers if answer is not None]

    with listening(one) as first, listening(other) as second:
        n_opened, refusals = one.loop.run(crowd([first, second]))
    assert (n_opened, len(refusals)) == (3, 9)
    for found in refusals:
        assert (found.status, found.problem["code"], found.problem["streams"]) == (429, "too_many_streams", 3)
        assert int(found.headers["retry-after"]) > 0


def test_whoever_comes_back_at_once_has_its_only_stream_again(api: Api) -> None:
    key = api.key("pro", requests_per_minute=100_000)

    async def come_back(address: str) -> None:
        for n in range(20):
            async with connected(address, list(PATHS)[n % 2], key) as client:
                await client.opened()

    followed(api, come_back)


def test_seats_of_a_worker_that_died_are_free_after_some_seconds(api: Api) -> None:
    now = [1000.0]
    ours = api.service.streams.seats.counts
    dead, alive = Seats(ours, lambda: now[0]), Seats(ours, lambda: now[0])

    async def run() -> None:
        held = {await dead.take("acc", 2), await dead.take("acc", 2)}
        assert held == {("acc", 1), ("acc", 2)}
        now[0] += 10
        assert await dead.renew() == held
        now[0] += seats.HELD_S - 1
        assert await alive.renew() == set()
        assert (await ours.execute("select count(*) from open_streams"))[0][0] == 2
        now[0] += 2
        assert await alive.take("acc", 2) in held
        # Had it been asleep and not dead, it would learn now that one is not its own any more.
        assert len(await dead.renew()) == 1

    api.loop.run(run())


# -- for how long -------------------------------------------------------------------------------------------------------------


@WIRES
def test_a_stream_ends_about_a_second_after_its_key_at_most(api: Api, wire: str) -> None:
    database, now = api.service.database, dt.datetime.now(dt.UTC)
    accounts = {
        how: api.account("enterprise", **PLENTY) for how in ("revoked", "rotated", "suspended", "disabled", "live")
    }
    issued = {how: api.issue(account, STREAM_READ) for how, account in accounts.items()}
    desk = KeyDesk(Keys(database), api.service.secret, "test")

    def end() -> None:
        Keys(database).revoke(issued["revoked"].key.key_id, actor="test", now=now)
        Accounts(database).set_status(accounts["suspended"], "suspended", actor="test", now=now)
        entitle(database, accounts["disabled"], api_access_enabled=False)
        desk.rotate(issued["rotated"].key.key_id, overlap=dt.timedelta(seconds=1), now=dt.datetime.now(dt.UTC))

    async def follow(address: str) -> tuple[dict[str, Seen], dict[str, float]]:
        async with AsyncExitStack() as stack:
            clients: dict[str, Client] = {}
            for how, one in issued.items():
                clients[how] = await stack.enter_async_context(connected(address, wire, one.secret.text))
                await clients[how].opened()
            end()
            begun, took = time.monotonic(), {}
            for how in ("revoked", "suspended", "disabled", "rotated"):
                await clients[how].until(over=True)
                took[how] = time.monotonic() - begun
            commit(database, "unseen")
            await clients["live"].until(1)
            return {how: client.seen for how, client in clients.items()}, took

    seen, took = followed(api, follow)
    assert seen.pop("live").subjects == ["unseen"]
    for how, one in seen.items():
        assert (how, one.topics, one.subjects) == (how, ["access_ended"], [])
        assert one.close_code == (4401 if wire == "websocket" else 0)
        # About a second, and what a loaded machine takes; the rotated one had a second to go on.
        assert took[how] < 5, how


def entitle(database: Database, account: str, **changed: Any) -> None:
    """Change what an account is entitled to."""
    have = Accounts(database).get(account).entitlement
    assert have is not None
    Accounts(database).entitle(account, replace(have, **changed), actor="test", now=dt.datetime.now(dt.UTC))


def test_changed_terms_ask_the_client_to_come_back_under_them(api: Api) -> None:
    account, database = api.account("enterprise", **PLENTY), api.service.database
    key = api.issue(account).secret.text

    async def follow(address: str) -> Seen:
        async with connected(address, "websocket", key) as client:
            await client.opened()
            entitle(database, account, terms={**PLENTY, "is_redacted": True})
            return await client.until(over=True)

    seen = followed(api, follow)
    assert (seen.topics, seen.close_code) == (["reconnect"], 1012)
    assert "terms" in seen.control[-1]["reason"]


@WIRES
def test_heartbeats_come_on_a_quiet_stream(start_api: Callable[..., Api], wire: str) -> None:
    api = start_api(STRATUM_API_HEARTBEAT_SECONDS="0.1")
    key, database = api.key("enterprise", **PLENTY), api.service.database
    commit(database, "a", "b")

    async def follow(address: str) -> Seen:
        async with connected(address, wire, key) as client:
            return await client.until(beats=3)

    seen = followed(api, follow)
    assert [one["sequence"] for one in seen.control if one["topic"] == "heartbeat"] == [2, 2, 2]


# -- the slow -----------------------------------------------------------------------------------------------------------------


@WIRES
@pytest.mark.parametrize("reads_again", [True, False])
@pytest.mark.parametrize("environ", ["sqlite"], indirect=True)
def test_a_client_that_reads_nothing_is_told_and_dropped_and_holds_no_memory(
    api: Api, wire: str, reads_again: bool, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followers, "MOST_WAITING", 50)
    monkeypatch.setattr(followers, "GRACE_S", 4.0 if reads_again else 0.3)
    key, database, ours = api.key("enterprise", **PLENTY), api.service.database, api.service.streams

    async def follow(address: str) -> tuple[Seen, int, list[str]]:
        async with connected(address, wire, key) as slow, connected(address, wire, key) as quick:
            await slow.opened()
            await quick.opened()
            hush(slow)
            most, n = 0, 0
            while len(ours.followers) == 2 and not any(one.ending for one in ours.followers):
                # The kernel's own buffers are full after some dozens.
                commit(database, f"{n}", meta="x" * 100_000)
                n += 1
                await quick.until(n)
                most = max(most, *(len(one.waiting) for one in ours.followers))
                assert n < 500
            if reads_again:
                listen(slow)
                await slow.until(over=True)
            while len(ours.followers) > 1:
                await asyncio.sleep(0.01)
            commit(database, "last")
            return slow.seen, most, (await quick.until(n + 1)).subjects

    seen, most, subjects = followed(api, follow)
    assert most <= 51 and subjects[-1] == "last", "the others go on"
    if reads_again:
        assert seen.topics == ["slow_consumer"] and seen.control[-1]["n_dropped"] == 50
        assert seen.close_code == (4408 if wire == "websocket" else 0)
        # What it did get has no hole, so it can resume.
        assert seen.subjects == [f"{n}" for n in range(len(seen.messages))]


def hush(client: Client) -> None:
    """Read nothing from the socket any more."""
    transport_of(client).pause_reading()


def listen(client: Client) -> None:
    """Read again."""
    transport_of(client).resume_reading()


def transport_of(client: Any) -> asyncio.Transport:
    """The transport below a client, with a small buffer of the kernel's."""
    transport = client.writer.transport if hasattr(client, "writer") else client.socket.transport
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**18)
    return transport


@pytest.mark.parametrize("environ", ["sqlite"], indirect=True)
def test_a_connection_that_takes_nothing_for_long_is_dropped_however_little_waits(
    api: Api, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followers, "STUCK_S", 0.3)
    monkeypatch.setattr(followers, "GRACE_S", 0.2)
    key, database, ours = api.key("enterprise", **PLENTY), api.service.database, api.service.streams

    async def follow(address: str) -> None:
        async with connected(address, "sse", key) as client:
            await client.opened()
            hush(client)
            for n in range(40):
                commit(database, f"{n}", meta="x" * 400_000)
            async with asyncio.timeout(20):
                while ours.followers:
                    await asyncio.sleep(0.01)

    followed(api, follow)


# -- the end of the server ----------------------------------------------------------------------------------------------------


def test_a_server_that_stops_tells_everybody_to_come_back_and_does_not_wait_for_them(
    environ: dict[str, str], tmp_path: Path
) -> None:
    storage = read_settings(environ)
    with Database(storage.database_url) as database:
        account = make_account(database, "enterprise", **PLENTY)
        desk = KeyDesk(Keys(database), server_secret("", storage.home), "test")
        key = desk.issue(account, "test", [STREAM_READ], now=dt.datetime.now(dt.UTC)).secret.text
        is_open, loop = threading.Event(), Loop()

        async def follow(address: str) -> list[Seen]:
            async with connected(address, "sse", key) as a, connected(address, "websocket", key) as b:
                await a.opened()
                await b.opened()
                commit(database, "x")
                await a.until(1)
                await b.until(1)
                is_open.set()
                return [await client.until(over=True) for client in (a, b)]

        with served(environ, workers=1 if database.is_sqlite else 2, log=tmp_path / "log") as address:
            following = asyncio.run_coroutine_threadsafe(follow(address), loop.loop)
            assert is_open.wait(30)
            begun = time.monotonic()
        seconds = time.monotonic() - begun
        sse, websocket = following.result(10)
        loop.close()
    assert sse.topics == websocket.topics == ["reconnect"]
    assert sse.retry_ms == sse.control[-1]["retry_ms"] >= 2000
    assert websocket.close_code == 1012
    assert seconds < 12, "requests may take 15 s to finish; streams were not waited for"
