"""Closing lines and closing-line values know when they are final and why they were written, and carry the close's margin."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from warehouse.database.types import TextList, UtcTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

VERSIONS: dict[str, Any] = {"final_at": UtcTime(), "is_final": sa.Boolean(), "reason": sa.Text()}
COLUMNS: dict[str, dict[str, Any]] = {
    "closing_lines": {"bookmakers": TextList(), "fault": sa.Text(), "is_repaired": sa.Boolean(), **VERSIONS},
    "clv_records": {
        **dict.fromkeys(("clv_points_novig", "clv_prob_raw", "clv_ev_raw", "clv_cents_raw"), sa.Double()),
        "close_age_s": sa.Double(),
        "close_n_books": sa.Integer(),
        "close_bookmakers": TextList(),
        "close_version": sa.Integer(),
        **VERSIONS,
    },
}


def upgrade() -> None:
    """Take this step."""
    for table, columns in COLUMNS.items():
        for name, kind in columns.items():
            op.add_column(table, sa.Column(name, kind, nullable=True))
    op.create_index("ix_closing_lines_is_final_final_at", "closing_lines", ["is_final", "final_at"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_closing_lines_is_final_final_at", "closing_lines")
    for table, columns in COLUMNS.items():
        with op.batch_alter_table(table) as altered:
            for name in columns:
                altered.drop_column(name)
