"""What is done beside delivering: one dispatcher per SQLite file, forgetting what is old, and settings that make sense."""

import datetime as dt

import pytest

from stratum_api.dispatcher.running import alone
from stratum_api.dispatcher.settings import Rules, read_destination_rules, read_dispatch_settings
from stratum_api.dispatcher.upkeep import Upkeep
from tests.api.conftest import make_account as entitled_account
from tests.webhook_rows import NOW, SECOND, add_endpoint, claim, fan_out_to, make_account, tried, write_messages
from warehouse.database import Accounts, Database
from warehouse.database.webhooks import AttemptLog, Endpoints
from warehouse.database.webhooks.health import Health, store
from warehouse.database.webhooks.queue import record
from warehouse.database.webhooks.waiting import QueueState, neglected_since, queue_state
from warehouse.errors import DatabaseBusy, RequestRefused, SettingInvalid

DAY = dt.timedelta(days=1)


def test_a_second_dispatcher_on_a_file_is_refused_and_the_next_one_takes_over_at_once(database: Database) -> None:
    add_endpoint(database, make_account(database))
    write_messages(database, "a")
    fan_out_to(database, "we_one")
    assert len(claim(database, we_one=1)) == 1
    with alone(database):
        if not database.is_sqlite:
            with alone(database):
                assert claim(database, we_one=1) == [], "on PostgreSQL the claim of another holds"
            return
        assert len(claim(database, we_one=1)) == 1, "what a killed one had claimed is free"
        with pytest.raises(DatabaseBusy, match="Another dispatcher serves"), alone(database):
            pass
    with alone(database):
        pass


def test_what_is_old_enough_is_forgotten_and_nothing_else(database: Database) -> None:
    account = make_account(database)
    add_endpoint(database, account)
    for day, name in enumerate(("a", "b")):
        write_messages(database, name, now=NOW + day * DAY)
        fan_out_to(database, "we_one", now=NOW + day * DAY)
    claims = claim(database, NOW + DAY, we_one=2)
    with database.begin() as connection:
        record(connection, [tried(one, attempted_at=one.created_at) for one in claims], NOW + DAY)
    upkeep = Upkeep(database, log_days=30)
    assert upkeep.forget(NOW + 30 * DAY) == 0
    assert upkeep.forget(NOW + 30 * DAY + SECOND) == 2, "a delivery and its attempt"
    assert len(AttemptLog(database).page(account)) == 1


def test_the_queue_says_how_much_waits_and_for_how_long(database: Database) -> None:
    add_endpoint(database, make_account(database))
    assert queue_state(database, ["we_one"], NOW) == QueueState(0, 0.0, 0.0)
    write_messages(database, "a", "b")
    assert queue_state(database, ["we_one"], NOW + 7 * SECOND).oldest_message_s == 7
    fan_out_to(database, "we_one", now=NOW + SECOND)
    assert queue_state(database, ["we_one"], NOW + 7 * SECOND) == QueueState(2, 6.0, 0.0)
    assert queue_state(database, ["we_two"], NOW + 7 * SECOND) == QueueState(0, 0.0, 0.0)


def test_what_waits_for_an_account_that_is_suspended_is_no_queue(database: Database) -> None:
    account = entitled_account(database)
    add_endpoint(database, account)
    write_messages(database, "a")
    fan_out_to(database, "we_one")
    upkeep = Upkeep(database, log_days=30)
    assert upkeep.look(NOW + 7 * SECOND).n_pending == 1
    Accounts(database).set_status(account, "suspended", actor="test", now=NOW)
    assert upkeep.look(NOW + 7 * SECOND) == QueueState(0, 0.0, 0.0)


def test_an_endpoint_is_neglected_where_deliveries_are_due_and_none_is_tried(database: Database) -> None:
    add_endpoint(database, make_account(database))

    def neglected_s() -> float | None:
        since = neglected_since(database, ["we_one"], NOW + 60 * SECOND)
        return None if since is None else (NOW + 60 * SECOND - since).total_seconds()

    assert neglected_s() is None
    write_messages(database, "a", "b", "c")
    fan_out_to(database, "we_one")
    assert neglected_s() == 60
    first = claim(database, we_one=2)[0]
    with database.begin() as connection:
        record(connection, [tried(first, attempted_at=NOW + 55 * SECOND)], NOW + 55 * SECOND)
    assert neglected_s() == 5, "a long queue that is worked off slowly, as its rate says, is no neglect"
    Endpoints(database).change("we_one", {"is_ordered": True}, actor="me", now=NOW)
    assert neglected_s() is None, "what comes behind another of its game waits for that"
    Endpoints(database).change("we_one", {"is_ordered": False}, actor="me", now=NOW)
    for health in (Health(n_failures=1), Health(paused_until=NOW + 61 * SECOND)):
        with database.begin() as connection:
            store(connection, {"we_one": health})
        assert neglected_s() is None


def test_settings_are_what_the_documents_say_and_wrong_ones_are_refused_by_name() -> None:
    found = read_dispatch_settings({})
    assert found.rules == Rules() and found.queues == ("default",)
    assert read_dispatch_settings({"STRATUM_DISPATCH_RETRY_SECONDS": "1, 2,2"}).rules.retry_s == (1, 2, 2)
    for name, value in (
        ("STRATUM_DISPATCH_RETRY_SECONDS", "1,soon"),
        ("STRATUM_DISPATCH_RETRY_SECONDS", "5,-1"),
        ("STRATUM_DISPATCH_RETRY_SECONDS", "nan"),
        ("STRATUM_DISPATCH_IN_FLIGHT", "0"),
    ):
        with pytest.raises(SettingInvalid, match=name):
            read_dispatch_settings({name: value})
    with pytest.raises(SettingInvalid, match="STRATUM_WEBHOOK_PORTS"):
        read_destination_rules({"STRATUM_WEBHOOK_PORTS": "https"})
    with pytest.raises(RequestRefused):
        read_destination_rules({}).check("http://127.0.0.1:9000/")
    vouching = read_destination_rules({"STRATUM_WEBHOOK_ALLOWED_HOSTS": "127.0.0.1:9000"})
    assert vouching.check("http://127.0.0.1:9000/").is_vouched_for
