"""The stream: every message once and in its order, whatever breaks; and what a client is told when there is no way on."""

import asyncio
import datetime as dt
import random
import threading
from collections.abc import Callable
from typing import Any

import pytest

from stratum_api.stream import past, tail
from tests.api.conftest import Api
from tests.api.streaming import PATHS, Client, Seen, commit, connected, listening
from warehouse.database import Database, Outbox
from warehouse.database.outbox import CLV_FINALIZED, LIMIT_ALERT, SIGNAL_DETECTED, Draft, add_to_outbox

WIRES = pytest.mark.parametrize("wire", list(PATHS))
PLENTY = {"requests_per_minute": 100_000, "streams": 50}


def followed(api: Api, follow: Callable[[str], Any]) -> Any:
    """What a coroutine gives that is told the address of a server."""
    with listening(api) as address:
        return api.loop.run(follow(address))


def sequences(database: Database, after: int = 0) -> list[int]:
    """Every sequence of the outbox."""
    return [message.sequence for message in Outbox(database).after(after, limit=100_000)]


@WIRES
def test_messages_come_in_their_order_as_they_are_committed(api: Api, wire: str) -> None:
    key, database = api.key(), api.service.database
    commit(database, "before")

    async def follow(address: str) -> Seen:
        async with connected(address, wire, key) as client:
            await client.opened()
            commit(database, "a", "b")
            commit(database, "c")
            return await client.until(3)

    seen = followed(api, follow)
    assert seen.subjects == ["a", "b", "c"]
    assert [message["sequence"] for message in seen.messages] == sequences(database)[1:]
    assert seen.last_id == sequences(database)[-1]
    message = Outbox(database).after()[1]
    first = seen.messages[0]
    assert list(first) == ["sequence", "outbox_id", "topic", "subject_id", "created_at", "payload"]
    assert (first["outbox_id"], first["payload"]["signal_id"]) == (message.outbox_id, "a")


@WIRES
def test_a_message_that_cannot_be_read_is_passed_over_and_holds_up_nobody(api: Api, wire: str) -> None:
    key, database = api.key(), api.service.database
    commit(database, "before")
    with database.begin() as connection:
        add_to_outbox(connection, [Draft(SIGNAL_DETECTED, ("broken",), [1])], dt.datetime.now(dt.UTC))  # type: ignore[arg-type]

    async def follow(address: str) -> tuple[Seen, Seen]:
        async with connected(address, wire, key, 0) as resumed, connected(address, wire, key) as new:
            await new.opened()
            with database.begin() as connection:
                add_to_outbox(connection, [Draft(SIGNAL_DETECTED, ("odd",), [2])], dt.datetime.now(dt.UTC))  # type: ignore[arg-type]
            commit(database, "after")
            return await resumed.until(2), await new.until(1)

    resumed, new = followed(api, follow)
    assert resumed.subjects == ["before", "after"] and new.subjects == ["after"]


@WIRES
@pytest.mark.parametrize("environ", ["sqlite", "postgres"], indirect=True)
def test_a_connection_broken_a_hundred_times_while_several_write_misses_nothing_and_repeats_nothing(
    api: Api, wire: str, environ: dict[str, str]
) -> None:
    key, database, dice = api.key("enterprise", **PLENTY), api.service.database, random.Random(7)
    is_over = threading.Event()

    def write(name: str) -> None:
        with Database(database.url) as own:
            for n in range(120):
                commit(own, *(f"{name}{n}.{m}" for m in range(n % 4 + 1)), meta="x" * (n * 40))
                is_over.wait(0.005)

    async def follow(address: str) -> tuple[list[int], int]:
        got: list[int] = []
        last, n_broken = 0, 0
        writers = [threading.Thread(target=write, args=(name,)) for name in "abc"]
        for writer in writers:
            writer.start()
        while n_broken < 100 or any(writer.is_alive() for writer in writers):
            async with connected(address, wire, key, last) as client:
                try:
                    # Broken off at any moment: before the first message, between two, in the middle of one.
                    await client.until(10_000, seconds=dice.random() * 0.06)
                except TimeoutError:
                    n_broken += 1
                got += [message["sequence"] for message in client.seen.messages]
                last = last if client.seen.last_id is None else client.seen.last_id
                assert client.seen.topics == []
        newest = sequences(database)[-1]
        async with connected(address, wire, key, last) as client:
            while (client.seen.last_id or 0) < newest:
                await client.step()
            got += [message["sequence"] for message in client.seen.messages]
        return got, n_broken

    try:
        got, n_broken = followed(api, follow)
    finally:
        is_over.set()
    # 120 transactions of 1, 2, 3, 4, 1 … messages: 300 of each of the three.
    assert n_broken >= 100 and len(got) == 900
    assert got == sequences(database)


