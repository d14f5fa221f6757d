"""Accounts and what they are entitled to; every change leaves an entry in the audit trail."""

import datetime as dt
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from warehouse.database.access import accounts, entitlements
from warehouse.database.audit_trail import note_change
from warehouse.database.billing_terms import change_running_terms
from warehouse.database.engine import Database
from warehouse.errors import AccountUnknown, OperationInvalid

ACCOUNT_STATES = ("active", "suspended", "closed")
ENTITLEMENT_STATES = ("active", "past_due", "canceled")
LONGEST_NAME = 200


@dataclass(frozen=True)
class Entitlement:
    """What an account may do. `api_overage_rate` is in minor units per 1,000 requests above the soft limit.

    `api_usage_soft_limit` is how many requests a billing period includes, None when it is not counted against a limit.
    `terms` overrides single numbers of the plan.
    """

    api_access_enabled: bool
    api_plan_code: str
    api_usage_soft_limit: int | None
    api_overage_rate: int
    status: str
    terms: Mapping[str, Any]
    billing_anchor_at: dt.datetime


@dataclass(frozen=True)
class Account:
    """An account with its entitlement, None while it has none."""

    account_id: str
    name: str
    status: str
    created_at: dt.datetime
    entitlement: Entitlement | None


class Accounts:
    """Makes, changes and reads accounts."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def create(self, name: str, *, actor: str, now: dt.datetime) -> Account:
        """A new account in good standing, entitled to nothing yet."""
        cleaned = " ".join(name.split())
        if not cleaned or len(cleaned) > LONGEST_NAME or not cleaned.isprintable():
            raise OperationInvalid(f"The name {name!r} cannot be used: 1 to {LONGEST_NAME} printable characters.")
        account_id = f"acc_{secrets.token_hex(8)}"
        with self.database.begin() as connection:
            connection.execute(
                sa.insert(accounts).values(
                    account_id=account_id, name=cleaned, status="active", created_at=now, updated_at=now
                )
            )
            self._note(connection, actor, "account.created", account_id, {"name": cleaned}, now)
        return self.get(account_id)

    def get(self, account_id: str) -> Account:
        """The account. Raises AccountUnknown."""
        found = self._select(accounts.c.account_id == account_id)
        if not found:
            raise AccountUnknown(f"There is no account {account_id!r}.")
        return found[0]

    def every(self) -> list[Account]:
        """All accounts, oldest first."""
        return self._select(sa.true())

    def entitle(self, account_id: str, entitlement: Entitlement, *, actor: str, now: dt.datetime) -> Account:
        """The account, entitled as given from now on; the billing period that is running is billed by it, those before are not."""
        if entitlement.status not in ENTITLEMENT_STATES:
            raise OperationInvalid(f"{entitlement.status!r} is none of {', '.join(ENTITLEMENT_STATES)}.")
        before = self.get(account_id).entitlement
        values = {
            "api_access_enabled": entitlement.api_access_enabled,
            "api_plan_code": entitlement.api_plan_code,
            "api_usage_soft_limit": entitlement.api_usage_soft_limit,
            "api_overage_rate": entitlement.api_overage_rate,
            "status": entitlement.status,
            "terms": json.dumps(dict(entitlement.terms), sort_keys=True),
            "billing_anchor_at": entitlement.billing_anchor_at,
            "updated_at": now,
        }
        mine = entitlements.c.account_id == account_id
        with self.database.begin() as connection:
            if connection.execute(sa.update(entitlements).where(mine).values(**values)).rowcount == 0:
                connection.execute(sa.insert(entitlements).values(account_id=account_id, **values))
            change_running_terms(
                connection,
                account_id,
                plan_code=entitlement.api_plan_code,
                included=entitlement.api_usage_soft_limit,
                overage_rate=entitlement.api_overage_rate,
                now=now,
            )
            detail = {"before": _shown(before), "after": _shown(entitlement)}
            self._note(connection, actor, "entitlement.changed", account_id, detail, now)
        return self.get(account_id)

    def set_status(self, account_id: str, status: str, *, actor: str, now: dt.datetime) -> Account:
        """The account with another standing; its keys work only while it is active."""
        if status not in ACCOUNT_STATES:
            raise OperationInvalid(f"{status!r} is none of {', '.join(ACCOUNT_STATES)}.")
        before = self.get(account_id).status
        with self.database.begin() as connection:
            mine = accounts.c.account_id == account_id
            connection.execute(sa.update(accounts).where(mine).values(status=status, updated_at=now))
            detail = {"before": before, "after": status}
            self._note(connection, actor, "account.status_changed", account_id, detail, now)
        return self.get(account_id)

    def _select(self, condition: Any) -> list[Account]:
        joined = accounts.outerjoin(entitlements, accounts.c.account_id == entitlements.c.account_id)
        query = (
            sa.select(
                accounts,
                entitlements.c.api_access_enabled,
                entitlements.c.api_plan_code,
                entitlements.c.api_usage_soft_limit,
                entitlements.c.api_overage_rate,
                entitlements.c.status.label("entitlement_status"),
                entitlements.c.terms,
                entitlements.c.billing_anchor_at,
            )
            .select_from(joined)
            .where(condition)
            .order_by(accounts.c.created_at, accounts.c.account_id)
        )
        with self.database.read() as connection:
            return [_account(row) for row in connection.execute(query).mappings()]

    @staticmethod
    def _note(
        connection: sa.Connection, actor: str, action: str, account_id: str, detail: Mapping[str, Any], now: dt.datetime
    ) -> None:
        note_change(
            connection,
            actor=actor,
            action=action,
            account_id=account_id,
            subject_id=account_id,
            detail=detail,
            now=now,
        )


def _account(row: sa.RowMapping) -> Account:
    entitlement = None
    if row["api_plan_code"] is not None:
        entitlement = Entitlement(
            row["api_access_enabled"],
            row["api_plan_code"],
            row["api_usage_soft_limit"],
            row["api_overage_rate"],
            row["entitlement_status"],
            json.loads(row["terms"]),
            row["billing_anchor_at"],
        )
    return Account(row["account_id"], row["name"], row["status"], row["created_at"], entitlement)


def _shown(entitlement: Entitlement | None) -> dict[str, Any] | None:
    if entitlement is None:
        return None
    return {**vars(entitlement), "billing_anchor_at": entitlement.billing_anchor_at.isoformat()}
