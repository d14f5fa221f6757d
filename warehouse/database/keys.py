"""Keys of the API as the database knows them: an id, the digest of the key, its scopes and how long it holds.

What a key looks like and how its digest is made is the API's; here stands what has to be remembered. Every change leaves an
entry in the audit trail, which is also what tells caches that something changed.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from warehouse.database.access import accounts, api_keys
from warehouse.database.audit_trail import note_change
from warehouse.database.engine import Database
from warehouse.errors import AccountUnknown, KeyEnded, KeyUnknown


@dataclass(frozen=True)
class Key:
    """A key without its secret. `replaced_by` is the id of the key it was rotated to."""

    key_id: str
    account_id: str
    name: str
    scopes: tuple[str, ...]
    created_at: dt.datetime
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None
    replaced_by: str | None
    last_used_at: dt.datetime | None

    def is_live(self, now: dt.datetime) -> bool:
        """Whether it opens the door at a moment, as far as the key itself goes."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class Keys:
    """Stores, rotates, revokes and lists keys."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(
        self,
        *,
        key_id: str,
        account_id: str,
        digest: str,
        name: str,
        scopes: Sequence[str],
        expires_at: dt.datetime | None,
        actor: str,
        now: dt.datetime,
    ) -> Key:
        """A new key of an account. Raises AccountUnknown."""
        with self.database.begin() as connection:
            known = connection.execute(sa.select(accounts.c.status).where(accounts.c.account_id == account_id)).first()
            if known is None:
                raise AccountUnknown(f"There is no account {account_id!r}.")
            _insert(connection, key_id, account_id, digest, name, scopes, expires_at, now)
            detail = {"name": name, "scopes": list(scopes), "expires_at": _text(expires_at)}
            _note(connection, actor, "key.issued", account_id, key_id, detail, now)
        return self.get(key_id)

    def replace(
        self, old_id: str, *, key_id: str, digest: str, overlap: dt.timedelta, actor: str, now: dt.datetime
    ) -> Key:
        """A new key in the place of a live one, which goes on working for `overlap` and then ends.

        The new key has the name, the scopes and the end of the old one. Raises KeyUnknown, and KeyEnded when the old one no
        longer works or has been replaced already.
        """
        with self.database.begin() as connection:
            old = _locked(connection, old_id)
            if not old.is_live(now):
                raise KeyEnded(f"The key {old_id} no longer works, so there is nothing to rotate.", "Issue a new one.")
            if old.replaced_by is not None:
                raise KeyEnded(f"The key {old_id} has been rotated already, to {old.replaced_by}.", "Rotate that one.")
            ends_at = now + overlap if old.expires_at is None else min(now + overlap, old.expires_at)
            _insert(connection, key_id, old.account_id, digest, old.name, old.scopes, old.expires_at, now)
            mine = api_keys.c.key_id == old_id
            connection.execute(sa.update(api_keys).where(mine).values(expires_at=ends_at, replaced_by=key_id))
            detail = {"replaced_by": key_id, "ends_at": _text(ends_at)}
            _note(connection, actor, "key.rotated", old.account_id, old_id, detail, now)
        return self.get(key_id)

    def revoke(self, key_id: str, *, actor: str, now: dt.datetime) -> Key:
        """The key, ended for good; revoking it again changes nothing. Raises KeyUnknown."""
        with self.database.begin() as connection:
            old = _locked(connection, key_id)
            if old.revoked_at is None:
                connection.execute(sa.update(api_keys).where(api_keys.c.key_id == key_id).values(revoked_at=now))
                _note(connection, actor, "key.revoked", old.account_id, key_id, {"name": old.name}, now)
        return self.get(key_id)

    def get(self, key_id: str) -> Key:
        """The key. Raises KeyUnknown."""
        with self.database.read() as connection:
            return _found(connection, key_id)

    def of_account(self, account_id: str) -> list[Key]:
        """Every key of an account, oldest first; of all accounts when the id is empty."""
        query = sa.select(*_COLUMNS).order_by(api_keys.c.created_at, api_keys.c.key_id)
        if account_id:
            query = query.where(api_keys.c.account_id == account_id)
        with self.database.read() as connection:
            return [_key(row) for row in connection.execute(query).mappings()]

    def note_use(self, used: Mapping[str, dt.datetime]) -> None:
        """Remember when keys were last used; an earlier time than the one that stands changes nothing."""
        change = (
            sa.update(api_keys)
            .where(
                api_keys.c.key_id == sa.bindparam("id"),
                sa.or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < sa.bindparam("at")),
            )
            .values(last_used_at=sa.bindparam("at"))
        )
        if used:
            with self.database.begin() as connection:
                # In the order of ids: two workers that write the same keys then wait for each other instead of locking.
                connection.execute(change, [{"id": key_id, "at": at} for key_id, at in sorted(used.items())])


_COLUMNS = [column for column in api_keys.columns if column.name != "digest"]


def _insert(
    connection: sa.Connection,
    key_id: str,
    account_id: str,
    digest: str,
    name: str,
    scopes: Sequence[str],
    expires_at: dt.datetime | None,
    now: dt.datetime,
) -> None:
    connection.execute(
        sa.insert(api_keys).values(
            key_id=key_id,
            account_id=account_id,
            name=name,
            digest=digest,
            scopes=list(scopes),
            created_at=now,
            expires_at=expires_at,
        )
    )


def _locked(connection: sa.Connection, key_id: str) -> Key:
    """The key, kept from other changes until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(api_keys.c.key_id).where(api_keys.c.key_id == key_id).with_for_update())
    return _found(connection, key_id)


def _found(connection: sa.Connection, key_id: str) -> Key:
    row = connection.execute(sa.select(*_COLUMNS).where(api_keys.c.key_id == key_id)).mappings().first()
    if row is None:
        raise KeyUnknown(f"There is no key {key_id!r}.")
    return _key(row)


def _key(row: sa.RowMapping) -> Key:
    values: dict[str, Any] = {**row, "scopes": tuple(row["scopes"])}
    return Key(**values)


def _note(
    connection: sa.Connection,
    actor: str,
    action: str,
    account_id: str,
    key_id: str,
    detail: Mapping[str, Any],
    now: dt.datetime,
) -> None:
    note_change(
        connection, actor=actor, action=action, account_id=account_id, subject_id=key_id, detail=detail, now=now
    )


def _text(moment: dt.datetime | None) -> str | None:
    return moment.isoformat() if moment else None
