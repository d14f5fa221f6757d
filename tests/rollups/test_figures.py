"""The figures of the rollups are those of the performance kernel and of the buckets, to the minor unit."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from stratum_pipelines.quant.buckets.sessions import session_of
from stratum_pipelines.quant.buckets.totals import bucketed
from stratum_pipelines.quant.performance import performance_of
from stratum_pipelines.quant.performance.closings import daily_results
from stratum_pipelines.quant.scorecard import scorecards
from stratum_pipelines.quant.time_to_start import time_bucket
from tests.rollups.conftest import Warehouse
from tests.trade_rows import CURRENCIES, trades
from warehouse.tables import ClvRecords, Signals, Trades

# Days around a change of the clock, one there and one back; Lord Howe changes by half an hour.
CHANGES = {
    "Europe/London": (dt.date(2026, 3, 28), dt.date(2026, 10, 24)),
    "America/New_York": (dt.date(2026, 3, 7), dt.date(2026, 10, 31)),
    "Australia/Lord_Howe": (dt.date(2026, 4, 4), dt.date(2026, 10, 3)),
}
SUMS = ("n", "n_won", "n_lost", "profit", "gross_profit", "gross_loss", "stake")


@pytest.fixture(scope="module", params=CHANGES)
def around_a_change(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, manifest: Any
) -> Warehouse:
    """Trades around the nights in which the clocks of a zone change, built with that zone."""
    warehouse = Warehouse(tmp_path_factory.mktemp("zone") / "home", manifest)
    warehouse.zone = request.param
    for number, first in enumerate(CHANGES[request.param]):
        chance = np.random.default_rng(number)
        for days in range(3):
            day = first + dt.timedelta(days=days)
            warehouse.lake.replace(Trades, day, trades(chance, day, 400))
    built = warehouse.build(select=["+daily_rollups", "+monthly_rollups", "+dim_day"])
    assert built.is_published, built.faults
    return warehouse


def of_currency(warehouse: Warehouse, currency: str) -> pl.LazyFrame:
    return warehouse.lake.scan(Trades).filter(pl.col("currency") == currency)


def test_days_are_those_of_the_kernel(around_a_change: Warehouse) -> None:
    sums = ", ".join(f"cast(sum({name}) as bigint) as {name}" for name in SUMS)
    found = around_a_change.ask(f"select currency, exit_day as date, {sums} from daily_rollups group by all")
    for currency in CURRENCIES:
        kernel = daily_results(of_currency(around_a_change, currency), around_a_change.zone)
        mine = found.filter(pl.col("currency") == currency).drop("currency").sort("date")
        assert kernel.height > 5 and mine.equals(kernel.select(mine.columns))


def test_months_are_those_of_the_buckets(around_a_change: Warehouse) -> None:
    wanted = ["bucket", "n", "n_won", "n_lost", "profit", "stake"]
    sums = ", ".join(f"cast(sum({name}) as bigint) as {name}" for name in wanted[1:])
    found = around_a_change.ask(
        f"select currency, strftime(month, '%Y-%m') as bucket, {sums} from monthly_rollups group by all"
    )
    for currency in CURRENCIES:
        rows = of_currency(around_a_change, currency)
        kernel = bucketed(rows, "month", zone=around_a_change.zone, moment="exit_at").filter(pl.col("n") > 0)
        mine = found.filter(pl.col("currency") == currency).select(wanted).sort("bucket")
        assert mine.equals(kernel.select(wanted))


def test_days_are_as_long_as_they_are(around_a_change: Warehouse) -> None:
    days = around_a_change.ask("select day, hours, starts_at, ends_at from dim_day order by day")
    # The clock goes forward on one day and back on another; Lord Howe moves it by half an hour.
    shift = 0.5 if around_a_change.zone == "Australia/Lord_Howe" else 1.0
    odd = sorted(set(days["hours"].to_list()))
    assert odd == [24.0 - shift, 24.0, 24.0 + shift]
    assert days["ends_at"][:-1].equals(days["starts_at"][1:].rename("ends_at"))


def test_sessions_and_steps_to_the_start_are_those_of_the_buckets(around_a_change: Warehouse) -> None:
    found = around_a_change.ask("select trade_id, entry_session, time_bucket, entry_at, commence_at from trades_fact")
    expected = found.select(entry_session=session_of(pl.col("entry_at")))
    assert found["entry_session"].equals(expected["entry_session"])
    assert set(found["entry_session"]) >= {"outside", "tokyo", "london", "london+new_york"}
    bets = found.filter(pl.col("commence_at").is_not_null())
    minutes = ((bets["commence_at"] - bets["entry_at"]).dt.total_microseconds() / 60e6).to_list()
    assert bets["time_bucket"].to_list() == [time_bucket(one) for one in minutes]
    assert found.filter(pl.col("commence_at").is_null())["time_bucket"].null_count() == found.height - bets.height


def test_sessions_open_by_their_own_clocks(built_once: Warehouse) -> None:
    # Sunday, 29 March 2026: no session. On Friday the 27th London opens at 08:00 UTC, on Monday, in summer time, at 07:00.
    days = built_once.ask("select day, weekday, london_opens_at, new_york_closes_at from dim_day order by day")
    by_day = {row["day"].day: row for row in days.iter_rows(named=True)}
    assert by_day[29]["london_opens_at"] is None and by_day[29]["weekday"] == "sunday"
    assert by_day[27]["london_opens_at"] == dt.datetime(2026, 3, 27, 8, tzinfo=dt.UTC)
    assert by_day[30]["london_opens_at"] == dt.datetime(2026, 3, 30, 7, tzinfo=dt.UTC)
    assert by_day[30]["new_york_closes_at"] == dt.datetime(2026, 3, 30, 21, tzinfo=dt.UTC)


def test_figures_of_a_source_are_those_of_the_kernel(built_once: Warehouse) -> None:
    rows = built_once.ask("select * from source_rollups")
    assert rows.height == 12 and set(rows["currency"]) == set(CURRENCIES)
    for row in rows.iter_rows(named=True):
        mine = of_currency(built_once, row["currency"]).filter(pl.col("source") == row["source"])
        figures = {m.name: m.value for m in performance_of(mine, 10**12, zone=built_once.zone).measures if not m.basis}
        for name in ("win_rate", "profit_factor", "expectancy", "yield_on_stake"):
            assert row[name] == pytest.approx(figures[name], rel=1e-12), name
        assert (row["n"], row["profit"], row["stake"]) == tuple(
            figures[name] for name in ("n_trades", "net_profit", "total_staked")
        )


def test_every_closed_trade_is_attributed_once(built_once: Warehouse) -> None:
    closed = built_once.lake.scan(Trades).filter(pl.col("status") == "closed").collect()
    sums = built_once.ask("select sum(n) as n, sum(n_won) as n_won, sum(n_even) as n_even from attribution")
    assert sums.row(0) == (closed.height, (closed["profit"] > 0).sum(), (closed["profit"] == 0).sum())
    # Bets of bots and people follow signals, those on paper and in backtests none.
    followed = closed.filter(pl.col("signal_id") != "")
    by_hand = built_once.ask("select sum(n) as n from attribution where signal_type <> '' and source = 'manual'")
    assert by_hand["n"][0] == followed.filter(pl.col("source") == "manual").height > 0
    known = built_once.lake.scan(Signals).select("signal_id", "detected_at", "entry_price_decimal").collect()
    bots = closed.filter(pl.col("source") == "bot").join(known, on="signal_id")
    gap = (bots["entry_price"] - bots["entry_price_decimal"]).mean()
    found = built_once.ask(
        "select sum(mean_price_gap * n) / sum(n) as gap from attribution where source = 'bot' and signal_type <> ''"
    )
    assert found["gap"][0] == pytest.approx(gap, abs=0.05)


def test_what_a_signal_led_to_narrows_from_step_to_step(built_once: Warehouse) -> None:
    funnel = built_once.ask(
        "select sum(n_signals) as n, sum(n_traded) as traded, sum(n_settled) as settled from signal_funnel"
    )
    traded = built_once.lake.scan(Trades).filter(pl.col("signal_id") != "", pl.col("source") != "backtest").collect()
    settled = traded.filter(pl.col("status") == "closed")
    assert funnel.row(0) == (4 * 20, traded["signal_id"].n_unique(), settled["signal_id"].n_unique())


def test_closing_value_by_type_is_that_of_the_scorecards(tmp_path: Path, manifest: Any) -> None:
    warehouse = Warehouse(tmp_path / "home", manifest)
    records = clv_records(60)
    for (day,), rows in records.group_by(pl.col("closed_at").dt.date()):
        warehouse.lake.replace(ClvRecords, day, rows)
    assert warehouse.build(select=["clv_by_type"]).is_published
    mine = warehouse.ask("select * from clv_by_type order by all")
    cards = scorecards(records, dt.datetime(2026, 4, 1, tzinfo=dt.UTC)).filter(
        pl.col("window") == "all", pl.col("time_bucket") == "", pl.col("sport_key") != "", pl.col("market") != ""
    )
    cards = cards.filter(pl.col("signal_type") != "").sort("signal_type", "sport_key", "market")
    assert mine.height == cards.height == 2
    for ours, theirs in zip(mine.iter_rows(named=True), cards.iter_rows(named=True), strict=True):
        assert [ours[name] for name in ("n", "n_events", "n_ties", "n_beat")] == [
            theirs[name] for name in ("n", "n_events", "n_ties", "n_beat")
        ]
        for name in ("beat_rate", "clv_points_mean", "clv_prob_mean"):
            assert ours[name] == pytest.approx(theirs[name], abs=1e-12)


def clv_records(n: int) -> pl.DataFrame:
    """Records of two types; some tie, some have no entry or a stale close, and do not count."""
    chance = np.random.default_rng(3)
    from tests.warehouse.frames import sample

    rows = sample(ClvRecords, n, day=dt.date(2026, 3, 28))
    return rows.with_columns(
        pl.Series("signal_type", [("STEAM", "KEY_CROSS")[i % 2] for i in range(n)]),
        pl.lit("spreads").alias("market"),
        pl.lit("scheduled").alias("convention"),
        pl.lit(True).alias("is_current"),
        pl.Series("quality", ["stale" if i % 7 == 0 else "ok" for i in range(n)]),
        pl.Series("entry_price_decimal", [None if i % 11 == 0 else 1.91 for i in range(n)], dtype=pl.Float64),
        pl.Series("beat_close", [None if i % 5 == 0 else bool(i % 3) for i in range(n)], dtype=pl.Boolean),
        pl.Series("clv_prob", chance.normal(0.0, 0.02, n)),
        pl.Series("clv_points", chance.normal(0.0, 0.5, n)),
        pl.Series("event_id", [f"game {i // 3}" for i in range(n)]),
    )
