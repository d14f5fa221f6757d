"""How every book stands now, and how its sport is polled."""

import sqlalchemy as sa
from alembic import op

from warehouse.database.types import UtcTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take this step."""
    op.create_table(
        "book_states",
        sa.Column("sport_key", sa.Text(), nullable=False),
        sa.Column("bookmaker", sa.Text(), nullable=False),
        sa.Column("market", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since_at", UtcTime(), nullable=False),
        sa.Column("noticed_at", UtcTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("as_of", UtcTime(), nullable=False),
        sa.Column("state_at_answer", sa.Text(), nullable=False),
        sa.Column("since_at_answer", UtcTime(), nullable=False),
        sa.Column("reason_at_answer", sa.Text(), nullable=False),
        sa.Column("last_sighted_at", UtcTime(), nullable=False),
        sa.Column("expected_gap_s", sa.Double(), nullable=False),
        sa.Column("limit_s", sa.Double(), nullable=False),
        sa.Column("is_quoted", sa.Boolean(), nullable=False),
        sa.Column("is_wanted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("sport_key", "bookmaker", "market", name=op.f("pk_book_states")),
    )
    op.create_table(
        "polled_sports",
        sa.Column("sport_key", sa.Text(), nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("n_failed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sport_key", name=op.f("pk_polled_sports")),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("polled_sports")
    op.drop_table("book_states")
