"""How every book stands now, and how its sport is polled: what the last answer said, moved on by the clock."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from warehouse.database.engine import Database
from warehouse.database.mirror import METADATA
from warehouse.database.types import UtcTime

# A row per book, sport and market of which something is expected. What ends in _at_answer is as the last answer left it;
# state, since_at and reason go on with the clock between answers, and noticed_at is when they were written.
book_states = sa.Table(
    "book_states",
    METADATA,
    sa.Column("sport_key", sa.Text, primary_key=True),
    sa.Column("bookmaker", sa.Text, primary_key=True),
    sa.Column("market", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("since_at", UtcTime, nullable=False),
    sa.Column("noticed_at", UtcTime, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("as_of", UtcTime, nullable=False),
    sa.Column("state_at_answer", sa.Text, nullable=False),
    sa.Column("since_at_answer", UtcTime, nullable=False),
    sa.Column("reason_at_answer", sa.Text, nullable=False),
    sa.Column("last_sighted_at", UtcTime, nullable=False),
    sa.Column("expected_gap_s", sa.Double, nullable=False),
    sa.Column("limit_s", sa.Double, nullable=False),
    sa.Column("is_quoted", sa.Boolean, nullable=False),
    sa.Column("is_wanted", sa.Boolean, nullable=False),
)

# How a sport is polled, as noted after each time it was asked for.
polled_sports = sa.Table(
    "polled_sports",
    METADATA,
    sa.Column("sport_key", sa.Text, primary_key=True),
    sa.Column("asked_at", UtcTime, nullable=False),
    sa.Column("due_at", UtcTime, nullable=False),
    sa.Column("n_failed", sa.Integer, nullable=False),
)

_KEY = ("sport_key", "bookmaker", "market")


@dataclass(frozen=True)
class PolledSport:
    """When a sport was last asked for, when it is due again, and how many times in a row asking failed."""

    sport_key: str
    asked_at: dt.datetime
    due_at: dt.datetime
    n_failed: int


class BookStates:
    """Reads and writes how the books stand."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def publish(self, sport_key: str, as_of: dt.datetime, states: pl.DataFrame) -> None:
        """Put what the answer received at `as_of` says of a sport in the place of what is stored, unless that is newer.

        `states` has the columns sport_key, bookmaker, market, and those of the table from as_of on. A state that stood
        already keeps the moment at which it was noticed.
        """
        rows = [
            {
                **row,
                "state": row["state_at_answer"],
                "since_at": row["since_at_answer"],
                "reason": row["reason_at_answer"],
                "noticed_at": as_of,
            }
            for row in states.to_dicts()
        ]
        dialect: Any = sqlite if self.database.is_sqlite else postgresql
        insert = dialect.insert(book_states)
        is_new = book_states.c.state != insert.excluded.state
        changes = {column.name: insert.excluded[column.name] for column in book_states.c if column.name not in _KEY}
        for name in ("since_at", "noticed_at"):
            changes[name] = sa.case((is_new, insert.excluded[name]), else_=book_states.c[name])
        upsert = insert.on_conflict_do_update(index_elements=_KEY, set_=changes)
        mine = book_states.c.sport_key == sport_key
        with self.database.begin() as connection:
            newest: dt.datetime | None = connection.execute(
                sa.select(sa.func.max(book_states.c.as_of)).where(mine)
            ).scalar_one()
            if newest is not None and newest > as_of:
                return
            if rows:
                connection.execute(upsert, rows)
            # Of books that are no longer named nothing is expected any more.
            connection.execute(sa.delete(book_states).where(mine, book_states.c.as_of < as_of))

    def rows(self, sport_key: str | None = None) -> list[dict[str, Any]]:
        """The stored rows, of one sport if named, by key."""
        query = sa.select(book_states).order_by(*(book_states.c[name] for name in _KEY))
        if sport_key is not None:
            query = query.where(book_states.c.sport_key == sport_key)
        with self.database.read() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def change(self, row: dict[str, Any], state: str, since_at: dt.datetime, reason: str, now: dt.datetime) -> bool:
        """Whether a row that was read is changed to this state: not where an answer has come since."""
        mine = sa.and_(*(book_states.c[name] == row[name] for name in (*_KEY, "as_of", "state")))
        values = {"state": state, "since_at": since_at, "reason": reason, "noticed_at": now}
        with self.database.begin() as connection:
            return connection.execute(sa.update(book_states).where(mine).values(**values)).rowcount == 1

    def note_polled(self, sport: PolledSport) -> None:
        """Write down how a sport is polled."""
        values = vars(sport)
        dialect: Any = sqlite if self.database.is_sqlite else postgresql
        insert = dialect.insert(polled_sports).values(**values)
        with self.database.begin() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=["sport_key"], set_=values))

    def polled(self) -> dict[str, PolledSport]:
        """How the sports are polled, by sport_key."""
        with self.database.read() as connection:
            found = [PolledSport(**row) for row in connection.execute(sa.select(polled_sports)).mappings()]
        return {sport.sport_key: sport for sport in found}
