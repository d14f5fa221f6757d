"""Trades row by row: pages of them, and whole stretches to take away."""

import asyncio
from typing import Annotated, Literal

import polars as pl
from litestar import Controller, Request
from litestar.params import QueryParameter
from litestar.response import Stream

from stratum_api.access import Access, require_feature
from stratum_api.analytics.listing import over, page_of
from stratum_api.controllers.analytics import ANALYTICS
from stratum_api.controllers.exports import Asked as AskedFormat
from stratum_api.controllers.exports import document
from stratum_api.controllers.trade_filters import TRADE_FILTERS, Asking
from stratum_api.exporting import Dataset
from stratum_api.formats import asked_format
from stratum_api.pages import USUAL_LIMIT, CursorText, Limit, Question
from stratum_api.problems import CursorInvalid, NotAcceptable
from stratum_api.routes import Serving, reads
from stratum_api.rows import LAKE, as_structs, selected
from stratum_api.scopes import INTEL_EXPORT
from stratum_api.showing import Seeing, shows
from stratum_api.shown.trades import TRADE, TRADES, ShownTrade, TradePage
from warehouse.database.types import micros
from warehouse.database.types import moment as moment_of
from warehouse.tables import Trades

EXPORT = Access(INTEL_EXPORT, feature="analytics", flag="exports", is_billable=True)
TRADE_ROWS = Dataset("trades", Trades, TRADE, pl.lit(True))

Status = Annotated[
    Literal["closed", "void", "cancelled"],
    QueryParameter(description="Closed trades count in figures; void and cancelled ones never took place."),
]


class TradeController(Controller):
    """Trades."""

    path = "/api/v1/analytics"
    tags = ("analytics",)
    dependencies = TRADE_FILTERS

    @shows("/trades", "listTrades", CursorInvalid, example=TRADES, access=ANALYTICS)
    async def trades(
        self,
        request: Request,
        service: Serving,
        sight: Seeing,
        asked: Asking,
        status: Status = "closed",
        limit: Limit = USUAL_LIMIT,
        cursor: CursorText = None,
    ) -> TradePage:
        """Trades that are over, the newest entry first, in any currency."""
        # As it was asked: the moments behind it go on while somebody turns pages.
        given = [one for one in request.query_params.multi_items() if one[0] not in ("cursor", "limit")]
        question = Question("listTrades", sorted(given), asked.sources)
        after = service.cursors.read(cursor, question)
        place = None if after is None else (moment_of(after[0]), after[1])
        columns = selected(ShownTrade)
        rows = await asyncio.to_thread(page_of, service.lake, asked, status, columns, place, limit + 1)
        found = as_structs(ShownTrade, rows, LAKE)
        return TradePage(
            *service.cursors.page(found, limit, question, lambda row: (micros(row.entry_at), row.trade_id))
        )

    @reads("/export", "exportTrades", EXPORT, NotAcceptable, veil=TRADE_ROWS.veil, dataset=TRADE_ROWS)
    async def export(
        self,
        request: Request,
        service: Serving,
        sight: Seeing,
        asked: Asking,
        status: Status = "closed",
        form: AskedFormat = None,
    ) -> Stream:
        """Trades that are over, the oldest entry first, as far back as the plan reaches. The plan has to include exports."""
        require_feature(sight.plan, "exports")
        chosen = asked_format(form, request.headers.get("accept", ""))
        frames = TRADE_ROWS.rows(service.lake, None, asked.until, over(asked, status), sight)
        return await document(service, TRADE_ROWS, chosen, frames, f"trades-{asked.until:%Y%m%dT%H%M%SZ}")
