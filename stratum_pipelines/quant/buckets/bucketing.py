"""The ways in which moments are sorted into buckets: a label for every moment, and the list of all labels."""

import calendar
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import polars as pl

from stratum_pipelines.quant.buckets.sessions import session_labels, session_of
from stratum_pipelines.quant.time_to_start import STEPS

WEEKDAYS = [name.lower() for name in calendar.day_name]
MONTHS = [name.lower() for name in calendar.month_name][1:]

Days = tuple[dt.date, dt.date] | None


@dataclass(frozen=True)
class Bucketing:
    """One way to sort trades.

    `label` makes a text expression of the name of a time column and a zone. `labels` lists all labels in order, given the
    first and last local day of the trades; those depend on the days only for calendar months.
    """

    name: str
    label: Callable[[str, str], pl.Expr]
    labels: Callable[[Days], list[str]]


def _local(column: str, zone: str) -> pl.Expr:
    return pl.col(column).dt.convert_time_zone(zone)


def _hour(column: str, zone: str) -> pl.Expr:
    return _local(column, zone).dt.strftime("%H")


def _named(names: list[str], number: pl.Expr) -> pl.Expr:
    return number.cast(pl.Int64).replace_strict(list(range(1, len(names) + 1)), names, return_dtype=pl.String)


def _weekday(column: str, zone: str) -> pl.Expr:
    return _named(WEEKDAYS, _local(column, zone).dt.weekday())


def _month_of_year(column: str, zone: str) -> pl.Expr:
    return _named(MONTHS, _local(column, zone).dt.month())


def _month(column: str, zone: str) -> pl.Expr:
    return _local(column, zone).dt.strftime("%Y-%m")


def _year(column: str, zone: str) -> pl.Expr:
    return _local(column, zone).dt.strftime("%Y")


def _between(step: str, form: str, days: Days) -> list[str]:
    """The labels of all months or years from the first day to the last, empty ones between them included."""
    if days is None:
        return []
    span = pl.date_range(pl.lit(days[0]).dt.truncate(step), pl.lit(days[1]).dt.truncate(step), step)
    return pl.select(span.dt.strftime(form)).to_series().to_list()


def _session(column: str, zone: str) -> pl.Expr:
    return session_of(pl.col(column))


def _time_to_start(column: str, zone: str) -> pl.Expr:
    minutes = (pl.col("commence_at") - pl.col(column)).dt.total_microseconds() / 60e6
    label = pl.lit(STEPS[-1][1])
    for end, name in reversed(STEPS[:-1]):
        label = pl.when(minutes < end).then(pl.lit(name)).otherwise(label)
    return pl.when(minutes.is_not_null()).then(label)


def _fixed(labels: list[str], days: Days) -> list[str]:
    return labels


BUCKETINGS: dict[str, Bucketing] = {
    way.name: way
    for way in (
        Bucketing("hour", _hour, partial(_fixed, [f"{hour:02d}" for hour in range(24)])),
        Bucketing("weekday", _weekday, partial(_fixed, WEEKDAYS)),
        Bucketing("month_of_year", _month_of_year, partial(_fixed, MONTHS)),
        Bucketing("month", _month, partial(_between, "1mo", "%Y-%m")),
        Bucketing("year", _year, partial(_between, "1y", "%Y")),
        Bucketing("session", _session, partial(_fixed, session_labels())),
        Bucketing("time_to_start", _time_to_start, partial(_fixed, [name for _, name in STEPS])),
    )
}


def find_bucketing(name: str) -> Bucketing:
    """The bucketing of that name. Raises ValueError when there is none."""
    if name not in BUCKETINGS:
        raise ValueError(f"There is no bucketing {name!r}. Known are: {', '.join(BUCKETINGS)}.")
    return BUCKETINGS[name]


def local_days(trades: pl.LazyFrame, column: str, zone: str) -> Days:
    """The first and the last local day of the trades; None without any."""
    local = pl.col(column).dt.convert_time_zone(zone).dt.date()
    first, last = trades.select(local.min().alias("first"), local.max().alias("last")).collect().row(0)
    return None if first is None else (first, last)
