"""Building the rollups: once is enough, late trades touch their days alone, and what fails publishes nothing."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from stratum_pipelines.rollups import building
from stratum_pipelines.trading.ledger import record
from tests.rollups.conftest import Warehouse, rebuilt
from warehouse.errors import LakeBusy, OperationRefused
from warehouse.marts import read_marts
from warehouse.marts.files import schema_of
from warehouse.tables import Trades

DAY = dt.date(2026, 3, 28)
LATER = dt.datetime(2026, 4, 2, 12, tzinfo=dt.UTC)
# The mart that follows the trades; those behind it follow its files.
FACT = ["trades_fact"]


def one_trade(warehouse: Warehouse) -> pl.DataFrame:
    """A closed trade that was entered on the second day and ended on it."""
    on_day = (pl.col("exit_at").dt.date() == DAY) & (pl.col("status") == "closed")
    return warehouse.lake.scan(Trades, first=DAY, last=DAY).filter(on_day).collect().sort("trade_id").head(1)


def test_an_empty_lake_builds_and_every_rollup_can_be_asked(tmp_path: Path, manifest: Any) -> None:
    empty = Warehouse(tmp_path / "home", manifest)
    assert empty.build().is_published
    assert [name for name in read_marts() if empty.ask(f"select * from {name}").height] == []


def test_columns_have_the_types_that_are_declared(built_once: Warehouse) -> None:
    for name in read_marts():
        files = built_once.shelf.files(name)
        assert files and all(dict(pl.read_parquet_schema(file)) == schema_of(name) for file in files), name


def test_building_twice_changes_no_byte(warehouse: Warehouse) -> None:
    before = warehouse.files()
    assert rebuilt(warehouse.build()) == {}
    assert warehouse.files() == before


def test_building_anew_and_in_small_pieces_gives_the_same_bytes(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = warehouse.files()
    monkeypatch.setattr(building, "CHUNK_ROWS", 1)
    assert rebuilt(warehouse.build(full=True)) == {}
    assert warehouse.files() == before


def test_a_correction_makes_the_day_of_its_exit_again_and_no_other(warehouse: Warehouse) -> None:
    asked = f"select sum(profit) as profit from daily_rollups where exit_day = '{DAY}'"
    was = warehouse.ask(asked)["profit"][0]
    changed = one_trade(warehouse).with_columns(pl.col("profit") + 1_000_000, recorded_at=LATER)
    record(warehouse.lake, Trades, changed)
    again = rebuilt(warehouse.build())
    assert again["trades_fact"] == ("2026-03-28",) and again["daily_rollups"] == ("2026-03",)
    assert warehouse.ask(asked)["profit"][0] == was + 1_000_000
    bit_by_bit = warehouse.shelf.read()
    assert rebuilt(warehouse.build(full=True)) == {}, "what is built bit by bit is what is built at once"
    assert warehouse.shelf.read() == bit_by_bit


def test_a_trade_that_moves_makes_its_old_and_its_new_day_again(warehouse: Warehouse) -> None:
    # Entry and exit both move: from the 28th to the 30th.
    moved = one_trade(warehouse).with_columns(pl.col("entry_at", "exit_at") + pl.duration(days=2), recorded_at=LATER)
    record(warehouse.lake, Trades, moved)
    assert rebuilt(warehouse.build(select=FACT)) == {"trades_fact": ("2026-03-28", "2026-03-30")}
    found = warehouse.ask(f"select exit_day from trades_fact where trade_id = '{moved['trade_id'][0]}'")
    assert found["exit_day"].to_list() == [dt.date(2026, 3, 30)]


def test_a_trade_that_vanishes_leaves_its_day(warehouse: Warehouse) -> None:
    gone = one_trade(warehouse)["trade_id"][0]
    day = warehouse.lake.scan(Trades, first=DAY, last=DAY).collect()
    warehouse.lake.replace(Trades, DAY, day.filter(pl.col("trade_id") != gone))
    assert rebuilt(warehouse.build(select=FACT)) == {"trades_fact": ("2026-03-28",)}
    assert warehouse.ask(f"select * from trades_fact where trade_id = '{gone}'").is_empty()


def test_files_written_anew_with_the_same_rows_touch_no_day(warehouse: Warehouse) -> None:
    day = warehouse.lake.scan(Trades, first=DAY, last=DAY).collect()
    warehouse.lake.replace(Trades, DAY, day.reverse())
    assert rebuilt(warehouse.build(select=FACT)) == {}


def test_changing_the_zone_puts_trades_on_other_days(warehouse: Warehouse) -> None:
    # 22:30 UTC on the 28th of March is the 28th in London and the 29th in Tokyo.
    late = one_trade(warehouse).with_columns(exit_at=dt.datetime(2026, 3, 28, 22, 30, tzinfo=dt.UTC), recorded_at=LATER)
    record(warehouse.lake, Trades, late)
    asked = f"select exit_day from trades_fact where trade_id = '{late['trade_id'][0]}'"
    warehouse.build(select=FACT)
    assert warehouse.ask(asked)["exit_day"].to_list() == [dt.date(2026, 3, 28)]
    warehouse.zone = "Asia/Tokyo"
    warehouse.build(select=FACT)
    assert warehouse.ask(asked)["exit_day"].to_list() == [dt.date(2026, 3, 29)]


def test_a_currency_in_which_nothing_has_closed_yet_is_no_fault(warehouse: Warehouse) -> None:
    rows = warehouse.lake.scan(Trades).filter(pl.col("status") == "open").collect()
    record(warehouse.lake, Trades, rows.with_columns(currency=pl.lit("CHF"), recorded_at=LATER))
    assert warehouse.build().is_published
    found = warehouse.ask("select sum(n_open) as n_open, sum(n) as n from attribution where currency = 'CHF'")
    assert found.row(0) == (rows.height, 0)


def test_a_failing_test_publishes_nothing_and_says_how_many_rows_fail(warehouse: Warehouse) -> None:
    before = warehouse.shelf.read()
    # A process that was stopped in the middle left the same trade on two days.
    torn = one_trade(warehouse).with_columns(pl.col("entry_at") + pl.duration(days=1))
    day = torn["entry_at"][0].date()
    held = warehouse.lake.scan(Trades, first=day, last=day).collect()
    warehouse.lake.replace(Trades, day, pl.concat([held, torn]))
    built = warehouse.build(select=FACT)
    (failed,) = [test for test in built.tests if not test.passed]
    assert (failed.mart, failed.name, failed.failures) == ("trades_fact", "unique_in_all_trade_id", 1)
    assert not built.is_published and "unique_in_all_trade_id" in built.faults[0]
    assert warehouse.shelf.read() == before


def test_a_build_that_is_stopped_leaves_everything_as_it_was_and_the_next_one_completes_it(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = warehouse.shelf.read()
    warehouse.fill(4, 200, seed=8)

    def stop(self: Any, published: Any) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("warehouse.marts.Shelf.publish", stop)
    with pytest.raises(KeyboardInterrupt):
        warehouse.build(select=FACT)
    monkeypatch.undo()
    assert warehouse.shelf.read() == before
    assert warehouse.ask("select count(*) as n from trades_fact")["n"][0] == 4 * 300
    warehouse.build(select=FACT)
    assert warehouse.ask("select count(*) as n from trades_fact")["n"][0] == 4 * 200
    # What counts no more goes an hour later.
    listed = sum(len(warehouse.shelf.files(name)) for name in read_marts())
    assert len(list(warehouse.shelf.folder.rglob("*.parquet"))) > listed
    assert warehouse.shelf.sweep(0.0) > 0
    assert len(list(warehouse.shelf.folder.rglob("*.parquet"))) == listed


def test_two_builds_do_not_run_at_a_time(warehouse: Warehouse) -> None:
    with warehouse.shelf.alone(), pytest.raises(LakeBusy, match="Rollups are being built by another process"):
        warehouse.build(patience_s=0.01)


def test_what_a_part_of_the_rollups_lacks_is_named(tmp_path: Path, manifest: Any) -> None:
    empty = Warehouse(tmp_path / "home", manifest)
    built = empty.build(select=["monthly_rollups"])
    assert "which has not been built: select +monthly_rollups" in built.faults[0] and not built.is_published
    with pytest.raises(OperationRefused, match="No rollup is called 'nothing'"):
        empty.build(select=["nothing"])
