"""The queue of deliveries on both engines: handed on once, claimed once, in order where order was asked for, and replayed under the same id."""

import threading
from collections.abc import Sequence

import pytest

from tests.webhook_rows import NOW, SECOND, add_endpoint, claim, fan_out_to, make_account, tried, write_messages
from warehouse.database import Database
from warehouse.database.cycle_kpis import CycleFigures, Worked
from warehouse.database.marks import Marks
from warehouse.database.outbox import DISPATCHED, Message
from warehouse.database.webhooks import AttemptFilter, AttemptLog, Endpoints, Replays, ReplaySelection
from warehouse.database.webhooks.fan_out import FanOut, NewDelivery
from warehouse.database.webhooks.queue import Claim, Tried, give_back, messages, record

ORDERED = frozenset({"we_one"})


@pytest.fixture
def account(database: Database) -> str:
    made = make_account(database)
    add_endpoint(database, made)
    return made


def note(database: Database, *attempts: Tried) -> None:
    with database.begin() as connection:
        record(connection, attempts, NOW)


def ids(claims: list[Claim]) -> list[str]:
    return [one.webhook_id for one in claims]


def test_every_message_is_handed_on_once_and_the_mark_goes_with_it(database: Database, account: str) -> None:
    written = write_messages(database, "a", "b", "c")
    assert fan_out_to(database, "we_one", limit=2) == 3
    assert fan_out_to(database, "we_one") == 0
    assert sorted(ids(claim(database, we_one=10))) == sorted(written)
    assert int(Marks(database).read(DISPATCHED) or 0) >= 3
    with database.begin() as connection:
        found = messages(connection, written)
    assert {one.subject_id for one in found.values()} == {"a", "b", "c"}


def test_a_claimed_delivery_is_claimed_by_nobody_else_until_its_time_is_over(database: Database, account: str) -> None:
    write_messages(database, "a", "b", "c")
    fan_out_to(database, "we_one")
    first = claim(database, we_one=2)
    assert len(first) == 2
    assert len(claim(database, we_one=10)) == 1
    assert claim(database, NOW + 59 * SECOND, we_one=10) == []
    again = claim(database, NOW + 60 * SECOND, we_one=10)
    assert len(again) == 3 and {one.n_claims for one in again} == {2}


def test_two_that_claim_at_once_never_get_the_same(database: Database, account: str) -> None:
    write_messages(database, *(f"m{i}" for i in range(200)))
    fan_out_to(database, "we_one")
    found: list[str] = []

    def work() -> None:
        while some := claim(database, we_one=7):
            found.extend(ids(some))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(set(found)) == 200


def test_a_claim_given_back_is_due_at_once_and_was_no_attempt(database: Database, account: str) -> None:
    write_messages(database, "a")
    fan_out_to(database, "we_one")
    first = claim(database, we_one=1)
    with database.begin() as connection:
        give_back(connection, first)
    (again,) = claim(database, we_one=1)
    assert (again.n_claims, again.n_attempts) == (2, 0)
    with database.begin() as connection:
        give_back(connection, first)  # it is no longer theirs
    assert claim(database, we_one=1) == []


def test_an_attempt_and_the_state_it_leads_to_are_there_together(database: Database, account: str) -> None:
    write_messages(database, "a", "b")
    fan_out_to(database, "we_one")
    one, two = claim(database, we_one=2)
    note(database, tried(one), tried(two, "pending", next_attempt_at=NOW + 5 * SECOND))
    assert claim(database, NOW + 4 * SECOND, we_one=2) == []
    (again,) = claim(database, NOW + 5 * SECOND, we_one=2)
    assert (again.webhook_id, again.n_attempts) == (two.webhook_id, 1)
    note(database, tried(again, "dead", status_code=None, error="timeout"))
    log = AttemptLog(database).page(account)
    assert [(row.webhook_id, row.attempt, row.status_code, row.error) for row in log] == [
        (two.webhook_id, 2, None, "timeout"),
        (two.webhook_id, 1, 500, "status"),
        (one.webhook_id, 1, 200, ""),
    ]
    assert claim(database, NOW + 99 * SECOND, we_one=2) == []


