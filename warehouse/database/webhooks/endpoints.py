"""Webhook endpoints: registered, changed, disabled and ended, each change with its entry in the audit trail."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import sqlalchemy as sa

from warehouse.database.access import accounts, entitlements
from warehouse.database.audit_trail import note_change
from warehouse.database.engine import Database
from warehouse.database.outbox import Draft, add_to_outbox
from warehouse.database.webhooks.ordering import put_in_order, wait_for_fan_out
from warehouse.database.webhooks.secrets import NewSecret, add_secrets, drop_secrets
from warehouse.database.webhooks.tables import webhook_endpoints, webhook_health
from warehouse.errors import AccountUnknown, EndpointsExhausted, EndpointUnknown, OperationInvalid

# Why an endpoint is disabled.
PARTNER, GONE, FAILING = "partner", "gone", "failing"
HEALTHY: dict[str, Any] = {
    "n_failures": 0,
    "failing_since": None,
    "is_open": False,
    "n_opened": 0,
    "paused_until": None,
    "paced_until": None,
}


@dataclass(frozen=True)
class EndpointTerms:
    """What the owner of an endpoint decides.

    `filters` says what a message has to be (empty: anything), `rate_per_s` how many deliveries a second it takes at most
    (None: any number), `batch_size` how many messages go into one body, `queue` which dispatchers deliver to it.
    """

    url: str = field(repr=False)  # its path and query may hold what nobody else should read
    event_types: tuple[str, ...]
    filters: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""
    is_enabled: bool = True
    is_ordered: bool = False
    batch_size: int = 1
    rate_per_s: float | None = None
    timeout_s: float = 5.0
    queue: str = "default"


@dataclass(frozen=True)
class Endpoint:
    """A registered endpoint. `disabled_reason` is empty while it is enabled, else partner, gone or failing."""

    endpoint_id: str
    account_id: str
    terms: EndpointTerms
    disabled_reason: str
    created_at: dt.datetime
    updated_at: dt.datetime
    enabled_at: dt.datetime


CHANGEABLE = tuple(one.name for one in fields(EndpointTerms))


class Endpoints:
    """Registers, changes, disables, ends and lists endpoints."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(
        self,
        *,
        endpoint_id: str,
        account_id: str,
        terms: EndpointTerms,
        secrets: Sequence[NewSecret],
        most: int,
        actor: str,
        now: dt.datetime,
    ) -> Endpoint:
        """A new endpoint with its secrets, unless the account has `most` already.

        Raises AccountUnknown and EndpointsExhausted.
        """
        with self.database.begin() as connection:
            _lock_account(connection, account_id)
            mine = (webhook_endpoints.c.account_id == account_id) & webhook_endpoints.c.ended_at.is_(None)
            held = connection.execute(sa.select(sa.func.count()).where(mine)).scalar_one()
            if held >= most:
                raise EndpointsExhausted(
                    f"The account has {held} webhook endpoints, which is as many as it may.",
                    "Delete one that is no longer needed, or change to a plan that includes more.",
                )
            connection.execute(
                sa.insert(webhook_endpoints).values(
                    endpoint_id=endpoint_id,
                    account_id=account_id,
                    **_columns(asdict(terms)),
                    disabled_reason="" if terms.is_enabled else PARTNER,
                    created_at=now,
                    updated_at=now,
                    enabled_at=now,
                )
            )
            connection.execute(sa.insert(webhook_health).values(endpoint_id=endpoint_id, **HEALTHY))
            add_secrets(connection, endpoint_id, secrets, now)
            detail = {"event_types": list(terms.event_types), "secrets": [secret.secret_id for secret in secrets]}
            _note(connection, actor, "webhook_endpoint.registered", account_id, endpoint_id, detail, now)
        return self.get(endpoint_id)

    def change(self, endpoint_id: str, changes: Mapping[str, Any], *, actor: str, now: dt.datetime) -> Endpoint:
        """The endpoint with some of its terms changed, by their names in EndpointTerms.

        Enabling one makes its health as new: it gets messages written from now on, and what was still pending.
        Raises EndpointUnknown, and OperationInvalid for a name that is not a term.
        """
        unknown = sorted(set(changes) - set(CHANGEABLE))
        if unknown:
            raise OperationInvalid(f"{', '.join(unknown)} cannot be changed. Changeable are {', '.join(CHANGEABLE)}.")
        with self.database.begin() as connection:
            old = _locked(connection, endpoint_id)
            values: dict[str, Any] = {**_columns(dict(changes)), "updated_at": now}
            # Deliveries before the health, as a dispatcher's round does: neither then locks the other out.
            if changes.get("is_ordered") and not old.terms.is_ordered:
                wait_for_fan_out(connection)
                put_in_order(connection, endpoint_id)
            is_enabled = changes.get("is_enabled", old.terms.is_enabled)
            if is_enabled and not old.terms.is_enabled:
                values |= {"disabled_reason": "", "enabled_at": now}
                _reset_health(connection, endpoint_id)
            elif not is_enabled and old.terms.is_enabled:
                values["disabled_reason"] = PARTNER
            if changes.get("url", old.terms.url) != old.terms.url:
                _reset_health(connection, endpoint_id)
            mine = webhook_endpoints.c.endpoint_id == endpoint_id
            connection.execute(sa.update(webhook_endpoints).where(mine).values(**values))
            # The address itself stays out: its path or query may hold a secret of the partner's.
            detail: dict[str, Any] = {"changed": sorted(changes)}
            if "is_enabled" in changes:
                detail["is_enabled"] = is_enabled
            _note(connection, actor, "webhook_endpoint.changed", old.account_id, endpoint_id, detail, now)
        return self.get(endpoint_id)

    def disable(
        self,
        endpoint_id: str,
        reason: str,
        notice: Draft,
        *,
        unchanged_since: dt.datetime,
        actor: str,
        now: dt.datetime,
    ) -> bool:
        """Whether the endpoint was enabled and is now disabled for a reason, with a notice in the outbox.

        One that was changed after `unchanged_since`, when what speaks against it happened, stays as it is: its owner may have mended it.
        What is pending stays so, and goes out when the endpoint is enabled again.
        """
        with self.database.begin() as connection:
            mine = (webhook_endpoints.c.endpoint_id == endpoint_id) & webhook_endpoints.c.is_enabled
            mine &= webhook_endpoints.c.updated_at <= unchanged_since
            values = {"is_enabled": False, "disabled_reason": reason, "updated_at": now}
            change = sa.update(webhook_endpoints).where(mine, webhook_endpoints.c.ended_at.is_(None)).values(**values)
            account_id = connection.execute(change.returning(webhook_endpoints.c.account_id)).scalar_one_or_none()
            if account_id is None:
                return False
            add_to_outbox(connection, [notice], now)
            _note(connection, actor, "webhook_endpoint.disabled", account_id, endpoint_id, {"reason": reason}, now)
        return True

    def end(self, endpoint_id: str, *, actor: str, now: dt.datetime) -> None:
        """Delete the endpoint and its secrets; its deliveries and attempts stay until they are pruned. Raises EndpointUnknown."""
        with self.database.begin() as connection:
            old = _locked(connection, endpoint_id)
            mine = webhook_endpoints.c.endpoint_id == endpoint_id
            values = {"is_enabled": False, "ended_at": now, "updated_at": now}
            connection.execute(sa.update(webhook_endpoints).where(mine).values(**values))
            drop_secrets(connection, endpoint_id)
            _note(connection, actor, "webhook_endpoint.deleted", old.account_id, endpoint_id, {}, now)

    def get(self, endpoint_id: str) -> Endpoint:
        """The endpoint. Raises EndpointUnknown."""
        with self.database.read() as connection:
            return _found(connection, endpoint_id)

    def of_account(self, account_id: str) -> list[Endpoint]:
        """Every endpoint of an account that is not deleted, oldest first; of all accounts when the id is empty."""
        query = sa.select(webhook_endpoints).where(webhook_endpoints.c.ended_at.is_(None))
        if account_id:
            query = query.where(webhook_endpoints.c.account_id == account_id)
        query = query.order_by(webhook_endpoints.c.created_at, webhook_endpoints.c.endpoint_id)
        with self.database.read() as connection:
            return [_endpoint(row) for row in connection.execute(query).mappings()]

    def live(self) -> list[tuple[Endpoint, str, dict[str, Any]]]:
        """Every enabled endpoint of an account in good standing, oldest first, with the account's plan and its own terms."""
        query = (
            sa.select(webhook_endpoints, entitlements.c.api_plan_code, entitlements.c.terms)
            .join(accounts, accounts.c.account_id == webhook_endpoints.c.account_id)
            .join(entitlements, entitlements.c.account_id == webhook_endpoints.c.account_id)
            .where(webhook_endpoints.c.is_enabled, webhook_endpoints.c.ended_at.is_(None))
            .where(accounts.c.status == "active", entitlements.c.status == "active", entitlements.c.api_access_enabled)
            .order_by(webhook_endpoints.c.created_at, webhook_endpoints.c.endpoint_id)
        )
        with self.database.read() as connection:
            rows = connection.execute(query).mappings()
            return [(_endpoint(row), row["api_plan_code"], json.loads(row["terms"])) for row in rows]


