"""The score of the signal in each closing-line value, so that scorecards can be cut by it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take this step."""
    op.add_column("clv_records", sa.Column("composite_score", sa.Double(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("clv_records") as table:
        table.drop_column("composite_score")
