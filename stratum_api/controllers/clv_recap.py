"""The finished games of a day or a week, and how the signals on them compare with the close."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Annotated, Literal

from litestar import Controller
from litestar.params import QueryParameter

from stratum_api.closing_value import NO_VALUE, RECORDS_AND_GAMES, add_up
from stratum_api.controllers.clv_summary import CLV
from stratum_api.pages import USUAL_LIMIT, CursorText, Limit, Question
from stratum_api.parameters import Sport
from stratum_api.problems import CursorInvalid
from stratum_api.routes import Serving
from stratum_api.rows import Rows, Select, as_structs, selected
from stratum_api.showing import Seeing, shows
from stratum_api.shown.closing_value import RECAP, FinishedGame, Recap
from stratum_api.tiers import Sight
from stratum_api.tiers.sight import invalid
from warehouse.database.types import micros, moment

DAYS = {"day": 1, "week": 7}
EARLIEST = dt.date(1970, 1, 8)


class ClvRecapController(Controller):
    """Closing-line value, game by game."""

    path = "/api/v1/intel/clv"
    tags = ("closing-line value",)

    @shows("/recap", "getClvRecap", CursorInvalid, example=RECAP, access=CLV)
    async def recap(
        self,
        service: Serving,
        sight: Seeing,
        day: Annotated[
            dt.date | None,
            QueryParameter(description="The day, or the last day of the week, by UTC. Yesterday unless said."),
        ] = None,
        span: Annotated[
            Literal["day", "week"], QueryParameter(description="That day, or the seven days up to and including it.")
        ] = "day",
        sport: Sport = None,
        limit: Limit = USUAL_LIMIT,
        cursor: CursorText = None,
    ) -> Recap:
        """The finished games of a day or a week, each with how its signals compare with the close."""
        since, until = _between(sight, day, DAYS[span])
        question = Question("getClvRecap", since, until, sport)
        after = service.cursors.read(cursor, question)

        def ask() -> Select:
            asked = Select(service.rows.is_sqlite)
            asked.where("e.commence_at >= {} and e.commence_at < {}", since, until)
            asked.where("e.status = 'closed' and e.last_seen_at <= {}", sight.latest_at)
            if sport is not None:
                asked.where("e.sport_key = {}", sport)
            return asked

        games = ask()
        ((n_games,),) = await service.rows.fetch(games.sql("count(*)", "events e"), *games.values)
        total = (await add_up(service.rows, ask(), source=RECORDS_AND_GAMES)).get((), NO_VALUE)
        items = await _page(service.rows, ask, after, limit)
        shown, following = service.cursors.page(
            items, limit, question, lambda game: (micros(game.commence_at), game.event_id)
        )
        return Recap(since, until, n_games, total, shown, following)


def _between(sight: Sight, day: dt.date | None, n_days: int) -> tuple[dt.datetime, dt.datetime]:
    """The beginning and the end, which is not included. Raises ParameterInvalid for a day that has not come, PlanInsufficient for one too old."""
    last = day or sight.now.date() - dt.timedelta(days=1)
    if not EARLIEST <= last <= sight.now.date():
        raise invalid("day", f"{last} has not come, or is not within living memory")
    until = dt.datetime.combine(last, dt.time.min, dt.UTC) + dt.timedelta(days=1)
    since = until - dt.timedelta(days=n_days)
    sight.since(since, "day")
    return since, until


async def _page(rows: Rows, ask: Callable[[], Select], after: Sequence | None, limit: int) -> list[FinishedGame]:
    """The games of a page and one more, each with its value."""
    asked = ask()
    if after is not None:
        asked.where("(e.commence_at, e.event_id) > ({}, {})", moment(after[0]), after[1])
    columns = [name for name in selected(FinishedGame) if name != "value"]
    sql = asked.sql(
        f"{', '.join(f'e.{name}' for name in columns)}, null",
        "events e",
        "order by e.commence_at, e.event_id limit {}",
        limit + 1,
    )
    games = as_structs(FinishedGame, await rows.fetch(sql, *asked.values), rows.source)
    if games:
        records = Select(rows.is_sqlite)
        records.where_any("r.event_id", [game.event_id for game in games])
        values = await add_up(rows, records, ["event_id"])
        for game in games:
            game.value = values.get((game.event_id,), NO_VALUE)
    return games
