"""Recording trades: once, corrected in place, whole after a stop in the middle, and one process at a time."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from stratum_pipelines.locks import trading_alone
from stratum_pipelines.trading import ledger
from stratum_pipelines.trading.ledger import Recorded, record
from tests.warehouse.frames import DAY, NEXT, sample
from warehouse.errors import FrameRefused, LakeBusy
from warehouse.lake import Lake
from warehouse.tables import Trades

LATER = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def stored(lake: Lake) -> pl.DataFrame:
    """All trades, in order of their ids."""
    return lake.scan(Trades).collect().sort("trade_id")


def files(lake: Lake) -> dict[Path, int]:
    """Every file of the table and when it was written."""
    return {path: path.stat().st_mtime_ns for path in Path(lake.location, "trades").rglob("*.parquet")}


def moved(rows: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """The same trades, entered at midnight of another day."""
    return rows.with_columns(entry_at=pl.lit(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)))


def test_what_is_recorded_again_from_another_file_and_later_changes_nothing(lake: Lake) -> None:
    rows = sample(Trades, 5)
    assert record(lake, Trades, rows) == Recorded(5, 0, 0)
    before, written = stored(lake), files(lake)
    again = rows.with_columns(import_id=pl.lit("another"), import_line=pl.lit("9"), recorded_at=pl.lit(LATER))
    assert record(lake, Trades, again) == Recorded(0, 0, 5)
    assert stored(lake).equals(before) and files(lake) == written


def test_a_correction_replaces_its_row_and_leaves_other_days_alone(lake: Lake) -> None:
    record(lake, Trades, pl.concat([sample(Trades, 2), sample(Trades, 2, day=NEXT, start=2)]))
    untouched = {path for path in files(lake) if NEXT.isoformat() in str(path)}
    written = files(lake)
    rows = sample(Trades, 2).with_columns(profit=pl.Series([7, 101], dtype=pl.Int64), recorded_at=pl.lit(LATER))
    assert record(lake, Trades, rows) == Recorded(0, 1, 1)
    after = stored(lake)
    assert after["profit"].to_list() == [7, 101, 102, 103]
    assert (after["recorded_at"] == LATER).to_list() == [True, False, False, False]
    assert untouched and {path: written[path] for path in untouched} == {path: files(lake)[path] for path in untouched}


def test_a_trade_whose_entry_moves_to_another_day_is_there_once(lake: Lake) -> None:
    rows = sample(Trades, 2)
    record(lake, Trades, rows)
    assert record(lake, Trades, moved(rows.head(1), NEXT)) == Recorded(0, 1, 0)
    assert stored(lake)["entry_at"].dt.date().to_list() == [NEXT, DAY]


def test_a_stop_between_two_days_loses_nothing_and_is_completed_by_doing_it_again(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = sample(Trades, 2)
    record(lake, Trades, rows)
    replace, days = Lake.replace, []

    def stop_at_the_second(self: Lake, table: type[Trades], day: dt.date, frame: pl.DataFrame) -> None:
        days.append(day)
        if len(days) == 2:
            raise KeyboardInterrupt
        replace(self, table, day, frame)

    monkeypatch.setattr(Lake, "replace", stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        record(lake, Trades, moved(rows.head(1), NEXT))
    monkeypatch.undo()
    assert days == [NEXT, DAY], "the day that gains the row comes first"
    assert stored(lake)["trade_id"].to_list() == ["trade_id 0", "trade_id 0", "trade_id 1"]
    record(lake, Trades, moved(rows.head(1), NEXT))
    assert stored(lake)["trade_id"].to_list() == ["trade_id 0", "trade_id 1"]


def test_rows_that_do_not_fit_are_refused_whole(lake: Lake) -> None:
    rows = sample(Trades, 2).with_columns(stake=pl.Series([5, -1], dtype=pl.Int64))
    with pytest.raises(FrameRefused, match="column stake is below 0 in 1 of 2 rows"):
        record(lake, Trades, rows)
    assert not lake.days(Trades)


def test_two_processes_do_not_record_at_a_time(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stratum_pipelines.locks.UNSAID_S", 0.01)
    with trading_alone(lake), pytest.raises(LakeBusy, match="Trades are being recorded by another process"):
        ledger.record(Lake(lake.location), Trades, sample(Trades, 1), patience_s=0.01)
    assert record(lake, Trades, sample(Trades, 1)) == Recorded(1, 0, 0)
