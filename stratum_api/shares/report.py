"""What a link shows: returns in percent, by day, and ratios. No money, no account, no single trade, no signal and no book."""

import datetime as dt
from typing import Annotated, Literal

import msgspec
import polars as pl
from msgspec import Meta

from stratum_api.analytics import Asked, TradesNow
from stratum_api.analytics.chosen import Chosen, choose
from stratum_api.analytics.curves import curve_of
from stratum_api.analytics.figures import MONEY, measured
from stratum_api.analytics.thinning import thinned

Kind = Literal["equity", "drawdown", "metrics"]
MOST_POINTS = 400
# More would tell amounts to whoever guesses the balance they are shares of.
PERCENT_DIGITS, DIGITS = 2, 4


class SharedPoint(msgspec.Struct):
    """The end of a day."""

    on: Annotated[str, Meta(description="The day.", examples=["2026-11-20"])]
    percent: Annotated[float | None, Meta(description="Null once nothing was left.", examples=[1.325])]


class SharedMeasure(msgspec.Struct):
    """One figure that is no money."""

    measure: Annotated[str, Meta(examples=["sharpe"])]
    basis: Annotated[str, Meta(description="What a year is made of, for figures a year; else empty.")]
    value: Annotated[float | None, Meta(examples=[1.21])]
    low: Annotated[float | None, Meta(description="Lower end of its 95 % interval, where it has one.")]
    high: float | None
    unit: Annotated[str, Meta(examples=["ratio a year"])]
    reason: Annotated[str, Meta(description="What it lacks, where it is null; else empty.")]
    definition: str


class SharedReport(msgspec.Struct):
    """What came of trades, as it stood when the link was made."""

    title: Annotated[str, Meta(examples=["Autumn on paper"])]
    kind: Kind
    made_at: dt.datetime
    as_of: Annotated[dt.datetime, Meta(description="Nothing that ended or was recorded later is in it.")]
    sources: Annotated[list[str], Meta(description="Where the trades come from.", examples=[["paper"]])]
    n_trades: int
    points: Annotated[
        list[SharedPoint], Meta(description="Return since the beginning, or fall from the highest; empty for figures.")
    ]
    measures: Annotated[list[SharedMeasure], Meta(description="Empty for curves.")]


def report_of(now: TradesNow, asked: Asked, kind: Kind) -> SharedReport:
    """The redacted report, without its title yet."""
    chosen = choose(now, asked)
    return SharedReport(
        title="",
        kind=kind,
        made_at=asked.as_of,
        as_of=asked.as_of,
        sources=list(asked.sources),
        n_trades=chosen.n,
        points=[] if kind == "metrics" else _points(chosen, asked, kind),
        measures=_measures(chosen, asked) if kind == "metrics" else [],
    )


def _points(chosen: Chosen, asked: Asked, kind: Kind) -> list[SharedPoint]:
    """A point per day on which something closed: when exactly, and how often, would tell single trades."""
    value = pl.col("total_return").last() if kind == "equity" else pl.col("drawdown").max()
    days = (
        curve_of(chosen)
        .group_by(on=pl.col("at").dt.convert_time_zone(asked.zone).dt.date(), maintain_order=True)
        .agg(percent=(100 * value).round(PERCENT_DIGITS))
    )
    kept = days[thinned(days["percent"].to_numpy(), MOST_POINTS)]
    return [SharedPoint(on.isoformat(), percent) for on, percent in kept.rows()]


def _measures(chosen: Chosen, asked: Asked) -> list[SharedMeasure]:
    found = [one for one in measured(chosen, asked).measures if one.unit != MONEY]
    return [
        SharedMeasure(
            one.name,
            one.basis,
            _rounded(one.value),
            _rounded(one.low),
            _rounded(one.high),
            one.unit,
            one.reason.name.lower() if one.reason else "",
            one.definition,
        )
        for one in found
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
