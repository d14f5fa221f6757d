"""Column types that mean the same on SQLite and PostgreSQL."""

import datetime as dt
import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)


def micros(moment: dt.datetime) -> int:
    """The moment in microseconds since 1970, exactly."""
    return (moment - EPOCH) // MICROSECOND


def moment(value: int) -> dt.datetime:
    """The UTC time of that many microseconds since 1970."""
    return EPOCH + value * MICROSECOND


class UtcTime(TypeDecorator[dt.datetime]):
    """A UTC time to the microsecond. Takes aware datetimes or microseconds since 1970; gives aware UTC datetimes.

    SQLite has no type for times: there it is the number of microseconds, which sorts and compares as the time does
    (text would not: 12:00 and 12:00.5 are written in different lengths).
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> TypeEngine[Any]:
        """A whole number on SQLite, a timestamp with time zone elsewhere."""
        return dialect.type_descriptor(sa.BigInteger() if dialect.name == "sqlite" else sa.DateTime(timezone=True))

    def process_bind_param(self, value: dt.datetime | int | None, dialect: sa.Dialect) -> Any:
        """The value as the driver wants it; a datetime without a zone is refused, because its moment is unknown."""
        if value is None:
            return None
        if isinstance(value, dt.datetime) and value.tzinfo is None:
            raise ValueError(f"The time {value.isoformat()} has no zone; give it one, such as datetime.UTC.")
        if dialect.name == "sqlite":
            return micros(value) if isinstance(value, dt.datetime) else value
        return value if isinstance(value, dt.datetime) else moment(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> dt.datetime | None:
        """An aware datetime in UTC."""
        if value is None:
            return None
        return moment(value) if dialect.name == "sqlite" else value.astimezone(dt.UTC)


class TextList(TypeDecorator[list[str]]):
    """A list of texts, stored as JSON."""

    impl = sa.Text()
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> TypeEngine[Any]:
        """JSONB on PostgreSQL, text elsewhere."""
        return dialect.type_descriptor(JSONB() if dialect.name == "postgresql" else sa.Text())

    def process_bind_param(self, value: list[str] | None, dialect: sa.Dialect) -> Any:
        """JSON text on SQLite; PostgreSQL's own type writes the JSON itself."""
        if value is None or dialect.name == "postgresql":
            return value
        return list_as_json(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> list[str] | None:
        """The list."""
        return json.loads(value) if isinstance(value, str) else value


def list_as_json(values: list[str]) -> str:
    """A list of texts as JSON without spaces."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


# Counting keys: SQLite gives out numbers by itself only for a key that is exactly INTEGER.
Sequence = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