@pytest.mark.parametrize("environ", ["postgres"], indirect=True)
def test_two_workers_tell_the_same_sequence_and_a_client_may_change_between_them(
    start_api: Callable[..., Api], environ: dict[str, str]
) -> None:
    one, other = start_api(), start_api()
    key, database = one.key("enterprise", **PLENTY), one.service.database

    async def change(addresses: list[str]) -> tuple[list[int], list[list[str]]]:
        got: list[int] = []
        async with connected(addresses[0], "sse", key) as a, connected(addresses[1], "websocket", key) as b:
            await a.opened()
            await b.opened()
            last = a.seen.last_id
            for n in range(20):
                commit(database, *(f"{n}.{m}" for m in range(5)))
                # At once, so that this worker may not have read yet what the other one has told already.
                async with connected(addresses[n % 2], "sse", key, last) as client:
                    await client.until(5)
                    got += [message["sequence"] for message in client.seen.messages]
                    last = client.seen.last_id
            both = [(await client.until(100)).subjects for client in (a, b)]
        return got, both

    with listening(one) as first, listening(other) as second:
        got, (a, b) = one.loop.run(change([first, second]))
    assert got == sequences(database)
    assert a == b == [f"{n}.{m}" for n in range(20) for m in range(5)]


@WIRES
def test_a_burst_is_nobodys_fault_and_reaches_everybody_whole(api: Api, wire: str) -> None:
    key, database = api.key("enterprise", **PLENTY), api.service.database

    async def follow(address: str) -> list[Seen]:
        clients: list[Client] = []
        async with connected(address, wire, key) as a, connected(address, wire, key) as b:
            for client in (a, b):
                clients.append(await client.opened())
            commit(database, *(f"{n}" for n in range(3_000)))
            return [await client.until(3_000) for client in clients]

    for seen in followed(api, follow):
        assert seen.subjects == [f"{n}" for n in range(3_000)] and seen.topics == []


@WIRES
def test_whoever_resumes_further_back_than_memory_reaches_reads_it_from_the_outbox(
    api: Api, wire: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "RECENT", 10)
    monkeypatch.setattr(tail, "PAGE", 7)
    monkeypatch.setattr(past, "PAGE", 7)
    key, database = api.key("enterprise", **PLENTY), api.service.database
    commit(database, *(f"{n}" for n in range(100)))

    async def follow(address: str) -> tuple[Seen, Seen]:
        async with connected(address, wire, key, 0) as whole, connected(address, wire, key, 60) as part:
            await whole.until(1)
            commit(database, *(f"{n}" for n in range(100, 150)))
            return await whole.until(150), await part.until(90)

    whole, part = followed(api, follow)
    assert whole.subjects == [f"{n}" for n in range(150)]
    assert part.subjects == [f"{n}" for n in range(60, 150)]


