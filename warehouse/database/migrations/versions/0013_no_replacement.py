"""Rows of the tables that only grow are not replaced by others of their key either."""

from alembic import op

from warehouse.database.append_only import allow_replacement, refuse_replacement

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KEYS = {"audit_entries": "audit_id", "usage_events": "usage_event_id"}


def upgrade() -> None:
    """Take this step."""
    for table, key in KEYS.items():
        for statement in refuse_replacement(table, key, op.get_bind().dialect.name):
            op.execute(statement)


def downgrade() -> None:
    """Take it back."""
    for table in KEYS:
        for statement in allow_replacement(table, op.get_bind().dialect.name):
            op.execute(statement)
