"""dbt's own documentation of the models: one page with everything inside it."""

from pathlib import Path

from stratum_pipelines.rollups.building import Building
from stratum_pipelines.rollups.current import held
from stratum_pipelines.rollups.project import call, parted, variables
from stratum_pipelines.rollups.settings import RollupSettings
from warehouse.errors import OperationRefused
from warehouse.lake import Lake
from warehouse.marts import MARTS, Shelf
from warehouse.settings import Settings


def write_documentation(settings: Settings, lake: Lake, rules: RollupSettings) -> Path:
    """The page, `STRATUM_HOME/dbt/target/static_index.html`; manifest.json and catalog.json lie beside it."""
    shelf = Shelf(settings.home / MARTS)
    with held(Building(lake, shelf, rules)):
        told = variables(rules.zone, parted())
        result = call(["docs", "generate", "--static"], settings.home, told, keeps_json=True)
    if result.exception is not None or not result.success:
        raise OperationRefused(f"dbt could not write its documentation: {result.exception}")
    return settings.home / "dbt" / "target" / "static_index.html"
