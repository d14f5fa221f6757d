"""Links by which an account shares what came of trades with whoever has them: what is shown, until when, and how often.

What a link looks like and what its digest is made with is the API's; here stands what has to be remembered. What is shown stands
in the row as it was when the link was made, redacted already, and is erased once nobody can open it any more.
"""

import datetime as dt
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from warehouse.database.access import accounts, entitlements
from warehouse.database.audit_trail import note_change
from warehouse.database.engine import Database
from warehouse.database.mirror import METADATA
from warehouse.database.types import UtcTime

# kind: what is shown. content: the document, as JSON; "" once it is erased.
share_links = sa.Table(
    "share_links",
    METADATA,
    sa.Column("share_id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.account_id"), nullable=False, index=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("is_single_use", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("n_opened", sa.BigInteger, nullable=False),
    sa.Column("opened_at", UtcTime, nullable=True),
    sa.Column("revoked_at", UtcTime, nullable=True),
)

# Compared with where there is no link to compare with, so that both take as long.
NO_DIGEST = "0" * 64


@dataclass(frozen=True)
class Share:
    """A link without its secret. `opened_at` is when it was opened last."""

    share_id: str
    account_id: str
    kind: str
    title: str
    is_single_use: bool
    created_at: dt.datetime
    expires_at: dt.datetime
    n_opened: int
    opened_at: dt.datetime | None
    revoked_at: dt.datetime | None

    def is_live(self, now: dt.datetime) -> bool:
        """Whether it can still be opened, as far as the link itself goes."""
        return self.revoked_at is None and now < self.expires_at and not (self.is_single_use and self.n_opened)


_COLUMNS = [share_links.c[name] for name in Share.__dataclass_fields__]


class Shares:
    """Stores, opens, lists and revokes links."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(self, share: Share, *, digest: str, content: str, actor: str, most: int) -> bool:
        """Whether a new link was stored: not where the account has as many as `most` that can be opened.

        What ended links of the account showed is erased meanwhile.
        """
        now = share.created_at
        with self.database.begin() as connection:
            _lock_account(connection, share.account_id)
            mine = share_links.c.account_id == share.account_id
            connection.execute(sa.update(share_links).where(mine, share_links.c.expires_at <= now).values(content=""))
            found = connection.execute(sa.select(*_COLUMNS).where(mine)).mappings()
            if sum(Share(**row).is_live(now) for row in found) >= most:
                return False
            values = {**share.__dict__, "digest": digest, "content": content}
            connection.execute(sa.insert(share_links).values(**values))
            detail = {
                "kind": share.kind,
                "is_single_use": share.is_single_use,
                "expires_at": share.expires_at.isoformat(),
            }
            _note(connection, actor, "share.created", share, detail, now)
        return True

    def open(self, share_id: str, digest: str, *, now: dt.datetime) -> str | None:
        """What a link shows; None where there is no such link, or it has ended. One for single use shows it once.

        Of any number who open such a link at a time exactly one is shown it, for each has the row to itself. A link works as long
        as its account is in good standing.
        """
        with self.database.begin() as connection:
            query = sa.select(*_COLUMNS, share_links.c.digest, share_links.c.content).where(
                share_links.c.share_id == share_id
            )
            if connection.dialect.name == "postgresql":
                query = query.with_for_update()
            row = connection.execute(query).mappings().first()
            is_right = hmac.compare_digest(row["digest"] if row else NO_DIGEST, digest)
            if row is None or not is_right:
                return None
            share = Share(**{name: row[name] for name in Share.__dataclass_fields__})
            if not share.is_live(now) or not _is_in_good_standing(connection, share.account_id):
                return None
            opened: dict[str, Any] = {"n_opened": share.n_opened + 1, "opened_at": now}
            if share.is_single_use:
                opened["content"] = ""
                _note(connection, "link", "share.used", share, {}, now)
            connection.execute(sa.update(share_links).where(share_links.c.share_id == share_id).values(**opened))
            content: str = row["content"]
            return content

    def revoke(self, account_id: str, share_id: str, *, actor: str, now: dt.datetime) -> Share | None:
        """The link, ended for good; revoking it again changes nothing. None where the account has no such link."""
        mine = (share_links.c.share_id == share_id) & (share_links.c.account_id == account_id)
        with self.database.begin() as connection:
            changed = connection.execute(
                sa.update(share_links)
                .where(mine, share_links.c.revoked_at.is_(None))
                .values(revoked_at=now, content="")
            )
            row = connection.execute(sa.select(*_COLUMNS).where(mine)).mappings().first()
            if row is None:
                return None
            if changed.rowcount:
                _note(connection, actor, "share.revoked", Share(**row), {}, now)
            return Share(**row)

    def of_account(self, account_id: str, limit: int) -> list[Share]:
        """The newest links of an account, ended ones included."""
        query = sa.select(*_COLUMNS).where(share_links.c.account_id == account_id)
        newest = query.order_by(share_links.c.created_at.desc(), share_links.c.share_id).limit(limit)
        with self.database.read() as connection:
            return [Share(**row) for row in connection.execute(newest).mappings()]


def _lock_account(connection: sa.Connection, account_id: str) -> None:
    """Let one link of an account be made at a time, so that the count of them is right."""
    if connection.dialect.name == "postgresql":
        mine = accounts.c.account_id == account_id
        connection.execute(sa.select(accounts.c.account_id).where(mine).with_for_update())


def _is_in_good_standing(connection: sa.Connection, account_id: str) -> bool:
    joined = accounts.join(entitlements, entitlements.c.account_id == accounts.c.account_id)
    query = sa.select(accounts.c.status, entitlements.c.status, entitlements.c.api_access_enabled).select_from(joined)
    found = connection.execute(query.where(accounts.c.account_id == account_id)).first()
    return found is not None and tuple(found) == ("active", "active", True)


def _note(
    connection: sa.Connection, actor: str, action: str, share: Share, detail: Mapping[str, Any], now: dt.datetime
) -> None:
    note_change(
        connection, actor=actor, action=action, account_id=share.account_id, subject_id=share.share_id, detail=detail, now=now
    )  # fmt: skip
