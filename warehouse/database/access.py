"""Who may use the API and what they have used: accounts, what each is entitled to, keys, audit entries and usage.

No key stands here, only what a server with its own secret makes of one. `audit_entries` and `usage_events` only grow: the
database itself refuses to change or delete a row of them (`append_only`).
"""

import sqlalchemy as sa

from warehouse.database.mirror import METADATA
from warehouse.database.types import Sequence, TextList, UtcTime

# status: active, suspended or closed. Only an active account is in good standing.
accounts = sa.Table(
    "accounts",
    METADATA,
    sa.Column("account_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("updated_at", UtcTime, nullable=False),
)

# What an account may do: its plan by code, and the numbers of it that are counted and billed, so that a change of the
# plan's file does not change what was agreed. `terms` holds what was agreed otherwise than the plan says, as JSON.
# status: active, past_due or canceled. Billing periods are months that begin on the day of billing_anchor_at.
entitlements = sa.Table(
    "entitlements",
    METADATA,
    sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.account_id"), primary_key=True),
    sa.Column("api_access_enabled", sa.Boolean, nullable=False),
    sa.Column("api_plan_code", sa.Text, nullable=False),
    sa.Column("api_usage_soft_limit", sa.BigInteger, nullable=True),
    sa.Column("api_overage_rate", sa.Integer, nullable=False),  # minor units per 1,000 requests
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("terms", sa.Text, nullable=False),
    sa.Column("billing_anchor_at", UtcTime, nullable=False),
    sa.Column("updated_at", UtcTime, nullable=False),
)

api_keys = sa.Table(
    "api_keys",
    METADATA,
    sa.Column("key_id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.account_id"), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("scopes", TextList, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=True),
    sa.Column("revoked_at", UtcTime, nullable=True),
    sa.Column("replaced_by", sa.Text, nullable=True),
    sa.Column("last_used_at", UtcTime, nullable=True),
)

# Numbers grow in the order of commits, so whoever has seen the newest has seen all: caches ask for it.
audit_entries = sa.Table(
    "audit_entries",
    METADATA,
    sa.Column("audit_id", Sequence, primary_key=True, autoincrement=True),
    sa.Column("occurred_at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("account_id", sa.Text, nullable=False, index=True),
    sa.Column("subject_id", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)

# One row per billable request. The id says which spool file it came from and at which place, so it can be sent again.
usage_events = sa.Table(
    "usage_events",
    METADATA,
    sa.Column("usage_event_id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, nullable=False),
    sa.Column("key_id", sa.Text, nullable=False),
    sa.Column("period_start_at", UtcTime, nullable=False),
    sa.Column("occurred_at", UtcTime, nullable=False),
    sa.Column("operation", sa.Text, nullable=False),
    sa.Column("status_code", sa.Integer, nullable=False),
    sa.Column("units", sa.Integer, nullable=False),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Index(None, "account_id", "period_start_at"),
)

# The sums of usage_events by key and billing period; key_id "" is the account's own sum.
usage_totals = sa.Table(
    "usage_totals",
    METADATA,
    sa.Column("account_id", sa.Text, primary_key=True),
    sa.Column("key_id", sa.Text, primary_key=True),
    sa.Column("period_start_at", UtcTime, primary_key=True),
    sa.Column("used", sa.BigInteger, nullable=False),
    sa.Column("updated_at", UtcTime, nullable=False),
)

# What a billing period is billed by, from the first request in it on; `included` null counts against nothing.
billing_terms = sa.Table(
    "billing_terms",
    METADATA,
    sa.Column("account_id", sa.Text, primary_key=True),
    sa.Column("period_start_at", UtcTime, primary_key=True),
    sa.Column("period_end_at", UtcTime, nullable=False),
    sa.Column("plan_code", sa.Text, nullable=False),
    sa.Column("included", sa.BigInteger, nullable=True),
    sa.Column("overage_rate", sa.Integer, nullable=False),  # minor units per 1,000 requests
    sa.Column("updated_at", UtcTime, nullable=False),
)
