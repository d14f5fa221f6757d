"""Webhook endpoints, their secrets and health, deliveries, and what every attempt met with."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from warehouse.database.types import TextList, UtcTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ATTEMPT_COLUMNS: dict[str, Any] = {
    "delivery_id": sa.BigInteger(),
    "attempt": sa.Integer(),
    "status_code": sa.Integer(),
    "error": sa.Text(),
    "latency_ms": sa.Double(),
    "response_excerpt": sa.Text(),
}
PENDING = sa.text("state = 'pending'")
ORDERED = sa.text("state = 'pending' and ordering_key != ''")


def upgrade() -> None:
    """Take this step."""
    op.create_table(
        "webhook_endpoints",
        sa.Column("endpoint_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("event_types", TextList(), nullable=False),
        sa.Column("filters", sa.Text(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", sa.Text(), nullable=False),
        sa.Column("is_ordered", sa.Boolean(), nullable=False),
        sa.Column("batch_size", sa.Integer(), nullable=False),
        sa.Column("rate_per_s", sa.Double(), nullable=True),
        sa.Column("timeout_s", sa.Double(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("enabled_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_webhook_endpoints_account_id")),
        sa.PrimaryKeyConstraint("endpoint_id", name=op.f("pk_webhook_endpoints")),
    )
    op.create_index(op.f("ix_webhook_endpoints_account_id"), "webhook_endpoints", ["account_id"])
    op.create_table(
        "webhook_secrets",
        sa.Column("secret_id", sa.Text(), nullable=False),
        sa.Column("endpoint_id", sa.Text(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoints.endpoint_id"], name=op.f("fk_webhook_secrets_endpoint_id")
        ),
        sa.PrimaryKeyConstraint("secret_id", name=op.f("pk_webhook_secrets")),
    )
    op.create_index(op.f("ix_webhook_secrets_endpoint_id"), "webhook_secrets", ["endpoint_id"])
    op.create_table(
        "webhook_health",
        sa.Column("endpoint_id", sa.Text(), nullable=False),
        sa.Column("n_failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", UtcTime(), nullable=True),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("n_opened", sa.Integer(), nullable=False),
        sa.Column("paused_until", UtcTime(), nullable=True),
        sa.Column("paced_until", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoints.endpoint_id"], name=op.f("fk_webhook_health_endpoint_id")
        ),
        sa.PrimaryKeyConstraint("endpoint_id", name=op.f("pk_webhook_health")),
    )
    op.create_table(
        "deliveries",
        sa.Column(
            "delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("endpoint_id", sa.Text(), nullable=False),
        sa.Column("outbox_ids", TextList(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("ordering_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("next_attempt_at", UtcTime(), nullable=False),
        sa.Column("claimed_until", UtcTime(), nullable=True),
        sa.Column("n_claims", sa.Integer(), nullable=False),
        sa.Column("n_attempts", sa.Integer(), nullable=False),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("endpoint_id", "webhook_id", name=op.f("uq_deliveries_endpoint_id_webhook_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_deliveries_created_at"), "deliveries", ["created_at"])
    for name, columns, where in (
        ("ix_deliveries_due", ["endpoint_id", "next_attempt_at", "delivery_id"], PENDING),
        ("ix_deliveries_ordered", ["endpoint_id", "ordering_key", "delivery_id"], ORDERED),
    ):
        op.create_index(name, "deliveries", columns, sqlite_where=where, postgresql_where=where)
    for name, kind in ATTEMPT_COLUMNS.items():
        op.add_column("delivery_attempts", sa.Column(name, kind, nullable=True))
    op.create_index(op.f("ix_delivery_attempts_endpoint_attempt_id"), "delivery_attempts", ["endpoint", "attempt_id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index(op.f("ix_delivery_attempts_endpoint_attempt_id"), table_name="delivery_attempts")
    with op.batch_alter_table("delivery_attempts") as altered:
        for name in ATTEMPT_COLUMNS:
            altered.drop_column(name)
    for table in ("deliveries", "webhook_health", "webhook_secrets", "webhook_endpoints"):
        op.drop_table(table)
