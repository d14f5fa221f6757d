"""The point at which each fair probability holds, and how many books stand behind it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ADDED: dict[str, tuple[tuple[str, sa.types.TypeEngine], ...]] = {
    "current_consensus": (("n_at_number", sa.Integer()), ("fair_point", sa.Double())),
    "closing_lines": (("fair_point", sa.Double()),),
    "clv_records": (("close_fair_point", sa.Double()),),
}


def upgrade() -> None:
    """Take this step."""
    for table, columns in ADDED.items():
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    """Take it back."""
    for table, columns in ADDED.items():
        with op.batch_alter_table(table) as changed:
            for name, _ in columns:
                changed.drop_column(name)
