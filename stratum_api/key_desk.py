"""The desk that issues, rotates and revokes keys, for the command line and for an account's own requests."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from stratum_api.credentials import NewKey, digest, make_key
from stratum_api.scopes import checked_scopes
from warehouse.database import Key, Keys
from warehouse.errors import KeyUnknown, OperationInvalid

LONGEST_NAME = 100
MOST_LIVE_KEYS = 20
LONGEST_OVERLAP = dt.timedelta(days=30)


@dataclass(frozen=True)
class Issued:
    """A new key: what is remembered of it, and the key itself, which nobody can show again."""

    key: Key
    secret: NewKey


class KeyDesk:
    """Makes and ends keys. `secret` is the server's, `actor` whoever asks, as the audit trail names it."""

    def __init__(self, keys: Keys, secret: bytes, actor: str) -> None:
        self.keys = keys
        self._secret = secret
        self.actor = actor

    def issue(
        self,
        account_id: str,
        name: str,
        scopes: Sequence[str],
        *,
        now: dt.datetime,
        expires_at: dt.datetime | None = None,
    ) -> Issued:
        """A new key of an account. Raises OperationInvalid and AccountUnknown."""
        cleaned = " ".join(name.split())
        if not cleaned or len(cleaned) > LONGEST_NAME or not cleaned.isprintable():
            raise OperationInvalid(f"The name of a key has 1 to {LONGEST_NAME} printable characters.", "name")
        if expires_at is not None and expires_at <= now:
            raise OperationInvalid("A key has to end after now.", "expires_at")
        live = sum(key.is_live(now) for key in self.keys.of_account(account_id)) if account_id else 0
        if live >= MOST_LIVE_KEYS:
            raise OperationInvalid(
                f"The account has {live} keys that work, which is as many as it may: revoke one first."
            )
        made = make_key()
        key = self.keys.add(
            key_id=made.key_id,
            account_id=account_id,
            digest=digest(made.text, self._secret),
            name=cleaned,
            scopes=checked_scopes(scopes),
            expires_at=expires_at,
            actor=self.actor,
            now=now,
        )
        return Issued(key, made)

    def rotate(self, key_id: str, *, overlap: dt.timedelta, now: dt.datetime, account_id: str = "") -> Issued:
        """A new key in the place of one that goes on for `overlap`. Raises KeyUnknown, KeyEnded, OperationInvalid."""
        if not dt.timedelta(0) <= overlap <= LONGEST_OVERLAP:
            raise OperationInvalid(f"Two keys overlap for 0 to {LONGEST_OVERLAP.days} days.", "overlap_s")
        self._of(key_id, account_id)
        made = make_key()
        key = self.keys.replace(
            key_id,
            key_id=made.key_id,
            digest=digest(made.text, self._secret),
            overlap=overlap,
            actor=self.actor,
            now=now,
        )
        return Issued(key, made)

    def revoke(self, key_id: str, *, now: dt.datetime, account_id: str = "") -> Key:
        """The key, ended. Raises KeyUnknown."""
        self._of(key_id, account_id)
        return self.keys.revoke(key_id, actor=self.actor, now=now)

    def _of(self, key_id: str, account_id: str) -> None:
        """Raises KeyUnknown where the key is not there, or is another account's: the two look the same from outside."""
        if account_id and self.keys.get(key_id).account_id != account_id:
            raise KeyUnknown(f"There is no key {key_id!r}.")
