"""What is known of the credits of each key, and what requests under way may cost."""

import sqlalchemy as sa
from alembic import op

from warehouse.database.types import UtcTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take this step."""
    op.create_table(
        "credit_balances",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("remaining", sa.BigInteger(), nullable=True),
        sa.Column("used", sa.BigInteger(), nullable=True),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("outside", sa.BigInteger(), nullable=False),
        sa.Column("outside_squares", sa.BigInteger(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("answered_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_credit_balances")),
    )
    op.create_table(
        "credit_holds",
        sa.Column("hold_id", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("taken_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_credit_holds")),
    )
    op.create_index(op.f("ix_credit_holds_provider"), "credit_holds", ["provider"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index(op.f("ix_credit_holds_provider"), table_name="credit_holds")
    op.drop_table("credit_holds")
    op.drop_table("credit_balances")
