"""What the dispatcher's tests share: a migrated database on each engine, copied from one that was migrated before."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import fresh_database
from warehouse.database import Database


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty migrated database on each engine."""
    if request.param == "sqlite":
        file = tmp_path / "stratum.db"
        shutil.copy(request.getfixturevalue("migrated_file"), file)
        with Database(f"sqlite:///{file}") as opened:
            yield opened
        return
    with fresh_database(request.getfixturevalue("migrated_name")) as url, Database(url) as opened:
        yield opened
