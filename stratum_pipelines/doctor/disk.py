"""The room that is left on the disk."""

import shutil
from collections.abc import Iterator

from stratum_pipelines.doctor.finding import Finding
from stratum_pipelines.platform import Platform

LOW_DISK_BYTES = 2 * 1024**3


def look_at_disk(platform: Platform) -> Iterator[Finding]:
    """Whether the disk under the home has room for what is to come."""
    free = shutil.disk_usage(platform.settings.home if platform.settings.home.exists() else ".").free
    low = free < LOW_DISK_BYTES
    remedy = "Free some space, or shorten the retention of raw_odds." if low else ""
    yield Finding("disk", "warning" if low else "ok", f"{free / 1024**3:.1f} GiB free", remedy)