@WIRES
def test_a_place_older_than_what_is_kept_needs_a_snapshot(api: Api, wire: str) -> None:
    key, database = api.key("enterprise", **PLENTY), api.service.database
    for n in range(5):
        commit(database, f"{n}")
    with database.begin() as connection:
        connection.exec_driver_sql("delete from outbox where sequence <= 3")

    async def follow(address: str, after: int) -> Seen:
        async with connected(address, wire, key, after) as client:
            return await client.until(over=True)

    async def kept(address: str) -> Seen:
        async with connected(address, wire, key, 3) as client:
            return await client.until(2)

    for after in (0, 2, 6, 2**63 - 1):
        seen = followed(api, lambda address, after=after: follow(address, after))
        assert seen.topics == ["snapshot_required"] and seen.messages == []
        assert (seen.control[-1]["oldest_sequence"], seen.control[-1]["newest_sequence"]) == (4, 5)
        if wire == "websocket":
            assert seen.close_code == 4410
        else:
            assert seen.last_id == 5, "a browser, which comes back by itself, goes on from the newest"
    assert followed(api, kept).subjects == ["3", "4"], "nothing after 3 is gone"


def test_what_is_asked_for_in_the_address_counts_where_there_is_no_header(api: Api) -> None:
    key, database = api.key("enterprise", **PLENTY), api.service.database
    commit(database, "a", "b", "c")

    async def follow(address: str) -> list[list[str]]:
        async with connected(address, "websocket", key, last_event_id=1) as one:
            first = (await one.until(2)).subjects
        async with connected(address, "sse", key, 2, last_event_id=1) as other:
            return [first, (await other.until(1)).subjects]

    assert followed(api, follow) == [["b", "c"], ["c"]]


FILTERS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["a", "b", "c", "d", "mine"]),
    ({"topic": "signal.clv_finalized"}, ["d"]),
    ({"topic": ["signal.detected", "system.limit_alert"]}, ["a", "b", "c", "mine"]),
    ({"sport": "basketball_nba"}, ["b", "mine"]),
    ({"type": ["STEAM", "MOVE"]}, ["a", "b", "c", "d", "mine"]),
    ({"signal_type": "STEAM"}, ["c", "mine"]),
    ({"market": "totals", "topic": "signal.detected"}, ["b"]),
    ({"event": ["other", "third"]}, ["c", "mine"]),
    ({"min_score": 80}, ["a", "d", "mine"]),
    ({"min_score": 80.5}, ["d", "mine"]),
    ({"min_score": 80, "sport": "basketball_nba"}, ["mine"]),
]


@WIRES
def test_filters_let_through_what_was_asked_for_and_nobody_hears_of_others_accounts(
    start_api: Callable[..., Api], wire: str
) -> None:
    api = start_api(STRATUM_API_HEARTBEAT_SECONDS="0.1")
    account, database = api.account("enterprise", **PLENTY), api.service.database
    key = api.issue(account).secret.text
    commit(database, "a", composite_score=80)
    commit(database, "b", sport_key="basketball_nba", market="totals")
    commit(database, "c", signal_type="STEAM", event_id="other")
    commit(database, "d", topic=CLV_FINALIZED, composite_score=99)
    commit(database, account, topic=LIMIT_ALERT)
    commit(database, "acc_of_others", topic=LIMIT_ALERT)
    commit(database, "e1", topic="webhook.test")
    commit(database, "e2", topic="something.new")

    async def follow(address: str) -> list[list[str]]:
        found = []
        for query, _ in FILTERS:
            async with connected(address, wire, key, 0, **query) as client:
                seen = await client.until(beats=1)
                assert seen.last_id == 8, "heartbeats move the place on past what was not wanted"
                found.append([one.replace(account, "mine") for one in seen.subjects])
        return found

    assert followed(api, follow) == [passed for _, passed in FILTERS]


def test_a_database_that_comes_back_costs_no_message(start_api: Callable[..., Api], environ: dict[str, str]) -> None:
    api = start_api()
    key, database = api.key("enterprise", **PLENTY), api.service.database

    async def follow(address: str) -> Seen:
        async with connected(address, "sse", key) as client:
            await client.opened()
            commit(database, "a")
            await client.until(1)
            await api.service.streams.past.rows.close()
            commit(database, "b")
            await asyncio.sleep(0.2)
            await api.service.streams.past.rows.open()
            commit(database, "c")
            return await client.until(3)

    assert followed(api, follow).subjects == ["a", "b", "c"]
