"""The figures of every cycle, and attempts to deliver messages of the outbox."""

import sqlalchemy as sa
from alembic import op

from warehouse.database.types import UtcTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take this step."""
    op.create_table(
        "cycle_kpis",
        sa.Column("response_id", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("sport_key", sa.Text(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("recorded_at", UtcTime(), nullable=False),
        sa.Column("requests_used", sa.BigInteger(), nullable=True),
        sa.Column("requests_remaining", sa.BigInteger(), nullable=True),
        sa.Column("requests_used_delta", sa.BigInteger(), nullable=True),
        sa.Column("requests_last", sa.BigInteger(), nullable=True),
        sa.Column("snapshots_inserted", sa.Integer(), nullable=False),
        sa.Column("consensus_points_written", sa.Integer(), nullable=False),
        sa.Column("signals_created_by_type", sa.Text(), nullable=False),
        sa.Column("alerts_sent", sa.Integer(), nullable=False),
        sa.Column("alerts_failed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("response_id", name=op.f("pk_cycle_kpis")),
    )
    op.create_index(op.f("ix_cycle_kpis_recorded_at"), "cycle_kpis", ["recorded_at"])
    op.create_table(
        "delivery_attempts",
        sa.Column(
            "attempt_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("outbox_id", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("attempted_at", UtcTime(), nullable=False),
        sa.Column("is_delivered", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_delivery_attempts")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_delivery_attempts_attempted_at"), "delivery_attempts", ["attempted_at"])
    op.create_index(op.f("ix_delivery_attempts_outbox_id"), "delivery_attempts", ["outbox_id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index(op.f("ix_delivery_attempts_outbox_id"), table_name="delivery_attempts")
    op.drop_index(op.f("ix_delivery_attempts_attempted_at"), table_name="delivery_attempts")
    op.drop_table("delivery_attempts")
    op.drop_index(op.f("ix_cycle_kpis_recorded_at"), table_name="cycle_kpis")
    op.drop_table("cycle_kpis")
