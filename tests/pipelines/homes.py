"""Platforms in folders of their own, and everything they hold, for tests that compare two of them."""

import datetime as dt
from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from stratum_pipelines.differences import MEASURED
from stratum_pipelines.live import Market, run_cycle
from stratum_pipelines.paper_terms import read_paper_terms
from stratum_pipelines.platform import Platform, open_platform
from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.settings import read_overrides
from warehouse.database import MarketStore
from warehouse.settings import read_settings
from warehouse.tables import TABLES, Consensus, Events, Signals

# What may differ between two computations of the same rows: measured times, and where a row came from first.
DIFFERENT = {
    **MEASURED,
    "clv_records": ("computed_at",),
    **dict.fromkeys(("trades", "equity_points"), ("recorded_at",)),
}


def open_home(folder: Path, **settings: str) -> Platform:
    """A platform whose whole state lies in `folder`."""
    environment = {"STRATUM_HOME": str(folder), **settings}
    return open_platform(read_settings(environment), read_overrides(environment), paper=read_paper_terms(environment))


def run_live(platform: Platform, answers: list[Answer]) -> Market:
    """Take the answers in one by one, as live polling does."""
    market = Market(platform)
    for one in answers:
        run_cycle(market, one)
    return market


def contents(platform: Platform) -> dict[str, pl.DataFrame]:
    """Every table of the lake, sorted, without what is merely measured."""
    held = {}
    for table in TABLES:
        frame = platform.lake.scan(table).collect().sort(table.key)
        held[table.name] = frame.drop(DIFFERENT.get(table.name, ()))
    return held


def standing(held: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The contents with what closes are now, whatever versions they went through on the way: that depends on the way."""
    history = ("version", "close_version", "reason")
    now = {
        name: held[name].filter("is_current").drop(history, strict=False) for name in ("closing_lines", "clv_records")
    }
    return held | now


def stored(platform: Platform) -> dict[str, pl.DataFrame]:
    """The hot tables of the database."""
    store = MarketStore(platform.database)
    return {table.name: store.rows(table) for table in (Events, Consensus, Signals)}


def assert_same(left: dict[str, pl.DataFrame], right: dict[str, pl.DataFrame]) -> None:
    """Every table is there on both sides with the same rows, to the last bit."""
    assert left.keys() == right.keys()
    for name, frame in left.items():
        try:
            assert_frame_equal(frame, right[name], check_exact=True)
        except AssertionError as error:
            raise AssertionError(f"Table {name} differs: {error}") from error


def days_of(answers: list[Answer]) -> list[dt.date]:
    """The days the answers fall on."""
    return sorted({dt.datetime.fromtimestamp(a.received_at / 1e6, dt.UTC).date() for a in answers})
