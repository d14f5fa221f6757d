"""What the warehouse's tests share: a migrated database, once on SQLite and once on PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from warehouse.database import Database


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database on each engine."""
    if request.param == "postgres":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path / 'stratum.db'}"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty migrated database on each engine."""
    opened = Database(database_url)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def other_database(
    tmp_path: Path, request: pytest.FixtureRequest, database: Database
) -> Iterator[Callable[[], Database]]:
    """Makes a second empty database on the engine that `database` is not on."""
    from tests.postgres import fresh_database

    opened = []
    with fresh_database() as postgres_url:
        url = postgres_url if database.is_sqlite else f"sqlite:///{tmp_path / 'other.db'}"

        def make() -> Database:
            opened.append(Database(url))
            return opened[-1]

        yield make
        for one in opened:
            one.close()
