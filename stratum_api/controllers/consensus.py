"""The consensus: in force now or at a moment, and the path it took."""

from typing import Annotated

from litestar import Controller
from litestar.params import QueryParameter

from stratum_api.consensus_reading import Wanted, read_as_of, read_history, read_now
from stratum_api.pages import USUAL_LIMIT, CursorText, Limit
from stratum_api.parameters import ID, AsOf, Events, Market, Since, Sport, Until, moment, named
from stratum_api.problems import CursorInvalid
from stratum_api.routes import Serving
from stratum_api.showing import Seeing, shows
from stratum_api.shown.consensus import EXAMPLE_PAGE, ConsensusPage

OneEvent = Annotated[str, QueryParameter(name="event", pattern=ID, description="The id of the game.")]
Outcome = Annotated[
    str | None,
    QueryParameter(
        name="outcome",
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="An outcome as the feed names it: a team, Draw, Over or Under.",
    ),
]


class ConsensusController(Controller):
    """The consensus."""

    path = "/api/v1/intel/consensus"
    tags = ("consensus",)

    @shows("/", "getConsensus", CursorInvalid, example=EXAMPLE_PAGE)
    async def in_force(
        self,
        service: Serving,
        sight: Seeing,
        sport: Sport = None,
        market: Market = None,
        events: Events = None,
        as_of: AsOf = None,
        cursor: CursorText = None,
        limit: Limit = USUAL_LIMIT,
    ) -> ConsensusPage:
        """The consensus in force, now or at a moment, by game, market and outcome.

        Of games to come and those that began up to six hours before; of any others where they are named. At a moment in the past
        rows up to a week older than it are found.
        """
        wanted = Wanted(sport, market, named("event", events))
        if as_of is None:
            return await read_now(service, sight, wanted, cursor, limit)
        return await read_as_of(service, sight, wanted, moment("as_of", as_of), cursor, limit)

    @shows("/history", "getConsensusHistory", CursorInvalid, example=EXAMPLE_PAGE)
    async def history(
        self,
        service: Serving,
        sight: Seeing,
        event: OneEvent,
        market: Market = None,
        outcome: Outcome = None,
        since: Since = None,
        until: Until = None,
        cursor: CursorText = None,
        limit: Limit = USUAL_LIMIT,
    ) -> ConsensusPage:
        """The path of one game's consensus: every row in which it changed, the oldest first."""
        return await read_history(
            service,
            sight,
            Wanted(None, market, [event]),
            outcome,
            moment("since", since),
            moment("until", until),
            cursor,
            limit,
        )
