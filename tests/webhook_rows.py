"""Endpoints, messages and deliveries for tests, without what signs and sends them."""

import datetime as dt
from typing import Any

from warehouse.database import Accounts, Database
from warehouse.database.outbox import Draft, Message, Outbox, add_to_outbox
from warehouse.database.webhooks import Endpoint, Endpoints, EndpointTerms, NewSecret
from warehouse.database.webhooks.fan_out import FanOut, NewDelivery
from warehouse.database.webhooks.queue import Claim, Tried, claim_due

NOW = dt.datetime(2026, 1, 4, 12, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


def make_account(database: Database) -> str:
    """The id of a new account without a plan."""
    return Accounts(database).create("Somebody", actor="test", now=NOW).account_id


def add_endpoint(database: Database, account_id: str, endpoint_id: str = "we_one", **terms: Any) -> Endpoint:
    """A new endpoint with one secret, `sealed` as it is."""
    return Endpoints(database).add(
        endpoint_id=endpoint_id,
        account_id=account_id,
        terms=EndpointTerms(**{"url": "https://partner.test/hook", "event_types": ("signal.detected",), **terms}),
        secrets=[NewSecret(f"ws_{endpoint_id}", "v1", "sealed")],
        most=5,
        actor="test",
        now=NOW,
    )


def write_messages(
    database: Database, *names: str, topic: str = "signal.detected", now: dt.datetime = NOW
) -> list[str]:
    """The ids of new messages."""
    drafts = [Draft(topic, (name,), {"signal_id": name}) for name in names]
    with database.begin() as connection:
        add_to_outbox(connection, drafts, now)
    return [draft.outbox_id for draft in drafts]


def fan_out_to(database: Database, *endpoint_ids: str, key: str = "", now: dt.datetime = NOW, limit: int = 500) -> int:
    """Every waiting message goes to every one of these endpoints."""

    def matching(messages: list[Message]) -> list[NewDelivery]:
        return [
            NewDelivery(
                message.outbox_id, endpoint_id, (message.outbox_id,), message.topic, key and message.subject_id[:1]
            )
            for message in messages
            for endpoint_id in endpoint_ids
        ]

    fan_out, n = FanOut(database), 0
    if Outbox(database).after(limit=1):
        fan_out.step(matching, now, limit=0)  # the first step only makes the mark
    while step := fan_out.step(matching, now, limit=limit):
        n += step
    return n


def claim(
    database: Database, now: dt.datetime = NOW, *, ordered: frozenset[str] = frozenset(), **wanted: int
) -> list[Claim]:
    """What is claimed for a minute: as many of each endpoint as wanted."""
    with database.begin() as connection:
        return claim_due(connection, wanted, ordered, now, now + 60 * SECOND)


def made_delivery(database: Database, endpoint_id: str) -> Claim:
    """A claimed delivery of a new message."""
    write_messages(database, "m1")
    fan_out_to(database, endpoint_id)
    (found,) = claim(database, **{endpoint_id: 1})
    return found


def tried(claimed: Claim, state: str = "delivered", **more: Any) -> Tried:
    """An attempt that was answered with 200, or as said otherwise."""
    return Tried(
        **{
            "claim": claimed,
            "attempted_at": NOW,
            "latency_ms": 12.5,
            "status_code": 200 if state == "delivered" else 500,
            "error": "" if state == "delivered" else "status",
            "response_excerpt": "ok",
            "state": state,
            "next_attempt_at": NOW,
            **more,
        }
    )
