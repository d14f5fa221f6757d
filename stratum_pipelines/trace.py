"""The way back: from a delivery to its signal, from a signal to the quotes that made it, and to the answers those came in."""

import datetime as dt
import re
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from stratum_pipelines.platform import Platform
from warehouse.database.webhooks.receipts import Receipt, receipts, signals_told
from warehouse.lake import Lake
from warehouse.tables import ClvRecords, Consensus, Events, OddsSnapshots, RawOdds, Signals

LIST_SOME = 'List some with: stratum sql "select signal_id, signal_type, detected_at from signals limit 5"'


WEBHOOK_ID = re.compile("[0-9a-f]{32}")


class UnknownSignal(Exception):
    """No signal has this id."""


@dataclass(frozen=True)
class Trace:
    """A signal with everything it rests on; `answers` names the stored bodies by digest and file-independent id.

    `deliveries` are those that were asked for, none where the signal itself was.
    """

    signal: dict[str, Any]
    event: dict[str, Any]
    consensus: pl.DataFrame
    quotes: pl.DataFrame
    answers: pl.DataFrame
    clv: pl.DataFrame
    deliveries: list[Receipt]


def trace_delivery(platform: Platform, webhook_id: str) -> Trace:
    """Follow a delivery, or a message of the outbox, back by the id its receivers saw. Raises UnknownSignal.

    Of what tells of several signals one has to be named.
    """
    told = signals_told(platform.database, webhook_id) if platform.database.revision() else []
    if not told:
        raise UnknownSignal(
            f"There is no signal whose id begins with {webhook_id!r}, and no delivery of that id that tells of one. {LIST_SOME}"
        )
    if len(told) > 1:
        raise UnknownSignal(f"The delivery {webhook_id} tells of {len(told)} signals; trace one of {', '.join(told)}.")
    return replace(trace(platform, told[0]), deliveries=receipts(platform.database, webhook_id))


def trace(platform: Platform, signal_id: str) -> Trace:
    """Follow a signal back. An unambiguous beginning of the id is enough. Raises UnknownSignal."""
    lake = platform.lake
    found = _find(lake, asked(signal_id))
    signal = found.to_dicts()[0]
    detected_at, window = signal["detected_at"], signal["window_s"]
    event = lake.scan(Events).filter(pl.col("event_id") == signal["event_id"]).collect().to_dicts()
    mine = (pl.col("event_id") == signal["event_id"]) & (pl.col("market") == signal["market"])
    since = pl.lit(detected_at) - pl.duration(microseconds=round(window * 1e6))
    quotes = _in_window(
        lake.scan(OddsSnapshots, last=detected_at.date()).filter(mine), "received_at", since, detected_at
    )
    consensus = _in_window(lake.scan(Consensus, last=detected_at.date()).filter(mine), "as_of", since, detected_at)
    ids = pl.concat([quotes["response_id"], consensus["response_id"], found["response_id"]]).unique().to_list()
    days = quotes["received_at"].dt.date().to_list() + consensus["as_of"].dt.date().to_list() + [detected_at.date()]
    answers = (
        lake.scan(RawOdds, first=min(days), last=detected_at.date())
        .filter(pl.col("response_id").is_in(ids))
        .select("response_id", "provider", "endpoint", "received_at", "source", "status_code", "body_sha256")
        .collect()
        .sort("received_at")
    )
    clv = lake.scan(ClvRecords).filter(pl.col("signal_id") == signal["signal_id"]).collect()
    return Trace(signal, event[0] if event else {}, consensus, quotes, answers, clv, [])


def asked(text: str) -> str:
    """An id as it is looked for."""
    return text.strip().lower()


def _find(lake: Lake, beginning: str) -> pl.DataFrame:
    """The one signal whose id begins so."""
    if not beginning:
        raise UnknownSignal(f"Give the id of a signal, or its beginning. {LIST_SOME}")
    found = lake.scan(Signals).filter(pl.col("signal_id").str.starts_with(beginning)).collect()
    if found.is_empty():
        raise UnknownSignal(f"There is no signal whose id begins with {beginning!r}. {LIST_SOME}")
    if found.height > 1:
        some = ", ".join(found["signal_id"].sort().head(3).str.head(len(beginning) + 6))
        raise UnknownSignal(
            f"{found.height:,} signals have an id that begins with {beginning!r}: {some}{', …' if found.height > 3 else ''}"
        )
    return found


def _in_window(rows: pl.LazyFrame, moment: str, since: pl.Expr, until: dt.datetime) -> pl.DataFrame:
    """Rows of the window, and for each quote or outcome the last one before it: what it moved from."""
    by = [name for name in ("bookmaker", "outcome") if name in rows.collect_schema()]
    known = rows.filter(pl.col(moment) <= until).collect().sort(moment)
    inside = known.filter(pl.col(moment) > since)
    before = known.filter(pl.col(moment) <= since).group_by(by, maintain_order=True).last().select(known.columns)
    before = before.join(inside.select(by).unique(), on=by, how="semi")
    return pl.concat([before, inside]).sort(moment, *by)
