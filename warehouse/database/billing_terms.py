"""What billing periods are billed by: the plan and its numbers as they stood in the period, whatever was agreed later.

The terms of a period are written down with the first request in it. A change of the entitlement changes those of the period that is running
and of no other, so periods that are over stay as they were. A request that is brought in only after its period was over, as the first of
it, finds the terms of then gone: it is billed by those of now.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from warehouse.database.access import billing_terms, entitlements, usage_totals
from warehouse.database.billing_periods import billing_period
from warehouse.database.engine import Database

# The key_id of an account's own sum.
WHOLE_ACCOUNT = ""


@dataclass(frozen=True)
class BilledPeriod:
    """A billing period of an account, what was used in it and by which terms it is billed. `included` None counts against nothing."""

    start_at: dt.datetime
    end_at: dt.datetime
    used: int
    plan_code: str
    included: int | None
    overage_rate: int

    @property
    def remaining(self) -> int | None:
        """What is left of the included requests."""
        return None if self.included is None else max(self.included - self.used, 0)

    @property
    def overage(self) -> int:
        """How many requests were made above the included ones."""
        return 0 if self.included is None else max(self.used - self.included, 0)

    @property
    def overage_amount(self) -> int:
        """What those cost, in minor units: every thousand that was begun in proportion, rounded up.

        Examples:
            >>> moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
            >>> [
            ...     BilledPeriod(moment, moment, used, "builder", 10_000, 200).overage_amount
            ...     for used in (10_250, 10_001, 9_999)
            ... ]
            [50, 1, 0]
        """
        return -(-self.overage * self.overage_rate // 1000)


class Billing:
    """Reads what periods are billed by."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def periods(self, account_id: str, limit: int | None = None) -> list[BilledPeriod]:
        """The periods in which an account made billable requests, newest first."""
        mine = (billing_terms.c.account_id == usage_totals.c.account_id) & (
            billing_terms.c.period_start_at == usage_totals.c.period_start_at
        )
        query = (
            sa.select(
                billing_terms.c.period_start_at.label("start_at"),
                billing_terms.c.period_end_at.label("end_at"),
                usage_totals.c.used,
                billing_terms.c.plan_code,
                billing_terms.c.included,
                billing_terms.c.overage_rate,
            )
            .select_from(usage_totals.join(billing_terms, mine))
            .where(usage_totals.c.account_id == account_id, usage_totals.c.key_id == WHOLE_ACCOUNT)
            .order_by(usage_totals.c.period_start_at.desc())
            .limit(limit)
        )
        with self.database.read() as connection:
            return [BilledPeriod(**row) for row in connection.execute(query).mappings()]


def note_terms(connection: sa.Connection, begun: Collection[tuple[str, dt.datetime]], now: dt.datetime) -> None:
    """Write down by which terms these periods, each of an account, are billed: those in force. What is written already stays."""
    if not begun:
        return
    # Held until the commit, so that a change of the entitlement comes before or after, and finds these rows.
    query = (
        sa.select(entitlements)
        .where(entitlements.c.account_id.in_(sorted({account_id for account_id, _ in begun})))
        .with_for_update(read=True)
    )
    found = {row["account_id"]: row for row in connection.execute(query).mappings()}
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    for account_id, start_at in sorted(begun):
        terms = found.get(account_id)
        if terms is None:
            continue  # only somebody who is entitled to something can use anything
        new = dialect.insert(billing_terms).values(
            account_id=account_id,
            period_start_at=start_at,
            period_end_at=billing_period(terms["billing_anchor_at"], start_at).end_at,
            plan_code=terms["api_plan_code"],
            included=terms["api_usage_soft_limit"],
            overage_rate=terms["api_overage_rate"],
            updated_at=now,
        )
        connection.execute(new.on_conflict_do_nothing())


def change_running_terms(
    connection: sa.Connection,
    account_id: str,
    *,
    plan_code: str,
    included: int | None,
    overage_rate: int,
    now: dt.datetime,
) -> None:
    """Bill the period that is running by these terms, where anything was used in it; periods that are over stay as they were."""
    running = (
        (billing_terms.c.account_id == account_id)
        & (billing_terms.c.period_start_at <= now)
        & (billing_terms.c.period_end_at > now)
    )
    values = {"plan_code": plan_code, "included": included, "overage_rate": overage_rate, "updated_at": now}
    connection.execute(sa.update(billing_terms).where(running).values(**values))
