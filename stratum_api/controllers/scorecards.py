"""Scorecards: how far each kind of signal can be relied on, and what everybody may know of it."""

import datetime as dt
from typing import Annotated, Any, Literal

from litestar import Controller
from litestar.params import QueryParameter

from stratum_api.access import PUBLIC
from stratum_api.controllers.clv_summary import CLV
from stratum_api.newest import Row
from stratum_api.pages import USUAL_LIMIT, CursorText, Limit, Question
from stratum_api.parameters import Market, SignalType, Sport
from stratum_api.plans import community
from stratum_api.problems import CursorInvalid
from stratum_api.routes import Serving
from stratum_api.rows import selected
from stratum_api.showing import Seeing, shows
from stratum_api.shown.scorecards import CARDS, TEASER, CardPage, ShownCard, Teaser, TeaserFigure

CUT = ("signal_type", "sport_key", "market", "time_bucket", "window")
# A caller's word for what the cards name by nothing.
ALL = "all"


class ScorecardController(Controller):
    """Scorecards."""

    path = "/api/v1/intel/clv"
    tags = ("closing-line value",)

    @shows("/scorecards", "listScorecards", CursorInvalid, example=CARDS, access=CLV)
    async def cards(
        self,
        service: Serving,
        sight: Seeing,
        signal_type: SignalType = None,
        sport: Sport = None,
        market: Market = None,
        time_bucket: Annotated[
            Literal["all", "0-15m", "15-60m", "1-3h", "3-6h", "6-24h", "1-3d", "3d+", "live"] | None,
            QueryParameter(description="Time to start at detection."),
        ] = None,
        window: Annotated[
            Literal["all", "90d", "30d", "7d"] | None, QueryParameter(description="How far back closes are counted.")
        ] = None,
        tier: Annotated[Literal["S", "A", "B"] | None, QueryParameter(description="Only cards of this tier.")] = None,
        is_ready: Annotated[
            bool | None, QueryParameter(description="Only cards with enough signals behind them, or only others.")
        ] = None,
        limit: Limit = USUAL_LIMIT,
        cursor: CursorText = None,
    ) -> CardPage:
        """The scorecards of the newest day that has any, by name.

        `all` asks for cards over all types, sports, markets or buckets; a filter that is left out, for every card. `tier` holds
        against looking daily, `tier_naive` goes by the plain rate.
        """
        wanted: dict[str, Any] = {
            "signal_type": _cut(signal_type),
            "sport_key": _cut(sport),
            "market": _cut(market),
            "time_bucket": _cut(time_bucket),
            "window": window,
            "tier": tier,
            "is_ready": is_ready,
        }
        asked = {name: value for name, value in wanted.items() if value is not None}
        question = Question("listScorecards", list(wanted.values()))
        after = service.cursors.read(cursor, question)
        cards = _cards(await service.newest.scorecards.get(), sight.latest_at if sight.is_delayed else None)
        found = [card for card in cards if all(card[name] == value for name, value in asked.items())]
        if after is not None:
            found = [card for card in found if _place(card) > after]
        shown, following = service.cursors.page(found[: limit + 1], limit, question, _place)
        return CardPage([ShownCard(*(card[name] for name in selected(ShownCard))) for card in shown], following)

    @shows("/teaser", "getClvTeaser", example=TEASER, access=PUBLIC)
    async def teaser(self, service: Serving, sight: Seeing) -> Teaser:
        """How often signals beat the close, up to the last whole day, for everybody: no key is needed.

        All signals together over each window, and each type that enough of them stand behind.
        """
        known_at = sight.now - dt.timedelta(seconds=community().delay_s)
        cards = _cards(await service.newest.scorecards.get(), known_at)
        figures = [
            TeaserFigure(*(card[name] for name in TeaserFigure.__struct_fields__))
            for card in cards
            if not (card["sport_key"] or card["market"] or card["time_bucket"])
            and (card["is_ready"] or not card["signal_type"])
        ]
        return Teaser(cards[0]["as_of"] if cards else None, figures)


def _cards(days: dict[dt.datetime, list[Row]], known_at: dt.datetime | None) -> list[Row]:
    """The cards of the newest day, or of the newest that was over at a moment."""
    last = max((day for day in days if known_at is None or day <= known_at), default=None)
    return days[last] if last is not None else []


def _cut(name: str | None) -> str | None:
    return "" if name == ALL else name


def _place(card: Row) -> list[str]:
    return [card[name] for name in CUT]
