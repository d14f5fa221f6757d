"""One game in detail: the path of its consensus out of the lake, its signals and closing lines out of the database."""

import datetime as dt

import polars as pl

from stratum_api.problems import NotFound
from stratum_api.rows import LAKE, Select, as_structs, columns_of, selected
from stratum_api.service import Service
from stratum_api.shown.games import GameDetail, LinePath, LinePoint, ShownClose, ShownGame
from stratum_api.signal_feed import Wanted, read_feed
from stratum_api.tiers import Sight
from warehouse.tables import COUNTED_CONVENTION, Consensus

OUTCOME = ["market", "outcome"]
MOST_SIGNALS = 100
CONSENSUS = "consensus"
GAME_IS_OVER = dt.timedelta(days=2)


async def read_game(service: Service, sight: Sight, event_id: str, market: str | None, n_points: int) -> GameDetail:
    """The game as the visitor sees it, each path with its newest points.

    Raises NotFound for a game that is not known, or was not when the visitor's sight ends; PlanInsufficient for one from before
    the plan's history.
    """
    ask = Select(service.rows.is_sqlite)
    ask.where("event_id = {} and first_seen_at <= {}", event_id, sight.latest_at)
    found = await service.rows.fetch(ask.sql(columns_of(ShownGame), "events"), *ask.values)
    if not found:
        raise NotFound("There is no game of that id.")
    (game,) = as_structs(ShownGame, found, service.rows.source)
    sight.check_reach(game.commence_at, "The game")
    lines, has_more_points = await _lines(service, sight, game, market, n_points)
    log = await read_feed(service, sight, Wanted(events=[event_id], market=market), "chronological", None, MOST_SIGNALS)
    closes = await _closes(service, sight, event_id, market)
    return GameDetail(game, lines, has_more_points, log.items, log.next_cursor is not None, closes)


async def _lines(
    service: Service, sight: Sight, game: ShownGame, market: str | None, n_points: int
) -> tuple[list[LinePath], bool]:
    """The newest points of every outcome's path, and whether any path has more."""
    # Nothing is known of a game before it was first seen, and nothing happens to it when it is long over.
    last_at = game.commence_at + GAME_IS_OVER
    first = game.first_seen_at if sight.oldest_at is None else max(game.first_seen_at, sight.oldest_at)
    rows = service.history.scan(Consensus, first, min(last_at, sight.latest_at))
    rows = rows.filter(pl.col("event_id") == game.event_id)
    if market is not None:
        rows = rows.filter(pl.col("market") == market)
    columns = [*OUTCOME, "side", *selected(LinePoint)]
    found = await service.history.collect(rows.sort("as_of").group_by(OUTCOME).tail(n_points + 1), columns)
    paths = []
    for (name, outcome), path in sorted(found.partition_by(OUTCOME, as_dict=True, maintain_order=True).items()):
        newest = path.select(selected(LinePoint)).tail(n_points)
        paths.append(LinePath(str(name), str(outcome), path["side"][-1], as_structs(LinePoint, newest.rows(), LAKE)))
    has_more = found.group_by(OUTCOME).len().filter(pl.col("len") > n_points).height > 0
    return paths, has_more


async def _closes(service: Service, sight: Sight, event_id: str, market: str | None) -> list[ShownClose]:
    ask = Select(service.rows.is_sqlite)
    ask.where("event_id = {} and is_current and convention = {}", event_id, COUNTED_CONVENTION)
    ask.where("closed_at <= {}", sight.latest_at)
    if market is not None:
        ask.where("market = {}", market)
    if sight.plan.is_redacted:
        ask.where("bookmaker = {}", CONSENSUS)
    sql = ask.sql(columns_of(ShownClose), "closing_lines", "order by market, outcome, bookmaker")
    return as_structs(ShownClose, await service.rows.fetch(sql, *ask.values), service.rows.source)
