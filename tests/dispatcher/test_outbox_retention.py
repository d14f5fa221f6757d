"""Old messages go, except those that an enabled webhook has not been handed yet."""

import datetime as dt

from tests.webhook_rows import NOW, SECOND, add_endpoint, fan_out_to, make_account, write_messages
from warehouse.database import Database, Outbox, OutboxRetention
from warehouse.database.outbox_retention import Waiting
from warehouse.database.webhooks import Endpoints

DAY = dt.timedelta(days=1)
LONG_AFTER = NOW + 90 * DAY


def left(database: Database) -> list[str]:
    """What the messages that are left are about."""
    return [message.subject_id for message in Outbox(database).after()]


def switch(database: Database, is_enabled: bool, now: dt.datetime) -> None:
    """Enable the endpoint, or disable it."""
    Endpoints(database).change("we_one", {"is_enabled": is_enabled}, actor="test", now=now)


def test_what_no_dispatcher_has_handed_on_stays_while_a_webhook_is_enabled(database: Database) -> None:
    add_endpoint(database, make_account(database))
    write_messages(database, "a", "b")
    fan_out_to(database, "we_one")
    for day, name in enumerate("cd"):
        write_messages(database, name, now=NOW + day * DAY)
    retention = OutboxRetention(database)
    assert retention.prune(LONG_AFTER) == 2
    assert left(database) == ["c", "d"]
    assert retention.waiting(LONG_AFTER) == Waiting(2, NOW)
    assert retention.waiting(NOW + SECOND) == Waiting(1, NOW)
    fan_out_to(database, "we_one")
    assert retention.waiting(LONG_AFTER) is None
    assert retention.prune(LONG_AFTER) == 1
    assert left(database) == ["d"], "the newest stays, so that the place of a reader is always known"


def test_where_no_dispatcher_ever_ran_all_of_it_stays_until_the_webhook_is_disabled(database: Database) -> None:
    write_messages(database, "before it was registered", now=NOW - DAY)
    add_endpoint(database, make_account(database))
    write_messages(database, "a", "b", "c")
    retention = OutboxRetention(database)
    assert retention.prune(LONG_AFTER) == 1, "what was written before is not for it"
    assert left(database) == ["a", "b", "c"]
    switch(database, is_enabled=False, now=NOW)
    assert retention.waiting(LONG_AFTER) is None
    assert retention.prune(LONG_AFTER) == 2
    assert left(database) == ["c"]


def test_a_webhook_that_is_enabled_again_keeps_what_was_written_since(database: Database) -> None:
    add_endpoint(database, make_account(database))
    switch(database, is_enabled=False, now=NOW)
    write_messages(database, "a", now=NOW + DAY)
    switch(database, is_enabled=True, now=NOW + 2 * DAY)
    write_messages(database, "b", "c", now=NOW + 3 * DAY)
    assert OutboxRetention(database).prune(LONG_AFTER) == 1
    assert left(database) == ["b", "c"]


def test_without_webhooks_the_age_alone_decides(database: Database) -> None:
    assert OutboxRetention(database).prune(LONG_AFTER) == 0
    write_messages(database, "a", now=NOW)
    write_messages(database, "b", now=NOW + DAY)
    assert OutboxRetention(database).waiting(LONG_AFTER) is None
    assert OutboxRetention(database).prune(NOW + DAY) == 1
    assert left(database) == ["b"]
