"""What is done beside delivering: one dispatcher per SQLite file, forgetting what is old, and settings that make sense."""

import datetime as dt

import pytest

from stratum_api.dispatcher.running import alone
from stratum_api.dispatcher.settings import Rules, read_destination_rules, read_dispatch_settings
from stratum_api.dispatcher.upkeep import Upkeep
from tests.webhook_rows import NOW, SECOND, add_endpoint, claim, fan_out_to, make_account, tried, write_messages
from warehouse.database import Database
from warehouse.database.webhooks import AttemptLog
from warehouse.database.webhooks.queue import record
from warehouse.database.webhooks.retention import queue_state
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
    assert queue_state(database, NOW) == type(queue_state(database, NOW))(0, 0.0, 0.0)
    write_messages(database, "a", "b")
    assert queue_state(database, NOW + 7 * SECOND).oldest_message_s == 7
    fan_out_to(database, "we_one", now=NOW + SECOND)
    found = queue_state(database, NOW + 7 * SECOND)
    assert (found.n_pending, found.oldest_due_s, found.oldest_message_s) == (2, 6.0, 0.0)


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