def test_what_comes_of_a_claim_that_was_taken_over_counts_only_if_it_was_delivered(
    database: Database, account: str
) -> None:
    write_messages(database, "a", "b")
    fan_out_to(database, "we_one")
    late = claim(database, we_one=2)
    later = claim(database, NOW + 61 * SECOND, we_one=2)
    note(database, tried(late[0], "dead"), tried(late[1]))
    # The first is still the later claim's, the second is delivered and stays so whatever comes of the later one.
    note(database, *(tried(one, "pending", next_attempt_at=NOW + 61 * SECOND) for one in later))
    (left,) = claim(database, NOW + 62 * SECOND, we_one=2)
    assert left.webhook_id == late[0].webhook_id


def test_where_order_matters_one_of_a_key_goes_out_at_a_time_and_the_oldest_first(
    database: Database, account: str
) -> None:
    a1, b1, a2, b2, a3 = write_messages(database, "a1", "b1", "a2", "b2", "a3")
    fan_out_to(database, "we_one", key="first letter")
    first = claim(database, ordered=ORDERED, we_one=10)
    assert sorted(ids(first)) == sorted([a1, b1])
    assert claim(database, ordered=ORDERED, we_one=10) == [], "the next of a key waits for the one before"
    by_id = {one.webhook_id: one for one in first}
    note(database, tried(by_id[a1]), tried(by_id[b1], "pending", next_attempt_at=NOW + 60 * SECOND))
    (second,) = claim(database, ordered=ORDERED, we_one=10)
    assert second.webhook_id == a2
    note(database, tried(second, "dead"))
    assert ids(claim(database, ordered=ORDERED, we_one=10)) == [a3], "what was given up no longer holds up the others"
    assert ids(claim(database, NOW + 60 * SECOND, ordered=ORDERED, we_one=1)) in ([b1], [a3])
    assert b2 not in ids(claim(database, NOW + 60 * SECOND, ordered=ORDERED, we_one=10))


def test_what_is_replayed_where_order_was_asked_for_since_goes_out_too(database: Database, account: str) -> None:
    first, second = write_messages(database, "a1", "a2")
    fan_out_to(database, "we_one")
    note(database, *(tried(one) for one in claim(database, we_one=2)))
    Endpoints(database).change("we_one", {"is_ordered": True}, actor="me", now=NOW)
    Replays(database).start("we_one", account, ReplaySelection(), actor="me", now=NOW)
    (again,) = claim(database, ordered=ORDERED, we_one=10)
    assert again.webhook_id == first
    note(database, tried(again))
    assert ids(claim(database, ordered=ORDERED, we_one=10)) == [second]


def test_what_is_handed_on_while_order_is_asked_for_goes_out_too(database: Database, account: str) -> None:
    """A fan-out that began before makes deliveries without a key, and is seen only when it has ended."""
    write_messages(database, "z")
    fan_out_to(database, "we_one")
    written = write_messages(database, "a", "b")
    changing = threading.Thread(
        target=lambda: Endpoints(database).change("we_one", {"is_ordered": True}, actor="me", now=NOW)
    )

    def matching(messages: Sequence[Message]) -> list[NewDelivery]:
        changing.start()
        changing.join(0.5)
        assert changing.is_alive(), "the change waits for what was begun before"
        return [NewDelivery(one.outbox_id, "we_one", (one.outbox_id,), one.topic) for one in messages]

    assert FanOut(database).step(matching, NOW) == 2
    changing.join()
    found: list[str] = []
    while some := claim(database, ordered=ORDERED, we_one=10):
        note(database, *(tried(one) for one in some))
        found += ids(some)
    assert found[-2:] == written


def test_every_endpoint_gets_its_share_of_one_claim(database: Database, account: str) -> None:
    add_endpoint(database, account, "we_two")
    write_messages(database, *(f"m{i}" for i in range(10)))
    fan_out_to(database, "we_one", "we_two")
    found = claim(database, we_one=3, we_two=2)
    assert sorted(one.endpoint_id for one in found) == ["we_one"] * 3 + ["we_two"] * 2


