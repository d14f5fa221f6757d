"""Trades taken away: exact, safe to open, and whole or not at all."""

import csv
import datetime as dt
import io
import json
from pathlib import Path

import polars as pl
import pytest

from stratum_pipelines.trading import exporting
from stratum_pipelines.trading.chosen import Choice
from stratum_pipelines.trading.exporting import export_to, export_trades
from tests.trading.made import bet, lake_of
from warehouse.lake import Lake
from warehouse.tables import Table, Trades

LARGE = 9_007_199_254_740_993  # one more than a float holds exactly
ALL = Choice()


def exported(lake: object, form: str, choice: Choice = ALL) -> bytes:
    file = io.BytesIO()
    export_trades(lake, choice, form, file)  # type: ignore[arg-type]
    return file.getvalue()


def test_every_format_holds_every_trade_to_the_minor_unit(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [bet(1, -1_000), bet(2, LARGE, day=1), bet(3, None, day=2)])
    rows = list(csv.DictReader(io.StringIO(exported(lake, "csv").decode())))
    assert [row["profit"] for row in rows] == ["-1000", str(LARGE), ""]
    assert [row["currency"] for row in rows] == ["USD"] * 3
    items = json.loads(exported(lake, "json"))["items"]
    assert [row["profit"] for row in items] == [-1_000, LARGE, None]
    frame = pl.read_parquet(io.BytesIO(exported(lake, "parquet")))
    assert frame.equals(lake.scan(Trades).sort("entry_at", "trade_id").collect())


def test_a_name_that_a_spreadsheet_would_calculate_has_an_apostrophe_before_it(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [bet(1, -5, strategy='=HYPERLINK("http://x")', outcome="+1 ,\n2", bookmaker="-a")])
    (row,) = csv.DictReader(io.StringIO(exported(lake, "csv").decode()))
    assert (row["strategy"], row["outcome"], row["bookmaker"]) == ('\'=HYPERLINK("http://x")', "'+1 ,\n2", "'-a")
    assert row["profit"] == "-5"  # numbers stay numbers


def test_what_is_written_in_pieces_is_what_is_written_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = lake_of(tmp_path, [bet(number, number, day=number % 3) for number in range(1, 20)])
    whole = [exported(lake, form) for form in ("csv", "json")]
    monkeypatch.setattr(exporting, "ROWS_AT_ONCE", 2)
    assert [exported(lake, form) for form in ("csv", "json")] == whole


def test_every_day_is_read_once_and_days_that_were_not_asked_for_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = lake_of(tmp_path, [bet(number, number, day=number) for number in range(1, 8)])
    scanned: list[tuple[object, object]] = []
    scan = Lake.scan

    def noted(self: Lake, table: type[Table], **days: dt.date | None) -> pl.LazyFrame:
        scanned.append((days.get("first"), days.get("last")))
        return scan(self, table, **days)

    monkeypatch.setattr(Lake, "scan", noted)
    # The first bet is entered on the second of September. A day of New York lies in two of UTC, so one more is looked at.
    asked = Choice(first=dt.date(2025, 9, 4), last=dt.date(2025, 9, 5), zone="America/New_York")
    assert exported(lake, "csv", asked).count(b"\r\n") == 3
    assert scanned == [(day, day) for day in (dt.date(2025, 9, n) for n in (3, 4, 5, 6))]


def test_nothing_chosen_is_a_document_without_rows(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [bet(1, 5)])
    none = Choice(strategy="UNKNOWN")
    assert exported(lake, "csv", none).count(b"\r\n") == 1
    assert json.loads(exported(lake, "json", none)) == {"items": []}
    assert pl.read_parquet(io.BytesIO(exported(lake, "parquet", none))).height == 0


def test_a_file_is_there_whole_or_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, path = lake_of(tmp_path, [bet(1, 5)]), tmp_path / "trades.csv"
    path.write_text("before")

    def fail(*_: object, **__: object) -> bytes:
        raise OSError("the disk is full")

    monkeypatch.setattr("warehouse.formats.csv_text._lines", fail)
    with pytest.raises(OSError, match="disk is full"):
        export_to(lake, ALL, "csv", path)
    monkeypatch.undo()
    assert path.read_text() == "before" and sorted(one.name for one in tmp_path.iterdir()) == ["lake", "trades.csv"]
    assert export_to(lake, ALL, "csv", path) == 1 and path.read_bytes().startswith(b"trade_id,")
