"""Exports: stretches of signals, closing-line value and consensus, as far as the plan reaches, in the format asked for."""

import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Annotated, Any, Literal

import polars as pl
from litestar import Controller, Request
from litestar.params import QueryParameter
from litestar.response import Stream

from stratum_api.access import Access
from stratum_api.exporting import Dataset, written
from stratum_api.formats import Format, asked_format
from stratum_api.parameters import Events, Market, SignalType, Since, Sport, Until, moment, named
from stratum_api.problems import NotAcceptable
from stratum_api.routes import Serving, reads
from stratum_api.scopes import INTEL_EXPORT
from stratum_api.service import Service
from stratum_api.showing import Seeing
from stratum_api.shown.clv_records import RECORD
from stratum_api.shown.consensus import EXAMPLE as CONSENSUS
from stratum_api.shown.signals import EXAMPLE as SIGNAL
from stratum_api.signal_gate import gate_of
from stratum_api.tiers import Sight
from warehouse.database.types import EPOCH
from warehouse.tables import COUNTED_CONVENTION, ClvRecords, Consensus, Signals

EXPORT = Access(INTEL_EXPORT, feature="exports", flag="exports", is_billable=True)
USUAL_SPAN = dt.timedelta(days=1)
IN_FORCE = pl.col("is_current") & (pl.col("convention") == COUNTED_CONVENTION)

SIGNALS = Dataset("signals", Signals, SIGNAL, pl.lit(True), ["meta"])
CLV = Dataset("clv", ClvRecords, RECORD, IN_FORCE)
CONSENSUSES = Dataset("consensus", Consensus, CONSENSUS, pl.lit(True))

Asked = Annotated[
    Literal["json", "csv", "arrow", "parquet"] | None,
    QueryParameter(name="format", description="The format; without it what `Accept` likes best, else JSON."),
]


def exports(dataset: Dataset, operation: str) -> Callable[[Callable[..., Any]], Any]:
    """An endpoint that exports a dataset."""
    options = {"veil": dataset.veil, "dataset": dataset, "is_long": True}
    return reads(f"/{dataset.name}", operation, EXPORT, NotAcceptable, **options)


class ExportController(Controller):
    """Exports."""

    path = "/api/v1/intel/export"
    tags = ("exports",)

    @exports(SIGNALS, "exportSignals")
    async def signals(
        self,
        request: Request,
        service: Serving,
        sight: Seeing,
        since: Since = None,
        until: Until = None,
        sport: Sport = None,
        market: Market = None,
        events: Events = None,
        signal_type: SignalType = None,
        asked: Asked = None,
    ) -> Stream:
        """Signals by when they were detected, the oldest first: the last day unless said otherwise."""
        wanted = {"sport_key": sport, "market": market, "signal_type": signal_type}
        gate = await gate_of(service, sight)
        return await _export(request, service, sight, SIGNALS, since, until, events, wanted, asked, gate)

    @exports(CLV, "exportClv")
    async def clv(
        self,
        request: Request,
        service: Serving,
        sight: Seeing,
        since: Since = None,
        until: Until = None,
        sport: Sport = None,
        market: Market = None,
        events: Events = None,
        signal_type: SignalType = None,
        asked: Asked = None,
    ) -> Stream:
        """Signals against the scheduled close, by when their game closed, the oldest first: the last day unless said otherwise."""
        wanted = {"sport_key": sport, "market": market, "signal_type": signal_type}
        return await _export(request, service, sight, CLV, since, until, events, wanted, asked)

    @exports(CONSENSUSES, "exportConsensus")
    async def consensus(
        self,
        request: Request,
        service: Serving,
        sight: Seeing,
        since: Since = None,
        until: Until = None,
        sport: Sport = None,
        market: Market = None,
        events: Events = None,
        asked: Asked = None,
    ) -> Stream:
        """Every change of the consensus, the oldest first: of the last day unless said otherwise."""
        wanted = {"sport_key": sport, "market": market}
        return await _export(request, service, sight, CONSENSUSES, since, until, events, wanted, asked)


async def _export(
    request: Request,
    service: Service,
    sight: Sight,
    dataset: Dataset,
    since: str | None,
    until: str | None,
    events: list[str] | None,
    wanted: dict[str, Any],
    asked: str | None,
    gate: Sequence[pl.Expr] = (),
) -> Stream:
    form = asked_format(asked, request.headers.get("accept", ""))
    first, last = _between(sight, moment("since", since), moment("until", until))
    event_ids = named("event", events)
    sight.check_games(event_ids)
    conditions = [*gate, *(pl.col(name) == value for name, value in wanted.items() if value is not None)]
    if event_ids is not None:
        conditions.append(pl.col("event_id").is_in(event_ids))
    frames = dataset.rows(service.lake, first, last, conditions, sight)
    name = f"{dataset.name}-{first:%Y%m%dT%H%M%SZ}-{last:%Y%m%dT%H%M%SZ}"
    return await document(service, dataset, form, frames, name)


async def document(
    service: Service, dataset: Dataset, form: Format, frames: Iterator[pl.DataFrame], name: str
) -> Stream:
    """Rows of a dataset as a document to take away, by this name. What cannot be read is told before it begins."""
    pieces = written(frames, dataset.encoder(form), service.turns)
    beginning = await anext(pieces)
    return Stream(
        _after(beginning, pieces),
        media_type=form.content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}.{form.name}"', "Vary": "Accept"},
    )


def _between(sight: Sight, since: dt.datetime | None, until: dt.datetime | None) -> tuple[dt.datetime, dt.datetime]:
    """Both ends; without a beginning a day before the end, or as far as the plan reaches."""
    first, last = sight.between(since, until)
    last = max(last, EPOCH)
    earliest = last - USUAL_SPAN if since is None else since
    return max(earliest, first or earliest), last


async def _after(beginning: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield beginning
    async for piece in pieces:
        yield piece
