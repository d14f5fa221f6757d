"""Leases: locks that end by themselves when their holder dies."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from warehouse.database.engine import Database
from warehouse.database.operations import leases

RELEASED = ""


class Leases:
    """Gives out leases, each to one holder at a time.

    A holder is one piece of work (say host, process and a random part), not a program: the same holder cannot take a
    lease twice. The time is the caller's; on several machines their clocks must agree to within a fraction of the lease.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def acquire(self, name: str, holder: str, seconds: float, now: dt.datetime) -> int | None:
        """A token when the lease was free or had expired, else None.

        Tokens of one lease grow: whoever acts for it can refuse a holder with an older token.
        """
        if not holder:
            raise ValueError(f"The lease {name!r} needs a holder with a name: empty means nobody holds it.")
        dialect: Any = sqlite if self.database.is_sqlite else postgresql
        wanted = dialect.insert(leases).values(
            name=name, holder=holder, acquired_at=now, expires_at=now + dt.timedelta(seconds=seconds), token=1
        )
        # One statement decides: two at once meet at the row, and the second finds it taken.
        claim = wanted.on_conflict_do_update(
            index_elements=["name"],
            set_={
                "holder": wanted.excluded.holder,
                "acquired_at": wanted.excluded.acquired_at,
                "expires_at": wanted.excluded.expires_at,
                "token": leases.c.token + 1,
            },
            # Taken later than now by more than a lease lasts: by a clock that ran ahead and has been set right.
            where=(leases.c.expires_at <= wanted.excluded.acquired_at)
            | (leases.c.acquired_at > now + dt.timedelta(seconds=seconds)),
        ).returning(leases.c.token)
        with self.database.begin() as connection:
            return connection.execute(claim).scalar_one_or_none()

    def renew(self, name: str, holder: str, token: int, seconds: float, now: dt.datetime) -> bool:
        """Whether the lease is still this holder's, and then held until `seconds` from now.

        An expired lease that nobody took meanwhile is renewed: nobody can have acted in between.
        """
        expires_at = now + dt.timedelta(seconds=seconds)
        return self._change(name, holder, token, {"expires_at": expires_at})

    def release(self, name: str, holder: str, token: int, now: dt.datetime) -> bool:
        """Whether the lease was this holder's; it is then free at once."""
        return self._change(name, holder, token, {"holder": RELEASED, "expires_at": now})

    def holder(self, name: str, now: dt.datetime) -> str | None:
        """Who holds the lease now, None when it is free."""
        query = sa.select(leases.c.holder).where(leases.c.name == name, leases.c.expires_at > now)
        with self.database.read() as connection:
            return connection.execute(query).scalar_one_or_none()

    def _change(self, name: str, holder: str, token: int, values: dict[str, Any]) -> bool:
        held = (leases.c.name == name) & (leases.c.holder == holder) & (leases.c.token == token)
        with self.database.begin() as connection:
            return connection.execute(sa.update(leases).where(held).values(**values)).rowcount == 1
