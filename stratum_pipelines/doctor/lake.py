"""The lake: how much it holds, and whether more can be written."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from stratum_pipelines.doctor.finding import Finding
from stratum_pipelines.doctor.rights import withheld
from stratum_pipelines.platform import Platform
from warehouse.errors import FileDamaged
from warehouse.settings import hide_secrets
from warehouse.tables import TABLES


def look_at_lake(platform: Platform) -> Iterator[Finding]:
    """How much each table holds, and whether more can be written."""
    fault = _fault(platform.settings.lake_url)
    if fault:
        yield fault
        return
    rows = {}
    for table in TABLES:
        try:
            rows[table.name] = platform.lake.scan(table).select(pl.len()).collect().item()
        except FileDamaged as error:
            yield Finding("lake", "fault", error.said, error.remedy)
    held = ", ".join(f"{name} {count:,}" for name, count in rows.items() if count)
    where = hide_secrets(platform.settings.lake_url)
    yield Finding("lake", "ok", f"{where}: {held or 'empty'}", "" if held else "Fill it with: stratum run")


def _fault(lake_url: str) -> Finding | None:
    """What stands in the way of writing a lake on this machine's disk."""
    folder = Path(lake_url)
    if "://" in lake_url or not folder.exists():
        return None
    if not folder.is_dir():
        return Finding("lake", "fault", f"{folder} is no folder", "Name another with STRATUM_LAKE_URL.")
    if missing := withheld(folder):
        return Finding("lake", "fault", f"{folder} {missing}", "Give this user the rights to it.")
    return None
