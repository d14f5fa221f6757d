"""Games: the schedule, and one game with its path, its signals and its close."""

import datetime as dt
from typing import Annotated, Literal

from litestar import Controller
from litestar.params import QueryParameter

from stratum_api.game_reading import read_game
from stratum_api.pages import USUAL_LIMIT, CursorText, Limit, Question
from stratum_api.parameters import EventId, Market, Sport, moment, moment_parameter
from stratum_api.problems import CursorInvalid
from stratum_api.routes import Serving
from stratum_api.rows import Select, as_structs, columns_of
from stratum_api.showing import Seeing, shows
from stratum_api.shown.games import DETAIL, GAMES, GameDetail, GamePage, ShownGame
from stratum_api.tiers.sight import invalid
from warehouse.database.types import EPOCH, micros
from warehouse.database.types import moment as moment_of

# Without a beginning the list starts with what is under way or just over.
USUAL_BACK = dt.timedelta(days=1)

StartsSince = Annotated[
    str | None,
    moment_parameter(
        "since",
        "Starts from this moment on: ISO 8601 with Z or an offset, within the plan's history. A day ago unless said.",
    ),
]
StartsUntil = Annotated[
    str | None,
    moment_parameter("until", "Starts up to this moment, included: ISO 8601 with Z or an offset. No end unless said."),
]


class GameController(Controller):
    """Games."""

    path = "/api/v1/intel/events"
    tags = ("games",)

    @shows("/", "listGames", CursorInvalid, example=GAMES)
    async def games(
        self,
        service: Serving,
        sight: Seeing,
        sport: Sport = None,
        since: StartsSince = None,
        until: StartsUntil = None,
        status: Annotated[
            Literal["scheduled", "live", "closed", "vanished"] | None,
            QueryParameter(description="Only games that stand so."),
        ] = None,
        cursor: CursorText = None,
        limit: Limit = USUAL_LIMIT,
    ) -> GamePage:
        """Games by when they start, the earliest first: those to come and of the last day unless said otherwise."""
        first, last = moment("since", since), moment("until", until)
        if first is not None and last is not None and first > last:
            raise invalid("since", "lies after until")
        question = Question("listGames", sport, first, last, status)
        after = service.cursors.read(cursor, question)
        if first is None:
            # A list that ends earlier begins earlier; and the pages of one list begin where it did, not later by and by.
            end = sight.now if last is None else max(min(last, sight.now), EPOCH + USUAL_BACK)
            bound = end - USUAL_BACK
            first = bound if sight.oldest_at is None else max(bound, sight.oldest_at)
        sight.check_reach(first, "since")
        ask = Select(service.rows.is_sqlite)
        ask.where("first_seen_at <= {}", sight.latest_at)
        if after is None:
            ask.where("commence_at >= {}", first)
        else:
            ask.where("(commence_at, event_id) > ({}, {})", moment_of(after[0]), after[1])
        if last is not None:
            ask.where("commence_at <= {}", last)
        if sport is not None:
            ask.where("sport_key = {}", sport)
        if status is not None:
            ask.where("status = {}", status)
        sql = ask.sql(columns_of(ShownGame), "events", "order by commence_at, event_id limit {}", limit + 1)
        found = as_structs(ShownGame, await service.rows.fetch(sql, *ask.values), service.rows.source)
        return GamePage(
            *service.cursors.page(found, limit, question, lambda game: (micros(game.commence_at), game.event_id))
        )

    @shows("/{event_id:str}", "getGame", example=DETAIL)
    async def one(
        self,
        service: Serving,
        sight: Seeing,
        event_id: EventId,
        market: Market = None,
        points: Annotated[
            int, QueryParameter(ge=1, le=2000, description="How many points each path has at most: the newest.")
        ] = 200,
    ) -> GameDetail:
        """A game: the path of its consensus by market and outcome, its signals, and its closing lines by the scheduled convention."""
        return await read_game(service, sight, event_id, market, points)
