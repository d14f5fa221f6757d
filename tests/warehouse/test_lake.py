"""The lake in one process: on a folder and, with the same answers, on an object store."""

import datetime as dt
import time
import uuid
from pathlib import Path

import polars as pl
import pytest
from filelock import FileLock
from polars.testing import assert_frame_equal

from tests.warehouse.frames import DAY, NEXT, count, sample
from warehouse.lake import FileDamaged, FrameRefused, Lake, LakeBusy, LakeError, OperationRefused
from warehouse.lake import lake as lake_module
from warehouse.lake.files import encode, folder_of
from warehouse.tables import TABLES, ClosingLines, EventLinks, Events, OddsSnapshots, Polls, RawOdds, Results, Table

PARTITIONED = [table for table in TABLES if table.partition_by]
WHOLE = [table for table in TABLES if not table.partition_by]


@pytest.fixture(params=["folder", "object store"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    """An empty lake in a folder, and one in fsspec's memory as the stand-in for s3."""
    return Lake(tmp_path / "lake" if request.param == "folder" else f"memory://{uuid.uuid4().hex}")


def polls(start: int, n: int = 2, day: dt.date = DAY) -> pl.DataFrame:
    return sample(Polls, n, start=start, day=day)


def files(lake: Lake, table: type[Table] = Polls, day: dt.date = DAY) -> list[str]:
    """Files of a partition that anything reading *.parquet would find."""
    return [name for name in lake.storage.names(folder_of(table, day)) if name.endswith(".parquet")]


@pytest.mark.parametrize("table", PARTITIONED, ids=lambda table: table.name)
def test_what_is_appended_or_replaced_is_read_back(lake: Lake, table: type[Table]) -> None:
    frame = sample(table, 5)
    assert lake.append(table, frame, batch="one") == 5
    assert_frame_equal(lake.scan(table).collect(), frame)
    lake.replace(table, DAY, frame)
    assert_frame_equal(lake.scan(table).collect(), frame.sort(table.sort_by()))


@pytest.mark.parametrize("table", WHOLE, ids=lambda table: table.name)
def test_a_table_kept_whole_is_merged_by_key(lake: Lake, table: type[Table]) -> None:
    lake.merge(table, sample(table, 3))
    later = sample(table, 3, start=2)
    time_column = next(name for name, column in table.columns.items() if str(column.dtype).startswith("Datetime"))
    later = later.with_columns(pl.col(time_column) + dt.timedelta(days=1))
    lake.merge(table, later)
    found = lake.scan(table).collect()
    assert_frame_equal(found, pl.concat([sample(table, 2), later]).sort(table.sort_by()), check_row_order=False)


def test_an_empty_lake_has_all_tables_without_rows(lake: Lake) -> None:
    for table in TABLES:
        assert_frame_equal(lake.scan(table).collect(), table.empty())
    assert lake.days(Polls) == []
    assert lake.batches(Polls, DAY) == set()
    assert lake.drop_days(Polls, NEXT) == []
    assert not lake.compact(Polls, DAY)
    assert count(lake.scan(Polls, first=DAY, last=NEXT)) == 0


def test_a_frame_is_split_by_the_utc_date_of_its_partition_column(lake: Lake) -> None:
    last = dt.datetime(2025, 9, 7, 23, 59, 59, 999999, tzinfo=dt.UTC)
    frame = polls(0).with_columns(
        received_at=pl.Series([last + dt.timedelta(microseconds=1), last], dtype=pl.Datetime("us", "UTC"))
    )
    lake.append(Polls, frame, batch="midnight")
    assert lake.days(Polls) == [DAY, NEXT]
    assert lake.scan(Polls, first=NEXT).collect()["poll_id"].to_list() == ["poll_id 0"]
    assert lake.scan(Polls, last=DAY).collect()["poll_id"].to_list() == ["poll_id 1"]


def test_columns_filters_and_limits_reach_the_files(lake: Lake) -> None:
    for day in (DAY, NEXT):
        lake.append(Polls, polls(0, 50, day), batch="one")
    scan = lake.scan(Polls)
    assert scan.select("n_quotes").collect().shape == (100, 1)
    assert scan.filter(pl.col("n_quotes") == 107).select("poll_id").collect()["poll_id"].to_list() == ["poll_id 7"] * 2
    assert scan.head(60).collect().height == 60
    assert scan.filter(pl.col("n_quotes") >= 140).head(15).collect().height == 15
    assert count(scan) == 100
    assert scan.collect(engine="streaming").height == 100
    assert scan.join(scan, on="poll_id").select(pl.len()).collect().item() == 200


def test_a_frame_made_earlier_shows_the_lake_as_it_is_when_collected(lake: Lake) -> None:
    scan = lake.scan(Polls).select(pl.len())
    lake.append(Polls, polls(0), batch="one")
    assert scan.collect().item() == 2
    lake.append(Polls, polls(2), batch="two")
    lake.compact(Polls, DAY)
    assert scan.collect().item() == 4
    lake.drop_days(Polls, NEXT)
    assert scan.collect().item() == 0


def test_a_large_table_is_read_in_several_groups_of_partitions(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warehouse.lake.reading.GROUP_BYTES", 1)
    days = [DAY + dt.timedelta(days=i) for i in range(4)]
    for day in days:
        lake.append(Polls, polls(0, 3, day), batch="one")
    found = lake.scan(Polls).collect()
    assert found["received_at"].dt.date().to_list() == [day for day in days for _ in range(3)]
    assert lake.scan(Polls).filter(pl.col("received_at").dt.date() == days[2]).collect().height == 3
    assert lake.scan(Polls).head(5).collect().height == 5


def test_reading_a_range_opens_no_file_of_another_day(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.append(Polls, polls(0), batch="one")
    unreadable = tmp_path / "polls" / "date=2025-09-08" / "part-bad.parquet"
    unreadable.parent.mkdir()
    unreadable.write_bytes(b"not parquet at all")
    assert count(lake.scan(Polls, last=DAY)) == 2
    assert lake.days(Polls) == [DAY, NEXT]
    with pytest.raises(FileDamaged, match=r"polls/date=2025-09-08/part-bad\.parquet.*recompute"):
        lake.scan(Polls).collect()


def test_the_same_batch_again_doubles_nothing(lake: Lake) -> None:
    for _ in range(2):
        lake.append(Polls, polls(0), batch="one")
    assert count(lake.scan(Polls)) == 2
    lake.append(Polls, polls(2), batch="two")
    lake.compact(Polls, DAY)
    assert lake.batches(Polls, DAY) == {"one", "two"}
    assert lake.append(Polls, polls(0), batch="one", recovering=True) == 0
    lake.append(Polls, polls(0), batch="one")  # written, and passed over by readers
    assert count(lake.scan(Polls)) == 4
    lake.append(Polls, polls(4), batch="three", recovering=True)
    assert count(lake.scan(Polls)) == 6
    lake.compact(Polls, DAY)
    assert count(lake.scan(Polls)) == 6
    assert len(files(lake)) == 1


def test_appending_merges_when_parts_pile_up_and_stays_a_few_dozen_files(lake: Lake) -> None:
    for i in range(120):
        lake.append(Polls, polls(2 * i), batch=f"b{i}")
        assert lake.parts(Polls, DAY) <= 32
        assert len(files(lake)) <= 40
    assert count(lake.scan(Polls)) == 240
    assert lake.scan(Polls).collect()["poll_id"].n_unique() == 240
    assert len(lake.batches(Polls, DAY)) == 120


def test_exactly_one_part_more_than_allowed_starts_the_merge(tmp_path: Path) -> None:
    lake = Lake(tmp_path, max_parts=3)
    for i in range(3):
        lake.append(Polls, polls(2 * i), batch=f"b{i}")
    assert lake.parts(Polls, DAY) == 3
    lake.append(Polls, polls(6), batch="b3", compact=False)
    assert lake.parts(Polls, DAY) == 4
    lake.append(Polls, polls(8), batch="b4")
    assert lake.parts(Polls, DAY) == 0
    assert count(lake.scan(Polls)) == 10


def test_merging_an_open_day_leaves_its_large_files_alone(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.replace(Polls, DAY, polls(0, 20_000))
    (large,) = files(lake)
    lake.append(Polls, polls(20_000), batch="one")
    assert lake.tidy(Polls, DAY)
    assert large in files(lake)
    assert len(files(lake)) == 2
    assert not lake.tidy(Polls, DAY)
    assert lake.compact(Polls, DAY)
    assert len(files(lake)) == 1
    assert count(lake.scan(Polls)) == 20_002


def test_a_compacted_day_is_one_sorted_file_and_compacting_it_again_does_nothing(lake: Lake) -> None:
    lake.append(Polls, polls(5), batch="b")
    lake.append(Polls, polls(0), batch="a")
    assert lake.compact(Polls, DAY)
    assert not lake.compact(Polls, DAY)
    (name,) = files(lake)
    stored = pl.read_parquet(lake.storage.source(f"polls/date=2025-09-07/{name}"), hive_partitioning=False)
    assert_frame_equal(stored, stored.sort("poll_id"))
    footer = pl.read_parquet_metadata(lake.storage.source(f"polls/date=2025-09-07/{name}"))
    assert footer["stratum.table"] == "polls"
    assert footer["stratum.version"] == str(Polls.version)
    assert footer["stratum.batches"] == '["a","b"]'


def test_a_replaced_day_holds_the_frame_and_nothing_else(lake: Lake) -> None:
    lake.append(Polls, polls(0), batch="one")
    lake.append(Polls, polls(0, day=NEXT), batch="one")
    lake.replace(Polls, DAY, polls(10, 3), batches=["two"])
    assert lake.scan(Polls, last=DAY).collect()["poll_id"].to_list() == ["poll_id 10", "poll_id 11", "poll_id 12"]
    assert count(lake.scan(Polls, first=NEXT)) == 2
    # Both are part of what was replaced: a late writer of theirs changes nothing.
    assert lake.batches(Polls, DAY) == {"one", "two"}
    for batch in ("one", "two"):
        lake.append(Polls, polls(0), batch=batch)
    assert count(lake.scan(Polls, last=DAY)) == 3


def test_an_empty_frame_empties_the_day(lake: Lake) -> None:
    lake.append(Polls, polls(0), batch="one")
    lake.replace(Polls, DAY, Polls.empty())
    assert lake.days(Polls) == []
    assert count(lake.scan(Polls)) == 0
    lake.append(Polls, polls(0), batch="one")
    assert count(lake.scan(Polls)) == 0, "the batch was in the day when it was emptied"
    lake.append(Polls, polls(4), batch="two")
    lake.compact(Polls, DAY)
    assert lake.scan(Polls).collect()["poll_id"].to_list() == ["poll_id 4", "poll_id 5"]
    assert lake.batches(Polls, DAY) == {"one", "two"}


def test_emptying_a_day_that_never_was_writes_nothing(lake: Lake) -> None:
    lake.replace(Polls, DAY, Polls.empty())
    assert files(lake) == []


def test_equal_rows_give_equal_bytes_in_whatever_order_they_came(lake: Lake) -> None:
    frame = sample(RawOdds, 20)
    lake.replace(RawOdds, DAY, frame)
    (name,) = files(lake, RawOdds)
    before = lake.storage.read(f"raw_odds/date=2025-09-07/{name}")
    lake.replace(RawOdds, DAY, frame.reverse())
    assert files(lake, RawOdds) == [name], "nothing changed, so no file was written"
    lake.replace(RawOdds, DAY, frame.head(3))
    lake.replace(RawOdds, DAY, frame.sample(fraction=1, shuffle=True, seed=1))
    (last,) = files(lake, RawOdds)
    assert last != name
    assert lake.storage.read(f"raw_odds/date=2025-09-07/{last}") == before


def test_rows_are_replaced_by_a_column_in_every_partition_that_has_them(lake: Lake) -> None:
    days = [DAY, NEXT, NEXT + dt.timedelta(days=1)]
    for day in days:
        lake.replace(ClosingLines, day, sample(ClosingLines, 3, day=day, start=0))
    untouched = files(lake, ClosingLines, days[2])
    lake.replace_rows(
        ClosingLines, sample(ClosingLines, 1, start=9, day=days[2]), column="event_id", values=["event_id 9"]
    )
    assert files(lake, ClosingLines, days[2]) != untouched
    moved = sample(ClosingLines, 1, start=1, day=NEXT).with_columns(point=pl.lit(7.5))
    untouched = files(lake, ClosingLines, days[2])
    lake.replace(ClosingLines, days[2], sample(ClosingLines, 1, day=days[2], start=0))
    untouched = files(lake, ClosingLines, days[2])
    lake.replace_rows(ClosingLines, moved, column="event_id", values=["event_id 1", "event_id 2"])
    events = [lake.scan(ClosingLines, first=day, last=day).collect()["event_id"].to_list() for day in days]
    assert events == [["event_id 0"], ["event_id 0", "event_id 1"], ["event_id 0"]]
    assert lake.scan(ClosingLines).filter(pl.col("event_id") == "event_id 1").collect()["point"].to_list() == [7.5]
    assert files(lake, ClosingLines, days[2]) == untouched
    lake.replace_rows(ClosingLines, ClosingLines.empty(), column="event_id", values=["event_id 0", "event_id 1"])
    assert lake.days(ClosingLines) == []


def test_dropped_days_are_gone_and_later_ones_stay(lake: Lake) -> None:
    for day in (DAY, NEXT):
        lake.append(Polls, polls(0, day=day), batch="one")
    assert lake.drop_days(Polls, NEXT) == [DAY]
    assert lake.days(Polls) == [NEXT]
    assert lake.drop_days(Polls, NEXT) == []
    lake.append(Polls, polls(0), batch="one")
    assert count(lake.scan(Polls, last=DAY)) == 2


def test_replaced_files_and_half_written_ones_are_deleted_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(tmp_path)
    lake.append(Polls, polls(0), batch="one")
    folder = tmp_path / "polls" / "date=2025-09-07"
    (folder / ".part-dead.parquet.1-aa.tmp").write_bytes(b"half")
    lake.compact(Polls, DAY)
    assert (folder / "part-one.parquet.superseded").exists(), "a query that had listed it may still open it"
    assert count(lake.scan(Polls)) == 2
    later = time.time() + 4000
    monkeypatch.setattr("warehouse.lake.storage.time.time", lambda: later)
    lake.compact(Polls, DAY)
    assert [file.name for file in folder.iterdir()] == ["day-000001-000001.parquet"]
    lake.drop_days(Polls, NEXT)
    later += 4000
    lake.drop_days(Polls, NEXT)
    assert not folder.exists()


def test_files_older_than_a_column_are_filled_with_null(lake: Lake) -> None:
    # An older version: two columns fewer, another order, and a column that has been dropped since.
    old = polls(0).select(reversed([name for name in Polls.columns if name not in ("n_clamped", "duration_ms")]))
    lake.storage.write(f"{folder_of(Polls, DAY)}/part-old.parquet", encode(Polls, old.with_columns(gone=1)))
    lake.append(Polls, polls(2), batch="new")
    found = lake.scan(Polls).collect().sort("poll_id")
    assert found.schema == Polls.schema()
    assert found["n_clamped"].to_list() == [None, None, 102, 103]
    assert lake.scan(Polls).filter(pl.col("n_clamped").is_null()).select("poll_id").collect().height == 2
    lake.compact(Polls, DAY)
    assert_frame_equal(lake.scan(Polls).collect().sort("poll_id"), found)


def refused(lake: Lake, table: type[Table], frame: pl.DataFrame, saying: str) -> None:
    with pytest.raises(FrameRefused, match=saying):
        lake.append(table, frame, batch="bad")
    with pytest.raises(FrameRefused, match=saying):
        lake.replace(table, DAY, frame)
    assert isinstance(FrameRefused(""), LakeError)
    assert files(lake, table) == []


def test_a_faulty_frame_is_refused_and_nothing_is_written(lake: Lake) -> None:
    good = sample(OddsSnapshots, 3)
    price = good.with_columns(price_decimal=pl.Series([0.97, 2.0, 3.0]))
    refused(lake, OddsSnapshots, price, "price_decimal is not above 1 in 1 of 3 rows.*Nothing was written")
    refused(lake, OddsSnapshots, good.with_columns(bookmaker=pl.lit(None, pl.String)), "bookmaker is null in 3 of 3")
    refused(lake, OddsSnapshots, good.with_columns(point=float("nan")), "point is not a number")
    refused(lake, OddsSnapshots, pl.concat([good, good.head(1)]), "the key .* repeats in 1 of 4")
    refused(lake, OddsSnapshots, good.drop("point"), "columns differ from the declaration: point")


def test_rows_of_another_day_are_refused_in_a_replaced_day(lake: Lake) -> None:
    with pytest.raises(FrameRefused, match="2 rows have received_at on 2025-09-08, not on 2025-09-07"):
        lake.replace(Polls, DAY, polls(0, day=NEXT))
    assert lake.days(Polls) == []


def test_rows_outside_the_values_to_replace_are_refused(lake: Lake) -> None:
    with pytest.raises(FrameRefused, match="'event_id 0'"):
        lake.replace_rows(ClosingLines, sample(ClosingLines, 1), column="event_id", values=["other"])
    with pytest.raises(OperationRefused, match="no column 'game'"):
        lake.replace_rows(ClosingLines, sample(ClosingLines, 1), column="game", values=["other"])


def test_an_operation_that_does_not_fit_the_table_is_refused_by_name(lake: Lake) -> None:
    with pytest.raises(OperationRefused, match="events is kept whole, without partitions: use merge"):
        lake.append(Events, sample(Events), batch="one")
    with pytest.raises(OperationRefused, match="events is kept whole"):
        lake.compact(Events, DAY)
    with pytest.raises(OperationRefused, match="polls is partitioned by received_at"):
        lake.merge(Polls, polls(0))


@pytest.mark.parametrize("batch", ["", "../up", "a/b", ".hidden", "with space", "x" * 151])
def test_a_batch_that_cannot_name_a_file_is_refused(lake: Lake, batch: str) -> None:
    with pytest.raises(OperationRefused, match="cannot name a file"):
        lake.append(Polls, polls(0), batch=batch)


def test_shards_are_named_after_their_values_however_odd(lake: Lake) -> None:
    odd = sample(EventLinks, 4).with_columns(provider=pl.Series(["a/b", "", "..", "a~b"]))
    lake.merge(EventLinks, odd)
    assert lake.catalog.shards(EventLinks) == ["%.parquet", "...parquet", "a%2Fb.parquet", "a~b.parquet"]
    assert_frame_equal(lake.scan(EventLinks).collect(), odd, check_row_order=False)


def test_merging_writes_only_the_shards_that_change(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    frame = sample(Events, 4).with_columns(sport_key=pl.Series(["a", "a", "b", "b"]))
    lake.merge(Events, frame)
    times = {name: (tmp_path / "events" / name).stat().st_ino for name in lake.catalog.shards(Events)}
    lake.merge(Events, frame.with_columns(n_reschedules=pl.Series([100, 101, 7, 103], dtype=pl.Int32)))
    assert (tmp_path / "events" / "a.parquet").stat().st_ino == times["a.parquet"]
    assert (tmp_path / "events" / "b.parquet").stat().st_ino != times["b.parquet"]


def test_a_row_never_moves_to_another_shard(lake: Lake) -> None:
    lake.merge(Events, sample(Events, 2))
    with pytest.raises(FrameRefused, match=r"one\.parquet and cannot also go into two\.parquet"):
        lake.merge(Events, sample(Events, 1).with_columns(sport_key=pl.lit("two")))
    lake.merge(Results, sample(Results, 2))
    assert count(lake.scan(Events)) == 2


def test_a_partition_another_process_keeps_locked_gives_an_error_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake_module, "LOCK_PATIENCE_S", 0.05)
    lake = Lake(tmp_path)
    lake.append(Polls, polls(0), batch="one")
    (tmp_path / ".locks").mkdir()
    with FileLock(tmp_path / ".locks" / "polls.2025-09-07.lock"):
        with pytest.raises(LakeBusy, match="polls, 2025-09-07"):
            lake.compact(Polls, DAY)
        lake.append(Polls, polls(2), batch="two")
        assert count(lake.scan(Polls)) == 4, "readers and appending writers do not wait"
    assert lake.compact(Polls, DAY)


def test_a_url_nothing_can_open_is_refused_without_its_secrets() -> None:
    with pytest.raises(OperationRefused, match="nowhere") as caught:
        Lake("nowhere://user:hush@host/lake?token=hush")
    assert "hush" not in str(caught.value)
