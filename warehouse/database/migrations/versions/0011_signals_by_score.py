"""Signals are found by their score, so that the highest of any time are read without looking at all."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take this step."""
    op.create_index(
        "ix_signals_composite_score_detected_at_signal_id", "signals", ["composite_score", "detected_at", "signal_id"]
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_signals_composite_score_detected_at_signal_id", "signals")
