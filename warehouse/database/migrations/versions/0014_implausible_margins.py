"""The consensus counts the books it left out because their margin cannot be."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take this step."""
    op.add_column("current_consensus", sa.Column("n_implausible", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("current_consensus") as changed:
        changed.drop_column("n_implausible")
