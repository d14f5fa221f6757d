"""What was refused of late."""

import datetime as dt
from collections.abc import Iterator

from stratum_pipelines.doctor.finding import Finding
from stratum_pipelines.platform import Platform
from warehouse.tables import Quarantine


def look_at_quarantine(platform: Platform, now: dt.datetime) -> Iterator[Finding]:
    """What was refused in the last seven days, by reason."""
    since = now - dt.timedelta(days=7)
    recent = platform.lake.scan(Quarantine, first=since.date()).group_by("reason").len().sort("reason").collect()
    if recent.is_empty():
        yield Finding("quarantine", "ok", "nothing refused in the last 7 days")
    for reason, count in recent.iter_rows():
        yield Finding(
            "quarantine",
            "warning",
            f"{count:,} refused in the last 7 days: {reason}",
            'stratum sql "select reason, detail, count(*) from quarantine group by all order by 3 desc limit 10"',
        )
