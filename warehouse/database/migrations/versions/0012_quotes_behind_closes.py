"""Closing lines say how old the quotes behind them were, and how many were left out as stale."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

COLUMNS: dict[str, Any] = {"n_stale": sa.Integer(), "age_median_s": sa.Double(), "age_max_s": sa.Double()}


def upgrade() -> None:
    """Take this step."""
    for name, kind in COLUMNS.items():
        op.add_column("closing_lines", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("closing_lines") as altered:
        for name in COLUMNS:
            altered.drop_column(name)
