"""Endpoints and their secrets in the database: bounded, audited, and rotated with an overlap."""

import datetime as dt
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.webhook_rows import NOW, SECOND, add_endpoint, claim, fan_out_to, make_account, write_messages
from warehouse.database import AuditTrail, Database
from warehouse.database.outbox import Draft, Outbox
from warehouse.database.webhooks import Endpoints, NewSecret, WebhookSecrets
from warehouse.database.webhooks.health import Health, store
from warehouse.database.webhooks.tables import webhook_health, webhook_secrets
from warehouse.errors import AccountUnknown, EndpointsExhausted, EndpointUnknown, OperationInvalid

HOUR = 3600 * SECOND
NOTICE = Draft("system.webhook_disabled", ("we_one", "1"), {"endpoint_id": "we_one"})


def together(work: Callable[[int], object], n: int) -> None:
    """Call it for 0, 1, … in as many threads at once."""
    begin = threading.Barrier(n)

    def one(i: int) -> None:
        begin.wait()
        work(i)

    threads = [threading.Thread(target=one, args=(i,)) for i in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def disable(database: Database, reason: str, unchanged_since: dt.datetime) -> bool:
    return Endpoints(database).disable(
        "we_one", reason, NOTICE, unchanged_since=unchanged_since, actor="dispatcher", now=NOW
    )


def actions(database: Database) -> list[str]:
    return [entry.action for entry in AuditTrail(database).entries() if entry.action.startswith("webhook_endpoint.")]


def test_an_endpoint_comes_back_as_it_was_registered(database: Database) -> None:
    account = make_account(database)
    made = add_endpoint(database, account, filters={"min_score": 60}, rate_per_s=2.5, batch_size=10, is_ordered=True)
    assert Endpoints(database).get("we_one") == made == Endpoints(database).of_account(account)[0]
    assert (made.account_id, made.disabled_reason, made.created_at, made.enabled_at) == (account, "", NOW, NOW)
    assert made.terms.filters == {"min_score": 60}
    assert made.terms.event_types == ("signal.detected",)
    assert "partner.test" not in repr(made)
    assert actions(database) == ["webhook_endpoint.registered"]


def test_an_account_has_no_more_endpoints_than_it_may(database: Database) -> None:
    account = make_account(database)
    for i in range(5):
        add_endpoint(database, account, f"we_{i}")
    with pytest.raises(EndpointsExhausted, match="has 5 webhook endpoints"):
        add_endpoint(database, account, "we_5")
    Endpoints(database).end("we_3", actor="test", now=NOW)
    add_endpoint(database, account, "we_5")
    with pytest.raises(AccountUnknown):
        add_endpoint(database, "nobody", "we_6")


def test_those_who_register_at_once_get_no_more_than_the_account_may_have(database: Database) -> None:
    account, refused = make_account(database), []

    def register(i: int) -> None:
        try:
            add_endpoint(database, account, f"we_{i}")
        except EndpointsExhausted:
            refused.append(i)

    together(register, 9)
    assert len(Endpoints(database).of_account(account)) == 5 and len(refused) == 4


def test_changes_of_different_terms_at_once_are_all_there(database: Database) -> None:
    add_endpoint(database, make_account(database))
    changes = [{"rate_per_s": 2.0}, {"timeout_s": 9.0}, {"description": "x"}, {"batch_size": 7}, {"is_ordered": True}]
    together(lambda i: Endpoints(database).change("we_one", changes[i], actor="me", now=NOW), len(changes))
    terms = vars(Endpoints(database).get("we_one").terms)
    assert all(terms[name] == value for change in changes for name, value in change.items())
    assert len(actions(database)) == 1 + len(changes)


def test_a_change_says_in_the_audit_trail_what_was_changed_and_not_the_address(database: Database) -> None:
    add_endpoint(database, make_account(database))
    endpoints = Endpoints(database)
    found = endpoints.change(
        "we_one", {"url": "https://x.test/?token=abc", "rate_per_s": 3.0}, actor="me", now=NOW + HOUR
    )
    assert (found.terms.url, found.terms.rate_per_s, found.updated_at) == ("https://x.test/?token=abc", 3.0, NOW + HOUR)
    entry = AuditTrail(database).entries()[-1]
    assert (entry.actor, entry.action, entry.subject_id) == ("me", "webhook_endpoint.changed", "we_one")
    assert entry.detail == {"changed": ["rate_per_s", "url"]}
    with pytest.raises(OperationInvalid, match="account_id cannot be changed"):
        endpoints.change("we_one", {"account_id": "other"}, actor="me", now=NOW)


def test_enabling_makes_the_health_as_new_and_counts_messages_from_then_on(database: Database) -> None:
    add_endpoint(database, make_account(database))
    endpoints = Endpoints(database)
    with database.begin() as connection:
        store(connection, {"we_one": Health(7, NOW, True, 2, NOW + HOUR, None)})
    off = endpoints.change("we_one", {"is_enabled": False}, actor="me", now=NOW)
    assert (off.disabled_reason, off.terms.is_enabled) == ("partner", False)
    on = endpoints.change("we_one", {"is_enabled": True}, actor="me", now=NOW + HOUR)
    assert (on.disabled_reason, on.terms.is_enabled, on.enabled_at) == ("", True, NOW + HOUR)
    with database.read() as connection:
        row = connection.execute(sa.select(webhook_health)).one()
    assert tuple(row) == ("we_one", 0, None, False, 0, None, None)


def test_a_disabled_endpoint_is_disabled_once_with_a_notice_in_the_outbox(database: Database) -> None:
    add_endpoint(database, make_account(database))
    endpoints = Endpoints(database)
    assert not disable(database, "failing", NOW - SECOND), "it was changed since what speaks against it"
    assert disable(database, "failing", NOW)
    assert not disable(database, "gone", NOW)
    assert endpoints.get("we_one").disabled_reason == "failing"
    assert [message.topic for message in Outbox(database).after()] == ["system.webhook_disabled"]
    assert actions(database) == ["webhook_endpoint.registered", "webhook_endpoint.disabled"]


def test_a_deleted_endpoint_has_no_secret_left_and_is_found_no_more(database: Database) -> None:
    account = make_account(database)
    add_endpoint(database, account)
    endpoints = Endpoints(database)
    endpoints.end("we_one", actor="me", now=NOW)
    assert endpoints.of_account(account) == []
    for call in (endpoints.get, lambda one: endpoints.end(one, actor="me", now=NOW)):
        with pytest.raises(EndpointUnknown):
            call("we_one")
    with database.read() as connection:
        assert connection.execute(sa.select(webhook_secrets)).all() == []
    assert not disable(database, "gone", NOW)


def test_turning_order_on_keeps_the_order_of_what_waits(database: Database) -> None:
    add_endpoint(database, make_account(database))
    first, _ = write_messages(database, "a1", "b1")
    fan_out_to(database, "we_one")
    Endpoints(database).change("we_one", {"is_ordered": True}, actor="me", now=NOW)
    found = claim(database, ordered=frozenset({"we_one"}), we_one=10)
    assert [one.webhook_id for one in found] == [first]


def rotate(database: Database, name: str, at: dt.datetime, overlap: dt.timedelta = 24 * HOUR) -> list[str]:
    secret = NewSecret(name, "v1", f"sealed {name}")
    return [
        one.secret_id for one in WebhookSecrets(database).rotate("we_one", secret, overlap=overlap, actor="me", now=at)
    ]


def test_old_and_new_secret_both_sign_for_the_overlap(database: Database) -> None:
    add_endpoint(database, make_account(database))
    assert rotate(database, "new", NOW + HOUR) == ["new", "ws_we_one"]
    secrets = WebhookSecrets(database)
    end = NOW + 25 * HOUR
    assert [one.secret_id for one in secrets.signing(["we_one"], end - SECOND)] == ["new", "ws_we_one"]
    assert [one.secret_id for one in secrets.signing(["we_one"], end)] == ["new"]
    assert (secrets.forget_ended(end - SECOND), secrets.forget_ended(end)) == (0, 1)
    assert actions(database)[-1] == "webhook_endpoint.secret_rotated"
    assert "sealed" not in str(AuditTrail(database).entries()[-1].detail)


def test_no_more_than_three_secrets_sign_at_once(database: Database) -> None:
    add_endpoint(database, make_account(database))
    for i in range(3):
        found = rotate(database, f"s{i}", NOW + (i + 1) * HOUR)
    assert found == ["s2", "s1", "s0"]


def test_a_rotation_without_overlap_ends_the_old_secret_at_once(database: Database) -> None:
    add_endpoint(database, make_account(database))
    assert rotate(database, "new", NOW + HOUR, dt.timedelta(0)) == ["new"]
    with pytest.raises(EndpointUnknown):
        WebhookSecrets(database).rotate("none", NewSecret("x", "v1", "y"), overlap=HOUR, actor="me", now=NOW)