def test_a_replay_sends_what_is_over_again_under_the_id_it_had(database: Database, account: str) -> None:
    write_messages(database, "a", "b")
    write_messages(database, "c", topic="signal.clv_finalized", now=NOW)
    fan_out_to(database, "we_one")
    one, two, three = claim(database, we_one=3)
    note(database, tried(one), tried(two, "dead"))
    replays = Replays(database)
    assert replays.count("we_one", ReplaySelection()) == 2, "what is pending is not replayed"
    assert replays.count("we_one", ReplaySelection(only_failed=True)) == 1
    assert replays.count("we_one", ReplaySelection(topic="signal.clv_finalized")) == (
        three.webhook_id == one.webhook_id
    )
    assert replays.count("we_one", ReplaySelection(webhook_ids=[one.webhook_id])) == 1
    assert replays.count("we_one", ReplaySelection(since=NOW, until=NOW + SECOND)) == 2
    assert replays.count("we_one", ReplaySelection(until=NOW)) == 0
    assert replays.start("we_one", account, ReplaySelection(only_failed=True), actor="me", now=NOW + SECOND) == 1
    (again,) = claim(database, NOW + SECOND, we_one=3)
    assert (again.webhook_id, again.n_attempts) == (two.webhook_id, 0)


def test_the_log_is_read_page_by_page_and_by_what_one_looks_for(database: Database, account: str) -> None:
    write_messages(database, *(f"m{i}" for i in range(5)))
    fan_out_to(database, "we_one")
    claims = claim(database, we_one=5)
    note(
        database,
        *(tried(one, attempted_at=NOW + i * SECOND) for i, one in enumerate(claims[:4])),
        tried(claims[4], "dead"),
    )
    log = AttemptLog(database)
    pages = [log.page(account, limit=2)]
    while pages[-1]:
        pages.append(log.page(account, before=pages[-1][-1].attempt_id, limit=2))
    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert len({row.attempt_id for page in pages for row in page}) == 5

    def n(**wanted: object) -> int:
        return len(log.page(account, AttemptFilter(**wanted)))  # type: ignore[arg-type]

    assert (n(is_delivered=False), n(status_code=200), n(webhook_id=claims[0].webhook_id), n(topic="none")) == (
        1,
        4,
        1,
        0,
    )
    assert (n(since=NOW + SECOND), n(until=NOW + SECOND), n(endpoint_id="we_two")) == (3, 2, 0)
    assert log.page(make_account(database)) == [], "an account sees its own endpoints alone"


def test_the_figures_of_an_endpoint_add_up(database: Database, account: str) -> None:
    write_messages(database, *(f"m{i}" for i in range(6)))
    fan_out_to(database, "we_one")
    claims = claim(database, we_one=5)
    slow = [tried(one, latency_ms=10.0 * (i + 1)) for i, one in enumerate(claims[:4])]
    note(database, *slow, tried(claims[4], "dead", status_code=None))
    found = AttemptLog(database).stats("we_one", NOW)
    # 10, 20, 30 and 40 ms: half of them took 20 or less, and only all of them make 95 %.
    assert (found.n_delivered, found.n_failed, found.latency_p50_ms, found.latency_p95_ms) == (4, 1, 20.0, 40.0)
    assert (found.n_pending, found.n_dead, found.oldest_pending_at) == (1, 1, NOW)
    assert (found.last_delivered_at, found.last_failed_at, found.is_open) == (NOW, NOW, False)
    empty = AttemptLog(database).stats("we_one", NOW + SECOND)
    assert (empty.n_delivered, empty.latency_p50_ms, empty.last_failed_at) == (0, None, None)


def test_attempts_are_the_alerts_that_a_cycle_counts(database: Database, account: str) -> None:
    write_messages(database, "a", "b", "c")
    fan_out_to(database, "we_one")
    claims = claim(database, we_one=3)
    note(database, tried(claims[0]), tried(claims[1]), tried(claims[2], "dead"))
    worked = Worked("r1", "feed", "football", NOW, 25, 475, 3, 10, 5, {"MOVE": 1})
    kpis = CycleFigures(database).record(worked, NOW + SECOND)
    assert (kpis.alerts_sent, kpis.alerts_failed) == (2, 1)
