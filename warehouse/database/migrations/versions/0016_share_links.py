"""Links by which accounts share what came of trades."""

import sqlalchemy as sa
from alembic import op

from warehouse.database.types import UtcTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take this step."""
    op.create_table(
        "share_links",
        sa.Column("share_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("is_single_use", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("n_opened", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=True),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_share_links_account_id")),
        sa.PrimaryKeyConstraint("share_id", name=op.f("pk_share_links")),
    )
    op.create_index(op.f("ix_share_links_account_id"), "share_links", ["account_id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("share_links")
