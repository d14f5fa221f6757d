"""Settings of the rollups: where days begin, and how much a build may take."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from warehouse.settings import Setting

ZONE = Setting(
    "STRATUM_ROLLUP_ZONE",
    "UTC",
    "The time zone whose days, weeks and months trades are added up by, such as Europe/London; changing it builds all rollups anew.",
)
MEMORY = Setting(
    "STRATUM_ROLLUP_MEMORY_MB", "800", "Memory DuckDB may take for queries while rollups are built, in megabytes."
)
SETTINGS: tuple[Setting, ...] = (ZONE, MEMORY)
LEAST_MEMORY_MB = 200


@dataclass(frozen=True)
class RollupSettings:
    """The settings of the rollups."""

    zone: str = "UTC"
    memory_mb: int = 800


def read_rollup_settings(environ: Mapping[str, str]) -> RollupSettings:
    """The settings of the rollups from an environment, checked. Raises SettingInvalid by name."""
    return RollupSettings(_zone(environ), MEMORY.whole(environ, at_least=LEAST_MEMORY_MB))


def _zone(environ: Mapping[str, str]) -> str:
    zone = ZONE.text(environ)
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ZONE.invalid(zone, "the name of a time zone, such as Europe/London") from None
    return zone
