"""The consensus now, at a moment, and over time.

Now is in the database, the newest row of every outcome. A moment, and now for plans that see it late, is in the lake: the last row of
every outcome up to then.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
import polars as pl

from stratum_api.pages import Question
from stratum_api.rows import LAKE, Select, as_structs, columns_of, selected
from stratum_api.service import Service
from stratum_api.shown.consensus import ConsensusPage, ShownConsensus
from stratum_api.tiers import Sight
from warehouse.database.types import micros, moment
from warehouse.tables import Consensus

KEY = ("event_id", "market", "outcome")
# How long a game counts as under way, and how far back its last row is looked for.
GAME_LASTS = dt.timedelta(hours=6)
LOOKED_BACK = dt.timedelta(days=7)


class Wanted(msgspec.Struct, frozen=True):
    """Which outcomes are asked for; None is all."""

    sport: str | None = None
    market: str | None = None
    events: list[str] | None = None


async def read_now(service: Service, sight: Sight, wanted: Wanted, cursor: str | None, limit: int) -> ConsensusPage:
    """The consensus in force as the visitor sees it: of games to come and under way, or of those named."""
    if sight.is_delayed:
        return await read_as_of(service, sight, wanted, None, cursor, limit)
    sight.check_games(wanted.events)
    question = Question("getConsensus", wanted, None)
    after = service.cursors.read(cursor, question)
    ask = Select(service.rows.is_sqlite)
    ask.where("as_of <= {}", sight.latest_at)
    if wanted.events is not None:
        ask.where_any("event_id", wanted.events)
    else:
        ask.where("commence_at >= {}", sight.latest_at - GAME_LASTS)
    if wanted.sport is not None:
        ask.where("sport_key = {}", wanted.sport)
    if wanted.market is not None:
        ask.where("market = {}", wanted.market)
    if after is not None:
        ask.where("(event_id, market, outcome) > ({}, {}, {})", *after)
    statement = ask.sql(
        columns_of(ShownConsensus), "current_consensus", "order by event_id, market, outcome limit {}", limit + 1
    )
    rows = await service.rows.fetch(statement, *ask.values)
    items = as_structs(ShownConsensus, rows, service.rows.source)
    return ConsensusPage(*service.cursors.page(items, limit, question, _outcome))


async def read_as_of(
    service: Service, sight: Sight, wanted: Wanted, asked: dt.datetime | None, cursor: str | None, limit: int
) -> ConsensusPage:
    """The consensus in force at a moment: rows up to a week older than it, of games to come and under way then, or of those named."""
    sight.check_games(wanted.events)
    question = Question("getConsensus", wanted, asked)
    after = service.cursors.read(cursor, question)
    as_of = sight.as_of(asked)
    rows = _filtered(service.history.scan(Consensus, as_of - LOOKED_BACK, as_of), wanted)
    if wanted.events is None:
        rows = rows.filter(pl.col("commence_at") >= as_of - GAME_LASTS)
    last = rows.sort("as_of", maintain_order=True).group_by(KEY).last().sort(KEY)
    if after is not None:
        last = last.filter(_behind(KEY, after))
    return await _collected(service, last, question, limit, _outcome)


async def read_history(
    service: Service,
    sight: Sight,
    wanted: Wanted,
    outcome: str | None,
    since: dt.datetime | None,
    until: dt.datetime | None,
    cursor: str | None,
    limit: int,
) -> ConsensusPage:
    """Every row of one game's consensus between two moments, the oldest first."""
    sight.check_games(wanted.events)
    question = Question("getConsensusHistory", wanted, outcome, since, until)
    after = service.cursors.read(cursor, question)
    first, last = sight.between(since, until)
    if after is not None:
        after[0] = moment(after[0])
        # A cursor may come from a plan that reached further back.
        first = after[0] if first is None else max(first, after[0])
    elif since is None:
        first = await _first_seen(service, wanted, first)
    if first is None or first > last:
        return ConsensusPage([], None)
    rows = _filtered(service.history.scan(Consensus, first, last), wanted)
    if outcome is not None:
        rows = rows.filter(pl.col("outcome") == outcome)
    order = ("as_of", "market", "outcome")
    if after is not None:
        rows = rows.filter(_behind(order, after))
    return await _collected(
        service, rows.sort(order), question, limit, lambda row: (micros(row.as_of), row.market, row.outcome)
    )


async def _collected(
    service: Service, rows: pl.LazyFrame, question: Question, limit: int, position: Any
) -> ConsensusPage:
    found = await service.history.collect(rows.head(limit + 1), selected(ShownConsensus))
    items = as_structs(ShownConsensus, found.rows(), LAKE)
    return ConsensusPage(*service.cursors.page(items, limit, question, position))


async def _first_seen(service: Service, wanted: Wanted, bound: dt.datetime | None) -> dt.datetime | None:
    """Before this nothing of the game was known; None for a game that is not known at all."""
    (event_id,) = wanted.events or ("",)
    rows = await service.rows.fetch("select first_seen_at from events where event_id = $1", event_id)
    if not rows:
        return None
    seen_at = moment(rows[0][0]) if service.rows.is_sqlite else rows[0][0]
    return seen_at if bound is None else max(seen_at, bound)


def _filtered(rows: pl.LazyFrame, wanted: Wanted) -> pl.LazyFrame:
    if wanted.sport is not None:
        rows = rows.filter(pl.col("sport_key") == wanted.sport)
    if wanted.market is not None:
        rows = rows.filter(pl.col("market") == wanted.market)
    if wanted.events is not None:
        rows = rows.filter(pl.col("event_id").is_in(wanted.events))
    return rows


def _behind(order: Sequence[str], after: Sequence[Any]) -> pl.Expr:
    """Whether a row comes behind a position, its parts compared one after another."""
    *earlier, (name, value) = zip(order, after, strict=True)
    behind = pl.col(name) > value
    for name, value in reversed(earlier):
        behind = (pl.col(name) > value) | ((pl.col(name) == value) & behind)
    return behind


def _outcome(row: ShownConsensus) -> tuple[str, str, str]:
    return row.event_id, row.market, row.outcome
