"""The first tables: what is served hot, and operational state."""

import sqlalchemy as sa
from alembic import op

from warehouse.database.types import TextList, UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take this step."""
    op.create_table(
        "closing_lines",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("market", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("bookmaker", sa.Text(), nullable=False),
        sa.Column("convention", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sport_key", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=False),
        sa.Column("age_s", sa.Double(), nullable=True),
        sa.Column("point", sa.Double(), nullable=True),
        sa.Column("price_decimal", sa.Double(), nullable=True),
        sa.Column("fair_prob", sa.Double(), nullable=True),
        sa.Column("n_books", sa.Integer(), nullable=False),
        sa.Column("quality", sa.Text(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint(
            "event_id", "market", "outcome", "bookmaker", "convention", "version", name=op.f("pk_closing_lines")
        ),
    )
    op.create_index(op.f("ix_closing_lines_closed_at"), "closing_lines", ["closed_at"])
    op.create_table(
        "clv_records",
        sa.Column("signal_id", sa.Text(), nullable=False),
        sa.Column("convention", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("sport_key", sa.Text(), nullable=False),
        sa.Column("market", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("signal_type", sa.Text(), nullable=False),
        sa.Column("time_bucket", sa.Text(), nullable=False),
        sa.Column("detected_at", UtcTime(), nullable=False),
        sa.Column("entry_point", sa.Double(), nullable=True),
        sa.Column("entry_price_decimal", sa.Double(), nullable=True),
        sa.Column("close_point", sa.Double(), nullable=True),
        sa.Column("close_price_decimal", sa.Double(), nullable=True),
        sa.Column("close_fair_prob", sa.Double(), nullable=True),
        sa.Column("clv_points", sa.Double(), nullable=True),
        sa.Column("clv_prob", sa.Double(), nullable=True),
        sa.Column("clv_ev", sa.Double(), nullable=True),
        sa.Column("clv_cents", sa.Double(), nullable=True),
        sa.Column("beat_close", sa.Boolean(), nullable=True),
        sa.Column("quality", sa.Text(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=False),
        sa.Column("computed_at", UtcTime(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("signal_id", "convention", "version", name=op.f("pk_clv_records")),
    )
    op.create_index(op.f("ix_clv_records_closed_at"), "clv_records", ["closed_at"])
    op.create_index(op.f("ix_clv_records_event_id"), "clv_records", ["event_id"])
    op.create_table(
        "computed_days",
        sa.Column("sport_key", sa.Text(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("input_digest", sa.Text(), nullable=False),
        sa.Column("carry_in_digest", sa.Text(), nullable=False),
        sa.Column("carry_out_digest", sa.Text(), nullable=False),
        sa.Column("rules_digest", sa.Text(), nullable=False),
        sa.Column("row_counts", sa.Text(), nullable=False),
        sa.Column("computed_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("sport_key", "date", name=op.f("pk_computed_days")),
    )
    op.create_table(
        "current_consensus",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("market", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("as_of", UtcTime(), nullable=False),
        sa.Column("sport_key", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("commence_at", UtcTime(), nullable=False),
        sa.Column("n_books", sa.Integer(), nullable=False),
        sa.Column("n_groups", sa.Integer(), nullable=False),
        sa.Column("n_stale", sa.Integer(), nullable=False),
        sa.Column("point_median", sa.Double(), nullable=True),
        sa.Column("point_mean", sa.Double(), nullable=True),
        sa.Column("point_std", sa.Double(), nullable=True),
        sa.Column("price_median", sa.Double(), nullable=True),
        sa.Column("fair_prob", sa.Double(), nullable=True),
        sa.Column("fair_prob_std", sa.Double(), nullable=True),
        sa.Column("margin_median", sa.Double(), nullable=True),
        sa.Column("best_price_decimal", sa.Double(), nullable=True),
        sa.Column("best_bookmaker", sa.Text(), nullable=True),
        sa.Column("devig_method", sa.Text(), nullable=False),
        sa.Column("response_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "market", "outcome", name=op.f("pk_current_consensus")),
    )
    op.create_table(
        "events",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("sport_key", sa.Text(), nullable=False),
        sa.Column("league", sa.Text(), nullable=False),
        sa.Column("commence_at", UtcTime(), nullable=False),
        sa.Column("home_team", sa.Text(), nullable=False),
        sa.Column("away_team", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("first_seen_at", UtcTime(), nullable=False),
        sa.Column("last_seen_at", UtcTime(), nullable=False),
        sa.Column("n_reschedules", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_sport_key_commence_at"), "events", ["sport_key", "commence_at"])
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("acquired_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "marks",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_marks")),
    )
    op.create_table(
        "outbox",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("outbox_id", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_outbox")),
        sa.UniqueConstraint("outbox_id", name=op.f("uq_outbox_outbox_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_outbox_created_at"), "outbox", ["created_at"])
    op.create_table(
        "signals",
        sa.Column("signal_id", sa.Text(), nullable=False),
        sa.Column("signal_type", sa.Text(), nullable=False),
        sa.Column("display_type", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("sport_key", sa.Text(), nullable=False),
        sa.Column("market", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("detected_at", UtcTime(), nullable=False),
        sa.Column("commence_at", UtcTime(), nullable=False),
        sa.Column("minutes_to_start", sa.Double(), nullable=False),
        sa.Column("time_bucket", sa.Text(), nullable=False),
        sa.Column("from_value", sa.Double(), nullable=True),
        sa.Column("to_value", sa.Double(), nullable=True),
        sa.Column("move", sa.Double(), nullable=True),
        sa.Column("velocity_per_min", sa.Double(), nullable=True),
        sa.Column("n_books", sa.Integer(), nullable=False),
        sa.Column("n_groups", sa.Integer(), nullable=False),
        sa.Column("bookmakers", TextList(), nullable=False),
        sa.Column("window_s", sa.Double(), nullable=False),
        sa.Column("entry_point", sa.Double(), nullable=True),
        sa.Column("entry_price_decimal", sa.Double(), nullable=True),
        sa.Column("entry_bookmaker", sa.Text(), nullable=True),
        sa.Column("strength_score", sa.Integer(), nullable=False),
        sa.Column("composite_score", sa.Double(), nullable=False),
        sa.Column("score_source", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("is_structural_core", sa.Boolean(), nullable=False),
        sa.Column("meta", sa.Text(), nullable=False),
        sa.Column("response_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("signal_id", name=op.f("pk_signals")),
    )
    op.create_index(op.f("ix_signals_detected_at_signal_id"), "signals", ["detected_at", "signal_id"])
    op.create_index(op.f("ix_signals_event_id"), "signals", ["event_id"])
    op.create_index(op.f("ix_signals_sport_key_detected_at"), "signals", ["sport_key", "detected_at"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index(op.f("ix_signals_sport_key_detected_at"), table_name="signals")
    op.drop_index(op.f("ix_signals_event_id"), table_name="signals")
    op.drop_index(op.f("ix_signals_detected_at_signal_id"), table_name="signals")
    op.drop_table("signals")
    op.drop_index(op.f("ix_outbox_created_at"), table_name="outbox")
    op.drop_table("outbox")
    op.drop_table("marks")
    op.drop_table("leases")
    op.drop_index(op.f("ix_events_sport_key_commence_at"), table_name="events")
    op.drop_table("events")
    op.drop_table("current_consensus")
    op.drop_table("computed_days")
    op.drop_index(op.f("ix_clv_records_event_id"), table_name="clv_records")
    op.drop_index(op.f("ix_clv_records_closed_at"), table_name="clv_records")
    op.drop_table("clv_records")
    op.drop_index(op.f("ix_closing_lines_closed_at"), table_name="closing_lines")
    op.drop_table("closing_lines")
