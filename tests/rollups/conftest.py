"""A lake of random trades, and builds of it that share one reading of dbt's project."""

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from stratum_pipelines.rollups.build import Built, build
from stratum_pipelines.rollups.declaring import parse
from stratum_pipelines.rollups.settings import RollupSettings
from tests.trade_rows import signals, trades
from warehouse.lake import Lake
from warehouse.marts import MARTS, Shelf
from warehouse.settings import Settings, read_settings
from warehouse.tables import Signals, Trades
from warehouse.views import query

FIRST = dt.date(2026, 3, 27)


class Warehouse:
    """A lake with its marts, in a folder of its own."""

    def __init__(self, home: Path, manifest: Any) -> None:
        self.settings: Settings = read_settings({"STRATUM_HOME": str(home)})
        self.lake = Lake(self.settings.lake_url)
        self.shelf = Shelf(home / MARTS)
        self.manifest = manifest
        self.zone = "UTC"

    def build(self, **how: Any) -> Built:
        """One build."""
        return build(self.settings, self.lake, RollupSettings(self.zone), manifest=self.manifest, **how)

    def ask(self, sql: str) -> pl.DataFrame:
        """The rows of a query, as `stratum sql` gives them."""
        return query(self.lake, sql, self.shelf)

    def files(self) -> dict[str, tuple[int, bytes]]:
        """Every published file and the list of them, with when it was written and its bytes."""
        paths = [path for path in self.shelf.folder.rglob("*") if path.suffix in (".parquet", ".json")]
        return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in paths}

    def fill(self, n_days: int = 4, n: int = 300, *, seed: int = 7, first: dt.date = FIRST) -> None:
        """Random trades of some days, and the signals some of them followed."""
        chance = np.random.default_rng(seed)
        for number in range(n_days):
            day = first + dt.timedelta(days=number)
            followed = signals(chance, day, 20)
            self.lake.replace(Signals, day, followed)
            self.lake.replace(Trades, day, trades(chance, day, n, followed))


@pytest.fixture(scope="session")
def manifest() -> Any:
    """dbt's reading of the project, once for all tests."""
    return parse()


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory, manifest: Any) -> Warehouse:
    """Four days over the night in which London's clocks change, built; for reading only."""
    warehouse = Warehouse(tmp_path_factory.mktemp("rollups") / "home", manifest)
    warehouse.zone = "Europe/London"
    warehouse.fill()
    assert warehouse.build().is_published
    return warehouse


@pytest.fixture
def warehouse(tmp_path: Path, built_once: Warehouse) -> Warehouse:
    """A copy of it to change."""
    shutil.copytree(built_once.settings.home, tmp_path / "home")
    copy = Warehouse(tmp_path / "home", built_once.manifest)
    copy.zone = built_once.zone
    return copy


def rebuilt(built: Built) -> dict[str, tuple[str, ...]]:
    """What a build made again, by mart; those that stayed as they are left out."""
    return {mart.name: mart.rebuilt for mart in built.marts if mart.rebuilt}
