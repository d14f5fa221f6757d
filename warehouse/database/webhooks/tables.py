"""Where messages are delivered to, what is to be delivered there, and how each endpoint fares.

Attempts stand in `delivery_attempts` (`warehouse.database.operations`), where the figures of cycles count them.
"""

import sqlalchemy as sa

from warehouse.database.mirror import METADATA
from warehouse.database.types import Sequence, TextList, UtcTime

# An endpoint stays when it is ended, so that its deliveries can be traced; its secrets do not.
# disabled_reason: "" while it is enabled, else partner (its owner did it), gone (it answered 410) or failing.
webhook_endpoints = sa.Table(
    "webhook_endpoints",
    METADATA,
    sa.Column("endpoint_id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.account_id"), nullable=False, index=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("event_types", TextList, nullable=False),
    # What a message has to be for this endpoint, as JSON; {} lets every one through.
    sa.Column("filters", sa.Text, nullable=False),
    sa.Column("is_enabled", sa.Boolean, nullable=False),
    sa.Column("disabled_reason", sa.Text, nullable=False),
    sa.Column("is_ordered", sa.Boolean, nullable=False),
    sa.Column("batch_size", sa.Integer, nullable=False),
    sa.Column("rate_per_s", sa.Double, nullable=True),
    sa.Column("timeout_s", sa.Double, nullable=False),
    sa.Column("queue", sa.Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("updated_at", UtcTime, nullable=False),
    # Messages written before are not for it.
    sa.Column("enabled_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime, nullable=True),
)

# What messages are signed with, encrypted by the API under a key the database does not have.
# scheme: v1 (HMAC-SHA256) or v1a (ed25519, whose public half stands in public_key).
webhook_secrets = sa.Table(
    "webhook_secrets",
    METADATA,
    sa.Column("secret_id", sa.Text, primary_key=True),
    sa.Column("endpoint_id", sa.Text, sa.ForeignKey("webhook_endpoints.endpoint_id"), nullable=False, index=True),
    sa.Column("scheme", sa.Text, nullable=False),
    sa.Column("sealed", sa.Text, nullable=False),
    sa.Column("public_key", sa.Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("ends_at", UtcTime, nullable=True),
)

# How an endpoint fares: a row each, written only when something is wrong with it or it has a rate.
# n_failures counts attempts that failed since the last that did not, the first of them at failing_since.
# Until paused_until nothing is sent; with the breaker open a single delivery then tries whether it answers again.
# paced_until is where its rate stands: the moment at which everything sent so far would have been due.
webhook_health = sa.Table(
    "webhook_health",
    METADATA,
    sa.Column("endpoint_id", sa.Text, sa.ForeignKey("webhook_endpoints.endpoint_id"), primary_key=True),
    sa.Column("n_failures", sa.Integer, nullable=False),
    sa.Column("failing_since", UtcTime, nullable=True),
    sa.Column("is_open", sa.Boolean, nullable=False),
    sa.Column("n_opened", sa.Integer, nullable=False),
    sa.Column("paused_until", UtcTime, nullable=True),
    sa.Column("paced_until", UtcTime, nullable=True),
)

# One request body for one endpoint: a message, or several where the endpoint takes batches. webhook_id is the message's
# outbox_id (of a batch a hash over them) and stays the same for ever, replays included.
# state: pending, delivered or dead (given up, and kept). n_claims tells claims apart: what comes of an older one counts no more.
deliveries = sa.Table(
    "deliveries",
    METADATA,
    sa.Column("delivery_id", Sequence, primary_key=True, autoincrement=True),
    sa.Column("webhook_id", sa.Text, nullable=False),
    sa.Column("endpoint_id", sa.Text, nullable=False),
    sa.Column("outbox_ids", TextList, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    # "" where order does not matter; else deliveries of the same endpoint and key go out one after the other.
    sa.Column("ordering_key", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False, index=True),
    sa.Column("next_attempt_at", UtcTime, nullable=False),
    sa.Column("claimed_until", UtcTime, nullable=True),
    sa.Column("n_claims", sa.Integer, nullable=False),
    sa.Column("n_attempts", sa.Integer, nullable=False),
    sa.Column("finished_at", UtcTime, nullable=True),
    sa.UniqueConstraint("endpoint_id", "webhook_id"),
    sqlite_autoincrement=True,
)
PENDING, DELIVERED, DEAD = "pending", "delivered", "dead"
_IS_PENDING = deliveries.c.state == PENDING
sa.Index(
    "ix_deliveries_due",
    deliveries.c.endpoint_id,
    deliveries.c.next_attempt_at,
    deliveries.c.delivery_id,
    sqlite_where=_IS_PENDING,
    postgresql_where=_IS_PENDING,
)
_IS_ORDERED = sa.and_(_IS_PENDING, deliveries.c.ordering_key != "")
sa.Index(
    "ix_deliveries_ordered",
    deliveries.c.endpoint_id,
    deliveries.c.ordering_key,
    deliveries.c.delivery_id,
    sqlite_where=_IS_ORDERED,
    postgresql_where=_IS_ORDERED,
)
