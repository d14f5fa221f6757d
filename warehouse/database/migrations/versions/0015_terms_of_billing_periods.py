"""Billing periods keep the terms they were billed by; those that are there take the terms of now, by which they were shown so far."""

import datetime as dt

import sqlalchemy as sa
from alembic import op

from warehouse.database.billing_periods import billing_period
from warehouse.database.types import UtcTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take this step."""
    terms = op.create_table(
        "billing_terms",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("period_start_at", UtcTime(), nullable=False),
        sa.Column("period_end_at", UtcTime(), nullable=False),
        sa.Column("plan_code", sa.Text(), nullable=False),
        sa.Column("included", sa.BigInteger(), nullable=True),
        sa.Column("overage_rate", sa.Integer(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "period_start_at", name=op.f("pk_billing_terms")),
    )
    totals = sa.table(
        "usage_totals",
        sa.column("account_id", sa.Text),
        sa.column("key_id", sa.Text),
        sa.column("period_start_at", UtcTime),
    )
    entitled = sa.table(
        "entitlements",
        sa.column("account_id", sa.Text),
        sa.column("api_plan_code", sa.Text),
        sa.column("api_usage_soft_limit", sa.BigInteger),
        sa.column("api_overage_rate", sa.Integer),
        sa.column("billing_anchor_at", UtcTime),
    )
    query = (
        sa.select(totals.c.period_start_at, entitled)
        .select_from(totals.join(entitled, totals.c.account_id == entitled.c.account_id))
        .where(totals.c.key_id == "")
    )
    now = dt.datetime.now(dt.UTC)
    rows = [
        {
            "account_id": row.account_id,
            "period_start_at": row.period_start_at,
            "period_end_at": billing_period(row.billing_anchor_at, row.period_start_at).end_at,
            "plan_code": row.api_plan_code,
            "included": row.api_usage_soft_limit,
            "overage_rate": row.api_overage_rate,
            "updated_at": now,
        }
        for row in op.get_bind().execute(query)
    ]
    if rows:
        op.bulk_insert(terms, rows)


def downgrade() -> None:
    """Take it back."""
    op.drop_table("billing_terms")
