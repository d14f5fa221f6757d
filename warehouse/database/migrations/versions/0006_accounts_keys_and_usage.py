"""Accounts, entitlements, keys, audit entries and usage of the API."""

import sqlalchemy as sa
from alembic import op

from warehouse.database.append_only import allow_changes, refuse_changes
from warehouse.database.types import TextList, UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

APPEND_ONLY = ("audit_entries", "usage_events")


def upgrade() -> None:
    """Take this step."""
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_accounts")),
    )
    op.create_table(
        "entitlements",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("api_access_enabled", sa.Boolean(), nullable=False),
        sa.Column("api_plan_code", sa.Text(), nullable=False),
        sa.Column("api_usage_soft_limit", sa.BigInteger(), nullable=True),
        sa.Column("api_overage_rate", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("billing_anchor_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_entitlements_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_entitlements")),
    )
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("scopes", TextList(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.Column("replaced_by", sa.Text(), nullable=True),
        sa.Column("last_used_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_api_keys_account_id")),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_api_keys")),
    )
    op.create_index(op.f("ix_api_keys_account_id"), "api_keys", ["account_id"])
    op.create_table(
        "audit_entries",
        sa.Column("audit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("occurred_at", UtcTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit_entries")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_entries_account_id"), "audit_entries", ["account_id"])
    op.create_table(
        "usage_events",
        sa.Column("usage_event_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("period_start_at", UtcTime(), nullable=False),
        sa.Column("occurred_at", UtcTime(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("usage_event_id", name=op.f("pk_usage_events")),
    )
    op.create_index(
        op.f("ix_usage_events_account_id_period_start_at"), "usage_events", ["account_id", "period_start_at"]
    )
    op.create_table(
        "usage_totals",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("period_start_at", UtcTime(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "key_id", "period_start_at", name=op.f("pk_usage_totals")),
    )
    for table in APPEND_ONLY:
        for statement in refuse_changes(table, op.get_bind().dialect.name):
            op.execute(sa.text(statement))
    if op.get_bind().dialect.name == "postgresql":
        # Who keeps what a key may do in memory hears at once that it changed.
        op.execute(
            "create function audit_entries_told() returns trigger language plpgsql as "
            "$$ begin perform pg_notify('stratum_access', new.audit_id::text); return null; end $$"
        )
        op.execute(
            "create trigger audit_entries_told after insert on audit_entries "
            "for each row execute function audit_entries_told()"
        )


def downgrade() -> None:
    """Take it back."""
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        op.execute("drop trigger audit_entries_told on audit_entries")
        op.execute("drop function audit_entries_told()")
    for table in APPEND_ONLY:
        for statement in allow_changes(table, dialect):
            op.execute(sa.text(statement))
    for table in ("usage_totals", "usage_events", "audit_entries", "api_keys", "entitlements", "accounts"):
        op.drop_table(table)