def _lock_account(connection: sa.Connection, account_id: str) -> None:
    query = sa.select(accounts.c.account_id).where(accounts.c.account_id == account_id).with_for_update()
    if connection.execute(query).first() is None:
        raise AccountUnknown(f"There is no account {account_id!r}.")


def _locked(connection: sa.Connection, endpoint_id: str) -> Endpoint:
    """The endpoint, kept from other changes until the transaction ends."""
    mine = webhook_endpoints.c.endpoint_id == endpoint_id
    connection.execute(sa.select(webhook_endpoints.c.endpoint_id).where(mine).with_for_update())
    return _found(connection, endpoint_id)


def _found(connection: sa.Connection, endpoint_id: str) -> Endpoint:
    mine = (webhook_endpoints.c.endpoint_id == endpoint_id) & webhook_endpoints.c.ended_at.is_(None)
    row = connection.execute(sa.select(webhook_endpoints).where(mine)).mappings().first()
    if row is None:
        raise EndpointUnknown(f"There is no webhook endpoint {endpoint_id!r}.")
    return _endpoint(row)


def _endpoint(row: sa.RowMapping) -> Endpoint:
    terms = {name: row[name] for name in CHANGEABLE}
    terms |= {"event_types": tuple(row["event_types"]), "filters": json.loads(row["filters"])}
    rest = {one.name: row[one.name] for one in fields(Endpoint) if one.name != "terms"}
    return Endpoint(terms=EndpointTerms(**terms), **rest)


def _columns(terms: dict[str, Any]) -> dict[str, Any]:
    """Terms as the table holds them."""
    if "event_types" in terms:
        terms["event_types"] = list(terms["event_types"])
    if "filters" in terms:
        terms["filters"] = json.dumps(dict(terms["filters"]), sort_keys=True, separators=(",", ":"))
    return terms


def _reset_health(connection: sa.Connection, endpoint_id: str) -> None:
    connection.execute(sa.update(webhook_health).where(webhook_health.c.endpoint_id == endpoint_id).values(**HEALTHY))


def _note(
    connection: sa.Connection,
    actor: str,
    action: str,
    account_id: str,
    endpoint_id: str,
    detail: Mapping[str, Any],
    now: dt.datetime,
) -> None:
    note_change(
        connection, actor=actor, action=action, account_id=account_id, subject_id=endpoint_id, detail=detail, now=now
    )
