"""From a signal back to the quotes that made it, and to the answers those came in."""

import datetime as dt

import polars as pl

from stratum_api.problems import NotFound
from stratum_api.rows import LAKE, as_moment, as_structs, columns_of, selected
from stratum_api.service import Service
from stratum_api.shown.consensus import ShownConsensus
from stratum_api.shown.signals import ShownSignal
from stratum_api.shown.traces import ShownAnswer, ShownQuote, SignalTrace
from stratum_api.signal_gate import is_in_sight
from stratum_api.tiers import Sight
from warehouse.tables import Consensus, OddsSnapshots, RawOdds

# Of quotes and of consensus rows no more than this are shown: the newest.
MOST_ROWS = 2_000
# What a quote moved from is looked for since the game was first listed, and not longer than this.
LOOKED_BACK = dt.timedelta(days=30)


async def read_trace(service: Service, sight: Sight, signal_id: str) -> SignalTrace:
    """The signal and what it rests on. Raises NotFound for one that is not known, or not shown to the visitor."""
    found = await service.rows.fetch(
        f"select {columns_of(ShownSignal)} from signals where signal_id = $1",  # noqa: S608 - constant text
        signal_id,
    )
    signals = as_structs(ShownSignal, found, service.rows.source)
    if not signals or not await is_in_sight(service, sight, signals[0]):
        raise NotFound("There is no signal of that id.")
    (signal,) = signals
    sight.check_reach(signal.detected_at, "This signal")
    if sight.plan.is_redacted:
        answers = await _answers(service, [signal.response_id], signal.detected_at, signal.detected_at)
        return SignalTrace(signal, answers[0] if answers else None, None, None, None, is_cut=False)
    first = await _first_listed(service, signal)
    quotes = await _within(service, OddsSnapshots, signal, first, ("bookmaker", "outcome"), selected(ShownQuote))
    rows = await _within(service, Consensus, signal, first, ("outcome",), selected(ShownConsensus))
    shown_quotes = as_structs(ShownQuote, quotes.tail(MOST_ROWS).rows(), LAKE)
    shown_rows = as_structs(ShownConsensus, rows.tail(MOST_ROWS).rows(), LAKE)
    ids = {signal.response_id, *(one.response_id for one in shown_quotes), *(one.response_id for one in shown_rows)}
    moments = [one.received_at for one in shown_quotes] + [one.as_of for one in shown_rows] + [signal.detected_at]
    answers = await _answers(service, sorted(ids), min(moments), signal.detected_at)
    return SignalTrace(
        signal,
        next((one for one in answers if one.response_id == signal.response_id), None),
        shown_rows,
        shown_quotes,
        answers,
        is_cut=max(quotes.height, rows.height) > MOST_ROWS,
    )


async def _first_listed(service: Service, signal: ShownSignal) -> dt.datetime:
    """Since when there can be quotes of its game."""
    rows = await service.rows.fetch("select first_seen_at from events where event_id = $1", signal.event_id)
    bound = signal.detected_at - LOOKED_BACK
    first_seen_at = as_moment(rows[0][0]) if rows else None
    return bound if first_seen_at is None else max(bound, first_seen_at)


async def _within(
    service: Service,
    table: type[OddsSnapshots] | type[Consensus],
    signal: ShownSignal,
    first: dt.datetime,
    by: tuple[str, ...],
    columns: tuple[str, ...],
) -> pl.DataFrame:
    """Rows of its market in its window, and of each quote or outcome in them the last one before: what it moved from.

    Where nothing moved within the window it tells of a moment, as a dislocation does: then all that stood in it.
    """
    clock = table.partition_by
    rows = service.history.scan(table, first, signal.detected_at).filter(
        pl.col("event_id") == signal.event_id, pl.col("market") == signal.market
    )
    known = (await service.history.collect(rows, columns)).sort(clock, *by)
    since = signal.detected_at - dt.timedelta(seconds=signal.window_s or 0.0)
    inside = known.filter(pl.col(clock) > since)
    before = known.filter(pl.col(clock) <= since).group_by(by, maintain_order=True).last().select(known.columns)
    if inside.is_empty():
        return before.sort(clock, *by)
    before = before.join(inside.select(by).unique(), on=by, how="semi")
    return pl.concat([before, inside]).sort(clock, *by)


async def _answers(
    service: Service, response_ids: list[str], first: dt.datetime, last: dt.datetime
) -> list[ShownAnswer]:
    rows = service.history.scan(RawOdds, first, last).filter(pl.col("response_id").is_in(response_ids))
    found = await service.history.collect(rows.sort("received_at", "response_id"), selected(ShownAnswer))
    return as_structs(ShownAnswer, found.rows(), LAKE)
