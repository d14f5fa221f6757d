"""Asset checks: every stored day is what its table says, reaches as far as the answers do, and follows from them.

What is looked at stands in `audit`; checks that block keep a bad day from what is computed from it.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg

from stratum_pipelines.defs.partitions import days_of, today
from stratum_pipelines.defs.resources import PlatformResource
from warehouse.tables import BY_NAME, Table

if TYPE_CHECKING:
    from stratum_pipelines.audit import Finding
    from stratum_pipelines.platform import Platform

Look = Callable[["Platform", type[Table], dt.date], "Finding"]
SHOWN = 20


@dataclass(frozen=True)
class Check:
    """One check: its name, the sentence that says what holds when it passes, and how to look at a day."""

    name: str
    description: str
    look: Look
    blocking: bool = True

    @property
    def severity(self) -> dg.AssetCheckSeverity:
        """A failed check that blocks nothing is a warning."""
        return dg.AssetCheckSeverity.ERROR if self.blocking else dg.AssetCheckSeverity.WARN


def _schema(platform: "Platform", table: type[Table], day: dt.date) -> "Finding":
    from stratum_pipelines.audit import schema_of_day

    return schema_of_day(platform, table, day if table.partition_by else None)


def _key(platform: "Platform", table: type[Table], day: dt.date) -> "Finding":
    from stratum_pipelines.audit import key_of_day

    return key_of_day(platform, table, day if table.partition_by else None)


def _fresh(platform: "Platform", table: type[Table], day: dt.date) -> "Finding":
    from stratum_pipelines.audit import freshness_of_day

    return freshness_of_day(platform, day)


def _counted(platform: "Platform", table: type[Table], day: dt.date) -> "Finding":
    from stratum_pipelines.audit import answers_and_polls

    return answers_and_polls(platform, day)


def _in_time(platform: "Platform", table: type[Table], day: dt.date) -> "Finding":
    from stratum_pipelines.audit import books_in_time

    return books_in_time(platform, day)


def _regimes(platform: "Platform", table: type[Table], day: dt.date) -> "Finding":
    from stratum_pipelines.audit import regimes_of_day

    return regimes_of_day(platform, day)


def _board(platform: "Platform", table: type[Table], day: dt.date) -> "Finding":
    from stratum_pipelines.audit import board_and_last_answers

    return board_and_last_answers(platform, day)


Tables = Mapping[str, tuple[Check, ...]]

EVERY_TABLE = (
    Check("schema", "Columns, types, nulls and bounds are those the table declares.", _schema),
    Check("key_is_unique", "No key stands twice.", _key),
)
FRESH = Check("freshness", "Every sport's polls reach as far as its answers do.", _fresh)
COUNTED = Check(
    "answers_and_polls_agree",
    "Every answer has a poll, and what polls count is what odds_snapshots and quarantine hold.",
    _counted,
)
BOARD = Check(
    "board_equals_last_answer", "The board rebuilt from snapshots quotes what the last complete answer says.", _board
)
PAST_ONLY = Check(
    "models_know_only_the_past",
    "Every regime is that of a model of its day, which was fitted to steps received before that day.",
    _regimes,
)

IN_TIME = Check(
    "books_are_in_time",
    "No book was late or silent at the last answer of the day.",
    _in_time,
    blocking=False,
)

# By the step that makes the tables, so that whatever follows a step waits for its checks.
INGESTED: Tables = {"raw_odds": EVERY_TABLE}
COMPUTED: Tables = {
    "polls": (*EVERY_TABLE, FRESH, COUNTED),
    "quarantine": EVERY_TABLE,
    "event_changes": EVERY_TABLE,
    "odds_snapshots": (*EVERY_TABLE, BOARD),
    "consensus": EVERY_TABLE,
    "book_freshness": EVERY_TABLE,
    "freshness_breaches": (*EVERY_TABLE, IN_TIME),
    "regime_models": EVERY_TABLE,
    "regime_snapshots": (*EVERY_TABLE, PAST_ONLY),
    "signals": EVERY_TABLE,
}
CLOSED: Tables = {"closing_lines": EVERY_TABLE, "clv_records": EVERY_TABLE}
SCORED: Tables = {"scorecards": EVERY_TABLE, "score_bands": EVERY_TABLE}
KEPT_WHOLE: Tables = dict.fromkeys(("events", "event_links", "results"), EVERY_TABLE)


def specs_of(tables: Tables) -> list[dg.AssetCheckSpec]:
    """The checks of some tables as Dagster wants them."""
    return [
        dg.AssetCheckSpec(check.name, asset=table, description=check.description, blocking=check.blocking)
        for table, checks in tables.items()
        for check in checks
    ]


def look(platform: "Platform", table: str, check: Check, days: list[dt.date]) -> tuple[bool, str, dict[str, Any]]:
    """Whether a check holds on every one of these days, in words, and what it looked at."""
    faults: list[str] = []
    remarks: list[str] = []
    rows = 0
    for day in days:
        finding = check.look(platform, BY_NAME[table], day)
        rows += finding.rows
        faults += [f"{day}: {fault}" for fault in finding.faults]
        remarks += [f"{day}: {remark}" for remark in finding.remarks]
    metadata: dict[str, Any] = {"days": len(days), "rows": rows, "last_day": days[-1].isoformat()}
    for name, lines in (("faults", faults), ("remarks", remarks)):
        if lines:
            more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
            metadata[name] = dg.MetadataValue.md("\n".join(f"- {line}" for line in lines[:SHOWN] + more))
    return not faults, check.description if not faults else faults[0], metadata


def evaluated(
    context: dg.AssetCheckExecutionContext, platform: PlatformResource, tables: Tables, days: list[dt.date]
) -> Iterator[dg.AssetCheckResult]:
    """The results of the chosen checks over these days."""
    opened = platform.open()
    chosen = {(key.asset_key.to_user_string(), key.name) for key in context.selected_asset_check_keys}
    for table, checks in tables.items():
        for check in checks:
            if (table, check.name) in chosen:
                passed, description, metadata = look(opened, table, check, days)
                yield dg.AssetCheckResult(
                    passed=passed,
                    asset_key=table,
                    check_name=check.name,
                    severity=check.severity,
                    description=description,
                    metadata=metadata,
                )


@dg.multi_asset_check(specs=specs_of(INGESTED), name="check_answers", can_subset=True)
def check_answers(context: dg.AssetCheckExecutionContext, platform: PlatformResource) -> Iterator[dg.AssetCheckResult]:
    """What is stored as it came."""
    yield from evaluated(context, platform, INGESTED, days_of(context))


@dg.multi_asset_check(specs=specs_of(COMPUTED), name="check_days", can_subset=True)
def check_days(context: dg.AssetCheckExecutionContext, platform: PlatformResource) -> Iterator[dg.AssetCheckResult]:
    """What is computed from a day's answers."""
    yield from evaluated(context, platform, COMPUTED, days_of(context))


@dg.multi_asset_check(specs=specs_of(CLOSED), name="check_closes", can_subset=True)
def check_closes(context: dg.AssetCheckExecutionContext, platform: PlatformResource) -> Iterator[dg.AssetCheckResult]:
    """What follows the start of a game."""
    yield from evaluated(context, platform, CLOSED, days_of(context))


@dg.multi_asset_check(specs=specs_of(SCORED), name="check_scorecards", can_subset=True)
def check_scorecards(
    context: dg.AssetCheckExecutionContext, platform: PlatformResource
) -> Iterator[dg.AssetCheckResult]:
    """What adds the closes up."""
    yield from evaluated(context, platform, SCORED, days_of(context))


@dg.multi_asset_check(specs=specs_of(KEPT_WHOLE), name="check_games", can_subset=True)
def check_games(context: dg.AssetCheckExecutionContext, platform: PlatformResource) -> Iterator[dg.AssetCheckResult]:
    """What is kept whole: games, their ids and their results."""
    yield from evaluated(context, platform, KEPT_WHOLE, [today()])
