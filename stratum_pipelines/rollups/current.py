"""The build that is going on in this process: dbt makes its plugin itself, and this is how it finds the build."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from warehouse.errors import OperationRefused

if TYPE_CHECKING:
    from stratum_pipelines.rollups.building import Building

_HELD: list["Building"] = []


@contextmanager
def held(building: "Building") -> Iterator[None]:
    """Make a build the one that is going on."""
    if _HELD:
        raise OperationRefused("Rollups are being built in this process already: wait for it to end.")
    _HELD.append(building)
    try:
        yield
    finally:
        _HELD.clear()


def current() -> "Building":
    """The build that is going on. Refused when dbt was started by itself."""
    if not _HELD:
        raise OperationRefused("dbt does not build the rollups by itself: use stratum rollups build.")
    return _HELD[-1]
