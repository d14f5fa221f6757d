"""The database: whether it answers and holds the tables of this program."""

from collections.abc import Iterator

from stratum_pipelines.doctor.finding import Finding
from stratum_pipelines.platform import Platform
from warehouse.settings import hide_secrets
from warehouse.tables import RawOdds


def look_at_database(platform: Platform) -> Iterator[Finding]:
    """Whether the database answers and holds the tables of this program."""
    url = hide_secrets(platform.settings.database_url)
    revision = platform.database.checked_revision()
    if revision:
        yield Finding("database", "ok", f"{url}, revision {revision}")
    elif platform.lake.days(RawOdds):
        yield Finding(
            "database",
            "warning",
            f"{url} holds no tables, although the lake is filled",
            "Bring back a backup (stratum restore FOLDER), or compute all of it again: stratum backfill --stale",
        )
    else:
        yield Finding("database", "ok", f"{url}, made when it is first used")
