"""How large Dagster's own storage grows: the events, ticks and runs of days of polling written for real, then measured.

`python -m tests.pipelines.event_log_size` writes a few days as the sensors and schedules do, counts bytes per kind in the
SQLite files, and works out what a year comes to with and without pruning. It measures; nothing here passes or fails.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import sqlalchemy as sa

from stratum_pipelines.defs.checks import CLOSED, COMPUTED, INGESTED
from stratum_pipelines.defs.poll import DAILY, KEPT_WHOLE, Reported, write_cursor
from stratum_pipelines.defs.pruning import prune_log, shrink
from stratum_pipelines.defs.settings import LOG_DAYS
from stratum_pipelines.defs.shown import materialised, rows_shown
from stratum_pipelines.poller import Progress

DAYS = 1
ROLL_UPS = 24 * 3600 // 300
# Of its verdicts a look reports those that changed, and all of them every six hours.
LOOKS = 4
PICTURE = "![A line](data:image/png;base64," + "A" * 3_700 + ")"
RESPONSE = "0123456789abcdef" * 2
KEPT_DAYS = int(LOG_DAYS.default or 0)


def roll_up(day: str, n: int) -> Iterator[dg.AssetMaterialization]:
    """The events of one report of polling; with its pictures."""
    for name in DAILY:
        shown = rows_shown(n * 500, rows_added=500, polls=5, last_response_id=RESPONSE)
        if name == "consensus" or (name in ("odds_snapshots", "signals") and n % 12 == 0):
            shown["plot"] = dg.MetadataValue.md(PICTURE)
        event = materialised(name, shown, version=RESPONSE, inputs={"raw_odds": RESPONSE})
        yield dg.AssetMaterialization(name, metadata=event.metadata, tags=event.tags, partition=day)
    for name in KEPT_WHOLE if n % 12 == 0 else ():
        yield materialised(name, {"dagster/row_count": n}, version=RESPONSE, inputs={"raw_odds": RESPONSE})


def look(n: int) -> Iterator[dg.AssetCheckEvaluation]:
    """The evaluations of one look at the open day."""
    for tables in (INGESTED, COMPUTED, CLOSED):
        for name, checks in tables.items():
            for check in checks:
                yield dg.AssetCheckEvaluation(
                    asset_key=dg.AssetKey(name),
                    check_name=check.name,
                    passed=True,
                    description=check.description,
                    metadata={"days": 1, "rows": n, "last_day": "2026-11-21"},
                    blocking=True,
                )


def size(folder: Path, pattern: str) -> int:
    """Bytes of the files of a storage."""
    return sum(file.stat().st_size for file in folder.rglob(pattern))


def measure() -> None:
    """Write, count, print."""
    home = Path(tempfile.mkdtemp(prefix="event-log-size-"))
    repository = Path(__file__).resolve().parents[2]
    (home / "dagster.yaml").write_text((repository / "dagster.yaml").read_text("utf-8"), "utf-8")
    os.environ["DAGSTER_HOME"] = str(home)
    with dg.DagsterInstance.get() as instance:
        shrink(instance)
        empty = size(home, "event_log.db*")
        n_events = 0
        for day in range(DAYS):
            for n in range(ROLL_UPS):
                for event in roll_up(f"2026-11-{day + 1:02d}", n):
                    instance.report_runless_asset_event(event)
                    n_events += 1
        shrink(instance)
        polling = (size(home, "event_log.db*") - empty) / DAYS
        before = size(home, "event_log.db*")
        for n in range(LOOKS):
            for evaluation in look(n):
                instance.report_runless_asset_event(evaluation)
        shrink(instance)
        looking = size(home, "event_log.db*") - before
        with instance.event_log_storage.index_connection() as connection:
            mean = connection.execute(sa.text("select avg(length(event)) from event_logs")).scalar_one()
        pruned = prune_log(instance, time.time() + 3600)
        shrink(instance)
        left = size(home, "event_log.db*") - empty
    cursor = write_cursor(
        Progress({"americanfootball_nfl": 1}, {"americanfootball_nfl": 0}, 1),
        Reported(1, 1, {f"{name} 2026-11-21": 1_000_000 for name in DAILY}, ["2026-11-21"], 1, {"MOVE": 1}, RESPONSE),
    )
    mb = 1024 * 1024
    print(f"events a day from polling:     {n_events // DAYS:,}, {polling / mb:.2f} MB (mean event {mean:.0f} bytes)")
    print(f"evaluations a day from looks:  {LOOKS * len(list(look(0))):,}, {looking / mb:.2f} MB")
    print(f"a year without pruning:        {(polling + looking) * 365 / mb:.0f} MB")
    print(f"left of {DAYS} days once pruned:      {left / mb:.3f} MB ({pruned.events:,} events deleted)")
    print(
        f"a year with {KEPT_DAYS} days kept:      {((polling + looking) * KEPT_DAYS + left / DAYS * 365) / mb:.0f} MB"
    )
    print(f"cursor of poll_odds:           {len(cursor)} bytes, in every tick")


if __name__ == "__main__":
    measure()
