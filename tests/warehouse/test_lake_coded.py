"""Partitions read as codes hold what a scan of them holds."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.errors import FileDamaged
from warehouse.lake import CodedRows, Lake
from warehouse.tables import OddsSnapshots

DAY = dt.date(2026, 1, 10)
NOON = dt.datetime(2026, 1, 10, 12, tzinfo=dt.UTC)
COLUMNS = ("event_id", "bookmaker", "received_at", "price_decimal", "point")


def quotes(event: str, books: list[str], minute: int) -> pl.DataFrame:
    """A quote of each book; prices rise with the book, a suspended one has none."""
    n = len(books)
    at = NOON + dt.timedelta(minutes=minute)
    frame = pl.DataFrame({"bookmaker": books, "price_decimal": [None if i == 2 else 1.5 + i for i in range(n)]})
    return OddsSnapshots.conform(
        frame.with_columns(
            event_id=pl.lit(event),
            market=pl.lit("h2h"),
            outcome=pl.lit("A"),
            description=pl.lit(""),
            line=pl.lit(""),
            received_at=pl.lit(at),
            sport_key=pl.lit("basketball_nba"),
            side=pl.lit("home"),
            commence_at=pl.lit(at),
            is_suspended=pl.col("price_decimal").is_null(),
            is_live=pl.lit(False),
            quoted_at=pl.lit(at),
            response_id=pl.lit(f"r{minute}"),
        )
    )


def as_frame(rows: CodedRows) -> pl.DataFrame:
    """The same rows with their texts."""
    texts = {name: [rows.texts[name][code] for code in codes] for name, codes in rows.codes.items()}
    values = {name: pl.Series(array, nan_to_null=True) for name, array in rows.values.items()}
    frame = pl.DataFrame({**texts, **values}, schema_overrides=dict.fromkeys(texts, pl.String))
    return frame.select(COLUMNS).with_columns(pl.col("received_at").cast(OddsSnapshots.schema()["received_at"]))


@given(st.lists(st.sets(st.sampled_from("abcdefg"), min_size=1), min_size=1, max_size=4), st.booleans())
def test_codes_and_numbers_are_the_rows_of_a_scan_over_any_files(
    tmp_path_factory: pytest.TempPathFactory, parts: list[set[str]], compacted: bool
) -> None:
    lake = Lake(tmp_path_factory.mktemp("lake"))
    for minute, books in enumerate(parts):
        lake.append(OddsSnapshots, quotes(f"game-{minute % 2}", sorted(books), minute), batch=f"b{minute}")
    if compacted:
        lake.compact(OddsSnapshots, DAY)
    found = lake.coded(OddsSnapshots, DAY, COLUMNS)
    assert found.height == sum(map(len, parts))
    assert found.values["received_at"].dtype == np.int64 and found.codes["event_id"].dtype == np.int32
    assert as_frame(found).equals(lake.scan(OddsSnapshots).select(COLUMNS).collect())


def test_a_day_without_rows_has_none(tmp_path: Path) -> None:
    found = Lake(tmp_path).coded(OddsSnapshots, DAY, COLUMNS)
    assert found.height == 0 and as_frame(found).is_empty()


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.append(OddsSnapshots, quotes("g", ["a"], 0), batch="b")
    (file,) = (tmp_path / "odds_snapshots" / f"date={DAY}").glob("*.parquet")
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(FileDamaged, match=file.name):
        lake.coded(OddsSnapshots, DAY, COLUMNS)
