"""Operational state: what waits to be sent, who holds which lock, which days are computed, and small marks."""

import sqlalchemy as sa

from warehouse.database.mirror import METADATA
from warehouse.database.types import Sequence, UtcTime

# What others are to be told, in the order it was committed. outbox_id is a hash of what the message is about, so that
# a message written again is the same message.
outbox = sa.Table(
    "outbox",
    METADATA,
    sa.Column("sequence", Sequence, primary_key=True, autoincrement=True),
    sa.Column("outbox_id", sa.Text, nullable=False, unique=True),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("subject_id", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False, index=True),
    # Numbers are never given out twice, not even after the newest rows were pruned.
    sqlite_autoincrement=True,
)

# A row stays when its lease is released: the token must go on counting.
leases = sa.Table(
    "leases",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("acquired_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("token", sa.BigInteger, nullable=False),
)

computed_days = sa.Table(
    "computed_days",
    METADATA,
    sa.Column("sport_key", sa.Text, primary_key=True),
    sa.Column("date", sa.Date, primary_key=True),
    sa.Column("input_digest", sa.Text, nullable=False),
    sa.Column("carry_in_digest", sa.Text, nullable=False),
    sa.Column("carry_out_digest", sa.Text, nullable=False),
    sa.Column("rules_digest", sa.Text, nullable=False),
    # Rows of each daily table's partition when the day was computed, as JSON.
    sa.Column("row_counts", sa.Text, nullable=False),
    sa.Column("computed_at", UtcTime, nullable=False),
)

marks = sa.Table(
    "marks",
    METADATA,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("updated_at", UtcTime, nullable=False),
)

# What is known of the credits of each provider's key; `warehouse.database.credits` says what the columns mean.
credit_balances = sa.Table(
    "credit_balances",
    METADATA,
    sa.Column("provider", sa.Text, primary_key=True),
    sa.Column("remaining", sa.BigInteger),
    sa.Column("used", sa.BigInteger),
    sa.Column("spent", sa.BigInteger, nullable=False),
    sa.Column("outside", sa.BigInteger, nullable=False),
    sa.Column("outside_squares", sa.BigInteger, nullable=False),
    sa.Column("since", UtcTime, nullable=False),
    sa.Column("asked_at", UtcTime, nullable=False),
    sa.Column("answered_at", UtcTime, nullable=False),
)

# What requests under way may be charged at worst.
credit_holds = sa.Table(
    "credit_holds",
    METADATA,
    sa.Column("hold_id", sa.Text, primary_key=True),
    sa.Column("provider", sa.Text, nullable=False, index=True),
    sa.Column("credits", sa.BigInteger, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("taken_at", UtcTime, nullable=False),
)

# What an operator watches per cycle of live polling; `warehouse.database.cycle_kpis` says what the columns mean.
cycle_kpis = sa.Table(
    "cycle_kpis",
    METADATA,
    sa.Column("response_id", sa.Text, primary_key=True),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("sport_key", sa.Text, nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("recorded_at", UtcTime, nullable=False, index=True),
    sa.Column("requests_used", sa.BigInteger),
    sa.Column("requests_remaining", sa.BigInteger),
    sa.Column("requests_used_delta", sa.BigInteger),
    sa.Column("requests_last", sa.BigInteger),
    sa.Column("snapshots_inserted", sa.Integer, nullable=False),
    sa.Column("consensus_points_written", sa.Integer, nullable=False),
    # Signals of each type, as a JSON object.
    sa.Column("signals_created_by_type", sa.Text, nullable=False),
    sa.Column("alerts_sent", sa.Integer, nullable=False),
    sa.Column("alerts_failed", sa.Integer, nullable=False),
)

# Every attempt to deliver a message of the outbox to somebody, by whoever delivers; rows are added and pruned, never changed.
# outbox_id is the id under which the message goes out (of a batch, the batch's), endpoint the webhook endpoint's id, and
# status_code null where no answer came: error then says why, in a word.
delivery_attempts = sa.Table(
    "delivery_attempts",
    METADATA,
    sa.Column("attempt_id", Sequence, primary_key=True, autoincrement=True),
    sa.Column("outbox_id", sa.Text, nullable=False, index=True),
    sa.Column("endpoint", sa.Text, nullable=False),
    sa.Column("attempted_at", UtcTime, nullable=False, index=True),
    sa.Column("is_delivered", sa.Boolean, nullable=False),
    sa.Column("delivery_id", sa.BigInteger),
    sa.Column("attempt", sa.Integer),
    sa.Column("status_code", sa.Integer),
    sa.Column("error", sa.Text),
    sa.Column("latency_ms", sa.Double),
    sa.Column("response_excerpt", sa.Text),
    sa.Index(None, "endpoint", "attempt_id"),
    sqlite_autoincrement=True,
)
