"""The settings of the Dagster side: first day, roll-up of live events, and how long things are kept."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from warehouse.settings import Setting
from warehouse.tables import BY_NAME

FIRST_DAY = Setting(
    "STRATUM_FIRST_DAY",
    "2025-09-01",
    "The first day Dagster shows as a partition; archives from before it need an earlier one.",
)
ROLL_UP = Setting(
    "STRATUM_ROLL_UP_SECONDS",
    "300",
    "How many seconds of live polling one materialisation event of a table sums up.",
)
RETENTION = Setting(
    "STRATUM_RETENTION",
    "quarantine=180",
    "Days to keep per table, as in raw_odds=400,quarantine=180; tables not named are kept for ever.",
)
LOG_DAYS = Setting(
    "STRATUM_DAGSTER_LOG_DAYS",
    "7",
    "Days to keep Dagster's own runs and events; the newest of each table and day stay for ever.",
)
KPI_DAYS = Setting(
    "STRATUM_CYCLE_KPI_DAYS",
    "90",
    "Days to keep the figures of every cycle, and attempts to deliver alerts, in the database.",
)
OUTBOX_DAYS = Setting(
    "STRATUM_OUTBOX_DAYS",
    "35",
    "Days to keep messages of the outbox, at least 1: so long a reader may be away and go on without a gap. Final closing-line "
    "values of signals that were told of longer ago are not told of. What enabled webhooks have not been handed yet is kept longer.",
)
MISSED_CLOSE_CREDITS = Setting(
    "STRATUM_MISSED_CLOSE_CREDITS",
    "0",
    "Provider credits a night may use at most to fetch closes that were missed while polling was down; 0 fetches none.",
)

SETTINGS: tuple[Setting, ...] = (FIRST_DAY, ROLL_UP, RETENTION, LOG_DAYS, KPI_DAYS, OUTBOX_DAYS, MISSED_CLOSE_CREDITS)


@dataclass(frozen=True)
class DagsterSettings:
    """The settings of the Dagster side."""

    first_day: dt.date
    roll_up_s: int
    retention: Mapping[str, int]
    log_days: int
    kpi_days: int
    outbox_days: int
    missed_close_credits: int


def read_dagster_settings(environ: Mapping[str, str]) -> DagsterSettings:
    """The settings from an environment, checked."""
    text = FIRST_DAY.text(environ)
    try:
        first_day = dt.date.fromisoformat(text)
    except ValueError:
        raise FIRST_DAY.invalid(text, "a date such as 2025-09-01") from None
    return DagsterSettings(
        first_day=first_day,
        roll_up_s=ROLL_UP.whole(environ),
        retention=_read_retention(environ),
        log_days=LOG_DAYS.whole(environ, at_least=1),
        kpi_days=KPI_DAYS.whole(environ, at_least=1),
        outbox_days=OUTBOX_DAYS.whole(environ, at_least=1),
        missed_close_credits=MISSED_CLOSE_CREDITS.whole(environ),
    )


def _read_retention(environ: Mapping[str, str]) -> dict[str, int]:
    """Days per table; only tables in daily partitions can be cut."""
    kept = {}
    for part in RETENTION.several(environ):
        name, _, days = part.partition("=")
        table = BY_NAME.get(name.strip())
        if table is None or not table.partition_by or not days.strip().isdecimal() or int(days) == 0:
            raise RETENTION.invalid(part, "a table kept in days, an equals sign and a number of days from 1")
        kept[table.name] = int(days)
    return kept
