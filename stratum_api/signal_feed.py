"""The feed of signals: one statement per combination of filters, on indexes only."""

import datetime as dt
from typing import Any

import msgspec

from stratum_api.pages import Question
from stratum_api.problems import PlanInsufficient, SnapshotRequired
from stratum_api.rows import Row, Select, as_structs, columns_of
from stratum_api.service import Service
from stratum_api.shown.signals import ShownSignal, SignalPage
from stratum_api.signal_gate import ask_gated
from stratum_api.tiers import Sight
from warehouse.database.outbox import SIGNAL_DETECTED
from warehouse.database.types import micros, moment

COLUMNS = columns_of(ShownSignal, "s.")
NEWEST = "(select max(sequence) from outbox)"
# For who sees it late: before the first message that is still too young, for those behind it have not been seen either.
NEWEST_UNTIL = (
    "coalesce((select min(sequence) - 1 from outbox where created_at > {}), (select max(sequence) from outbox))"
)
KEPT = "select coalesce(min(sequence), 1), coalesce(max(sequence), 0) from outbox"
CHRONOLOGICAL = "s.detected_at desc, s.signal_id desc"
RANKED = "s.composite_score desc, s.detected_at desc, s.signal_id desc"


class Wanted(msgspec.Struct, frozen=True):
    """Which signals are asked for; None is all."""

    types: list[str] | None = None
    sport: str | None = None
    market: str | None = None
    events: list[str] | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    min_score: float | None = None
    velocity_gt: float | None = None
    time_bucket: str | None = None
    tier: str | None = None
    structural_core: bool | None = None


async def read_feed(
    service: Service, sight: Sight, wanted: Wanted, order: str, cursor: str | None, limit: int
) -> SignalPage:
    """A page of the signals that are wanted and may be seen."""
    question = Question("listSignals", order, wanted)
    after = service.cursors.read(cursor, question)
    ask = await asked(service, sight, wanted)
    is_ranked = order == "ranked"
    if after is not None:
        *score, detected_at, signal_id = after
        keys = "s.composite_score, s.detected_at, s.signal_id" if is_ranked else "s.detected_at, s.signal_id"
        places = ", ".join(["{}"] * len(after))
        ask.where(f"({keys}) < ({places})", *score, moment(detected_at), signal_id)
    statement = ask.sql(
        f"{COLUMNS}, {_newest(sight, ask)}",
        "signals s",
        f"order by {RANKED if is_ranked else CHRONOLOGICAL} limit {{}}",
        limit + 1,
    )
    rows = await service.rows.fetch(statement, *ask.values)
    sequence = _sequence(rows)
    if not rows:
        # Read before the rows, so that no signal falls between the page and the stream.
        sequence = await _newest_sequence(service, sight)
        rows = await service.rows.fetch(statement, *ask.values)
    items = as_structs(ShownSignal, rows, service.rows.source, beside=1)
    shown, next_cursor = service.cursors.page(items, limit, question, _rank if is_ranked else _time)
    return SignalPage(shown, next_cursor, sequence)


async def read_since_sequence(
    service: Service, sight: Sight, wanted: Wanted, since_sequence: int, limit: int
) -> SignalPage:
    """Signals in the order they were announced, after a number of the stream; nothing announced is left out between pages.

    Raises SnapshotRequired where what came after that number is not kept any more, or it was never given out.
    """
    last = await _newest_sequence(service, sight)
    ask = await asked(service, sight, wanted)
    ask.where("o.topic = {} and o.sequence > {} and o.sequence <= {}", SIGNAL_DETECTED, since_sequence, last)
    statement = ask.sql(
        f"{COLUMNS}, o.sequence",
        "outbox o join signals s on s.signal_id = o.subject_id",
        "order by o.sequence limit {}",
        limit,
    )
    rows = await service.rows.fetch(statement, *ask.values)
    # Asked after the rows: what was deleted while they were read shows here.
    ((oldest, newest),) = await service.rows.fetch(KEPT)
    if sight.is_delayed:
        # How far the stream has come is news as well.
        oldest, newest = min(oldest, last + 1), last
    if not oldest - 1 <= since_sequence <= newest:
        raise SnapshotRequired(f"The stream holds {oldest} to {newest}.", oldest=oldest, newest=newest)
    items = as_structs(ShownSignal, rows, service.rows.source, beside=1)
    for item, row in zip(items, rows, strict=True):
        item.sequence = row[-1]
    return SignalPage(items, None, rows[-1][-1] if len(rows) == limit else max(last, since_sequence))


async def asked(service: Service, sight: Sight, wanted: Wanted) -> Select:
    """The conditions, within what the visitor may see."""
    since, until = sight.between(wanted.since, wanted.until)
    sight.require_full("velocity_gt", wanted.velocity_gt)
    sight.check_games(wanted.events)
    if sight.is_core_only and wanted.structural_core is False:
        raise PlanInsufficient(
            f"The plan {sight.plan.code} shows signals of the structural core only.", feature="structural_core"
        )
    ask = Select(service.rows.is_sqlite)
    ask.where("s.detected_at <= {}", until)
    if since is not None:
        ask.where("s.detected_at >= {}", since)
    if wanted.types is not None:
        ask.where_any("s.signal_type", wanted.types)
    if wanted.sport is not None:
        ask.where("s.sport_key = {}", wanted.sport)
    if wanted.market is not None:
        ask.where("s.market = {}", wanted.market)
    if wanted.events is not None:
        ask.where_any("s.event_id", wanted.events)
    if wanted.min_score is not None:
        ask.where("s.composite_score >= {}", wanted.min_score)
    if wanted.velocity_gt is not None:
        ask.where("s.velocity_per_min > {}", wanted.velocity_gt)
    if wanted.time_bucket is not None:
        ask.where("s.time_bucket = {}", wanted.time_bucket)
    if wanted.tier is not None:
        ask.where("s.priority = {}", wanted.tier)
    if wanted.structural_core is not None:
        ask.where("s.is_structural_core" if wanted.structural_core else "not s.is_structural_core")
    await ask_gated(service, sight, ask)
    return ask


async def _newest_sequence(service: Service, sight: Sight) -> int:
    ask = Select(service.rows.is_sqlite)
    text = f"select {_newest(sight, ask)}"
    return _sequence(await service.rows.fetch(text, *ask.values))


def _newest(sight: Sight, ask: Select) -> str:
    return ask.placed(NEWEST_UNTIL, sight.latest_at) if sight.is_delayed else NEWEST


def _sequence(rows: list[Row]) -> int:
    return (rows[0][-1] or 0) if rows else 0


def _time(signal: ShownSignal) -> tuple[Any, ...]:
    return micros(signal.detected_at), signal.signal_id


def _rank(signal: ShownSignal) -> tuple[Any, ...]:
    return signal.composite_score, micros(signal.detected_at), signal.signal_id
