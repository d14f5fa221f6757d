import datetime as dt

import polars as pl
import pytest

from stratum_pipelines.quant.performance.closings import (
    closings,
    daily_results,
    daily_returns,
    exposure_of,
    on_calendar_days,
    on_trading_days,
)
from tests.quant.performance.trades import START, trades

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def test_what_closes_at_one_moment_is_one_closing() -> None:
    moments = closings(trades([100, -50, 10], exits=[START, START, START + HOUR]), 1000)
    assert moments.select("profit", "total").rows() == [(0, 0), (50, 50), (10, 60)]
    assert moments["return"].to_list() == [0.0, 0.05, 10 / 1050]
    assert moments["at"][0] == START - HOUR  # the first entry


def test_open_and_void_trades_do_not_count() -> None:
    frame = pl.concat([trades([100]), trades([999], status="open"), trades([999], status="void")])
    assert closings(frame, 1000)["profit"].sum() == 100
    assert daily_results(frame)["n"].to_list() == [1]


def test_currencies_have_no_sum() -> None:
    with pytest.raises(ValueError, match="EUR, USD"):
        daily_results(pl.concat([trades([1]), trades([1], currency="EUR")]))


def test_deposits_move_the_balance_and_not_the_return() -> None:
    flows = pl.DataFrame(
        {"at": [START + HOUR], "flow": [1000]}, schema={"at": pl.Datetime("us", "UTC"), "flow": pl.Int64}
    )
    moments = closings(trades([100, 210], exits=[START, START + DAY]), 1000, flows)
    assert [round(r, 12) for r in moments["return"]] == [0.0, 0.1, 0.0, 0.1]
    assert moments["total"].to_list()[-1] == 310


def test_a_day_is_that_of_the_zone() -> None:
    late = dt.datetime(2025, 3, 30, 22, 30, tzinfo=dt.UTC)  # 00:30 of the 31st in Berlin, where summer time began
    for zone, day in (("UTC", 30), ("Europe/Berlin", 31), ("America/New_York", 30)):
        frame = trades([5], exits=[late])
        assert daily_results(frame, zone)["date"].to_list() == [dt.date(2025, 3, day)]
        assert daily_returns(closings(frame, 100), zone)["date"].to_list() == [dt.date(2025, 3, day)]


def test_days_compound_their_closings_and_gaps_are_zero() -> None:
    days = daily_returns(closings(trades([100, 110, 121], exits=[START, START + HOUR, START + 3 * DAY]), 1000))
    assert [round(r, 12) for r in days["return"]] == [0.21, 0.1]
    assert [round(r, 12) for r in on_calendar_days(days)["return"]] == [0.21, 0.0, 0.0, 0.1]


def test_a_weekend_counts_for_the_monday_after() -> None:
    exits = [START + n * DAY for n in (4, 5, 6, 8)]  # Friday, Saturday, Sunday, Tuesday
    days = on_trading_days(daily_returns(closings(trades([100, 110, 121, 0], exits=exits), 1000)))
    assert days["date"].dt.weekday().to_list() == [5, 1, 2]
    assert [round(r, 12) for r in days["return"]] == [0.1, 0.21, 0.0]


def test_overlapping_positions_are_open_once() -> None:
    # Open 11-12, 11-14 and 16-17: four hours of six.
    frame = pl.concat(
        [
            trades([1], exits=[START]),
            trades([1], exits=[START + 2 * HOUR], hours=3),
            trades([1], exits=[START + 5 * HOUR]),
        ]
    )
    covered, span = exposure_of(frame)
    assert (covered / 3.6e9, span / 3.6e9) == (4.0, 6.0)
    assert exposure_of(trades([])) == (0.0, 0.0)
