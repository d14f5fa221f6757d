"""The credits of a provider's key: what is known to be left, and what requests under way may yet be charged.

Every process that asks with the key holds what its request may cost at worst before it asks, and settles afterwards, so
that several at once never spend the same credit. A process that dies leaves its hold behind; the next count that was
asked for long enough afterwards holds whatever it was charged, and takes it away.
"""

import datetime as dt
import secrets
from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from warehouse.database.engine import Database
from warehouse.database.operations import credit_balances, credit_holds

# A request is over, and counted by the provider, this long after it was held for: all its attempts end within a minute.
SETTLED_AFTER = dt.timedelta(minutes=2)
# A count from further ahead than this comes from a clock that has been set right since.
CLOCK_TOLERANCE = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Count:
    """What one answer says of credits: left, used since the last renewal, charged for this very request; None where unsaid."""

    asked_at: dt.datetime
    answered_at: dt.datetime
    remaining: int | None = None
    used: int | None = None
    charged: int | None = None


@dataclass(frozen=True)
class Balance:
    """What is known of a provider's credits.

    `remaining` and `used` are the newest count. `spent` is what our own requests were charged since `since`, `outside` what
    was used beside them, by others with the same key or without our knowing; `outside_squares` is the sum of the squares of
    what was used so between two counts, from which its spread is estimated.
    """

    provider: str
    remaining: int | None
    used: int | None
    spent: int
    outside: int
    outside_squares: int
    since: dt.datetime
    asked_at: dt.datetime
    answered_at: dt.datetime

    def after(self, count: Count, month_start: dt.datetime) -> "Balance":
        """The balance with one more count taken in; `month_start` is the last renewal by the calendar.

        A count that was asked for after the last one had arrived replaces it. One that was under way at the same time may
        be the older of the two, so of both the one that leaves less is believed. Credits were renewed where the provider
        counts less as used than before, or more as left where it does not count what is used.
        """
        charged = count.charged or 0
        if self._is_renewed(count, month_start):
            return begun(self.provider, count)
        spent = replace(self, spent=self.spent + charged)
        if count.remaining is None:
            return spent
        if not self._is_later(count):
            least = min(count.remaining, self.remaining) if self.remaining is not None else count.remaining
            used = max(count.used, self.used) if count.used is not None and self.used is not None else self.used
            return replace(spent, remaining=least, used=used)
        unexplained = 0
        if count.used is not None and self.used is not None:
            unexplained = max(0, count.used - self.used - charged)
        return replace(
            spent,
            remaining=count.remaining,
            used=count.used,
            outside=self.outside + unexplained,
            outside_squares=self.outside_squares + unexplained**2,
            asked_at=count.asked_at,
            answered_at=count.answered_at,
        )

    def _is_later(self, count: Count) -> bool:
        return count.asked_at >= self.answered_at or self.answered_at > count.answered_at + CLOCK_TOLERANCE

    def _is_renewed(self, count: Count, month_start: dt.datetime) -> bool:
        if not self._is_later(count):
            return False
        if count.used is not None and self.used is not None:
            return count.used < self.used
        if count.remaining is not None and self.remaining is not None:
            return count.remaining > self.remaining
        return self.since < month_start <= count.asked_at


def begun(provider: str, count: Count) -> Balance:
    """The balance a first count gives, or the first after a renewal."""
    charged = count.charged or 0
    return Balance(
        provider, count.remaining, count.used, charged, 0, 0, count.asked_at, count.asked_at, count.answered_at
    )


@dataclass(frozen=True)
class Hold:
    """Credits kept for one request under way."""

    hold_id: str
    provider: str
    credits: int


class Credits:
    """Reads and keeps the balances of providers, each change in one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def balance(self, provider: str) -> Balance | None:
        """What is known of a provider's credits; None before the first count."""
        with self.database.read() as connection:
            return _balance(connection, provider)

    def held(self, provider: str) -> int:
        """What requests under way may yet be charged."""
        with self.database.read() as connection:
            return _held(connection, provider)

    def standing(self, provider: str) -> tuple[Balance | None, int]:
        """The balance and what is held, as of one moment."""
        with self.database.read() as connection:
            return _balance(connection, provider), _held(connection, provider)

    def hold(
        self, provider: str, at_worst: int, *, leaving: int, at_most: int | None, purpose: str, now: dt.datetime
    ) -> Hold | None:
        """Keep what a request is charged `at_worst`, if then `leaving` are left, beside all that is held already.

        `at_most` bounds what our own requests use in a month, all holds included; None leaves it open. None comes back
        where the credits are not there, or were never counted.
        """
        with self.database.begin() as connection:
            balance = _balance(connection, provider, is_locked=True)
            if balance is None:
                return None
            wanted = _held(connection, provider) + at_worst
            if balance.remaining is not None and balance.remaining - wanted < leaving:
                return None
            if at_most is not None and balance.spent + wanted > at_most:
                return None
            hold = Hold(secrets.token_hex(16), provider, at_worst)
            connection.execute(sa.insert(credit_holds).values(**asdict(hold), purpose=purpose, taken_at=now))
            return hold

    def settle(self, hold: Hold) -> None:
        """Let go of a hold whose request was answered with a count, or never sent."""
        with self.database.begin() as connection:
            connection.execute(sa.delete(credit_holds).where(credit_holds.c.hold_id == hold.hold_id))

    def learn(self, provider: str, count: Count, month_start: dt.datetime, *, settles: Hold | None = None) -> Balance:
        """Take in what an answer says; `settles` is the hold of its request, let go in the same transaction.

        An answer that counts nothing, although the provider does as a rule, lets go of no hold: what it was charged is still
        to be seen. Holds taken long before a count was asked for are let go: whatever they were charged is in it.
        """
        dialect: Any = sqlite if self.database.is_sqlite else postgresql
        with self.database.begin() as connection:
            before = _balance(connection, provider, is_locked=True)
            balance = before.after(count, month_start) if before else begun(provider, count)
            values = asdict(balance)
            changes = {name: value for name, value in values.items() if name != "provider"}
            written = dialect.insert(credit_balances).values(**values)
            connection.execute(written.on_conflict_do_update(index_elements=["provider"], set_=changes))
            over: list[sa.ColumnElement[bool]] = []
            if settles is not None and (count.remaining is not None or balance.remaining is None):
                over.append(credit_holds.c.hold_id == settles.hold_id)
            if count.remaining is not None:
                over.append(credit_holds.c.taken_at < count.asked_at - SETTLED_AFTER)
            if over:
                connection.execute(sa.delete(credit_holds).where(credit_holds.c.provider == provider, sa.or_(*over)))
            return balance


def _balance(connection: sa.Connection, provider: str, *, is_locked: bool = False) -> Balance | None:
    query = sa.select(credit_balances).where(credit_balances.c.provider == provider)
    # On SQLite a transaction that writes is alone anyway.
    row = connection.execute(query.with_for_update() if is_locked else query).mappings().first()
    return Balance(**row) if row else None


def _held(connection: sa.Connection, provider: str) -> int:
    query = sa.select(sa.func.coalesce(sa.func.sum(credit_holds.c.credits), 0))
    return int(connection.execute(query.where(credit_holds.c.provider == provider)).scalar_one())
