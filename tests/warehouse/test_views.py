"""The DuckDB views: every table, typed and described, always exact, and nothing but the lake within reach."""

import threading
import uuid
from pathlib import Path

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.warehouse.frames import DAY, NEXT, sample
from warehouse.lake import FileDamaged, Lake
from warehouse.lake.files import encode, folder_of
from warehouse.tables import TABLES, Events, Polls, RawOdds, Signals, Table
from warehouse.views import LakeFiles, SharedFile, connect, query


@pytest.fixture(params=["folder", "object store"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    """An empty lake in a folder, and one in fsspec's memory as the stand-in for s3."""
    return Lake(tmp_path / "lake" if request.param == "folder" else f"memory://{uuid.uuid4().hex}")


def fill(lake: Lake, table: type[Table]) -> pl.DataFrame:
    frame = sample(table, 4)
    if table.partition_by:
        lake.append(table, frame, batch="one")
    else:
        lake.merge(table, frame)
    return frame


def test_every_table_is_a_typed_view_without_and_with_rows(lake: Lake) -> None:
    with connect(lake) as con:
        for table in TABLES:
            assert_frame_equal(con.sql(f"select * from {table.name}").pl(), table.empty())
        for table in TABLES:
            frame = fill(lake, table)
            assert_frame_equal(con.sql(f"select * from {table.name}").pl(), frame, check_row_order=False)


def test_an_open_connection_follows_the_lake(lake: Lake) -> None:
    with connect(lake) as con:

        def n() -> int:
            return con.execute("select count(*) from polls").fetchall()[0][0]

        assert n() == 0
        lake.append(Polls, sample(Polls, 3), batch="one")
        assert n() == 3
        lake.append(Polls, sample(Polls, 3, start=3), batch="two")
        lake.compact(Polls, DAY)
        assert n() == 6
        lake.append(Polls, sample(Polls, 3), batch="one")  # in the compacted file already
        assert n() == 6
        lake.replace(Polls, DAY, sample(Polls, 1))
        assert n() == 1
        lake.drop_days(Polls, NEXT)
        assert n() == 0


def test_a_shard_replaced_under_its_own_name_is_read_anew(lake: Lake) -> None:
    with connect(lake) as con:
        for i in range(20):
            frame = sample(Events, 30).with_columns(n_reschedules=pl.lit(i, pl.Int32))
            lake.merge(Events, frame)
            assert con.execute("select min(n_reschedules), max(n_reschedules), count(*) from events").fetchall() == [
                (i, i, 30)
            ]


def test_a_file_replaced_after_it_was_listed_can_still_be_read(lake: Lake) -> None:
    lake.append(Polls, sample(Polls, 3), batch="one")
    with connect(lake) as con:
        (name,) = lake.catalog.visible(folder_of(Polls, DAY))
        lake.compact(Polls, DAY)
        listed_before = f"lake://{folder_of(Polls, DAY)}/{name}"
        assert con.execute(f"select count(*) from read_parquet('{listed_before}')").fetchall() == [(3,)]
    assert LakeFiles(lake).open(listed_before).read(4) == b"PAR1"


def test_older_files_are_filled_with_null(lake: Lake) -> None:
    old = sample(Polls, 2).drop("n_clamped", "duration_ms")
    lake.storage.write(f"{folder_of(Polls, DAY)}/part-old.parquet", encode(Polls, old))
    lake.append(Polls, sample(Polls, 1, start=2), batch="new")
    found = query(lake, "select n_clamped from polls order by poll_id")
    assert found["n_clamped"].to_list() == [None, None, 102]


def test_times_are_shown_in_utc_and_lists_stay_lists(lake: Lake) -> None:
    fill(lake, Signals)
    found = query(
        lake, "select detected_at, cast(detected_at as varchar) as text, bookmakers from signals order by 1 limit 1"
    )
    assert found.schema["detected_at"] == pl.Datetime("us", "UTC")
    assert found["text"].item() == "2025-09-07 00:00:00+00"
    assert found["bookmakers"].to_list() == [["a 0", "b"]]


def test_the_macro_of_a_table_opens_only_the_days_asked_for(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    fill(lake, Polls)
    unreadable = tmp_path / "polls" / "date=2025-09-08" / "part-bad.parquet"
    unreadable.parent.mkdir()
    unreadable.write_bytes(b"not parquet at all")
    with connect(lake) as con:
        frame = con.sql("select * from polls_on('2025-09-07', '2025-09-07')").pl()
        assert_frame_equal(frame, sample(Polls, 4), check_row_order=False)
        with pytest.raises(duckdb.Error, match="part-bad"):
            con.sql("select * from polls").pl()


def test_views_and_columns_carry_their_descriptions(lake: Lake) -> None:
    found = query(lake, "select view_name, comment from duckdb_views() where not internal")
    assert dict(found.iter_rows()) == {table.name: table.description() for table in TABLES}
    found = query(lake, "select column_name, comment from duckdb_columns() where table_name = 'odds_snapshots'")
    comments = dict(found.iter_rows())
    assert comments["price_decimal"] == "Decimal price; null when suspended. [decimal odds]"
    assert comments["side"] == "The outcome's role in the game."
    assert None not in comments.values()


@pytest.mark.parametrize(
    "statement",
    [
        "select * from read_csv('{outside}')",
        "select * from read_text('{outside}')",
        "select * from '{outside}'",
        "select * from glob('{folder}/*')",
        "copy (select 1) to '{folder}/out.csv'",
        "copy (select 1) to '{folder}/lake/out.parquet' (format parquet)",
        "copy (select 1 as a) to 'lake://polls/out.parquet' (format parquet)",
        "copy (select 1 as a) to 'lake://polls/date=2025-09-07/part-x.parquet' (format parquet)",
        "select * from read_parquet('lake://polls/../../outside.parquet')",
        "select * from read_parquet('lake://../outside.parquet')",
        "select * from read_parquet('lake://polls/date=2025-09-07/../../../outside.parquet')",
        "export database '{folder}/export'",
        "attach '{folder}/other.db' as other",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "set allowed_directories = ['/']",
        "set lock_configuration = false",
        "set threads = 64",
    ],
)
def test_nothing_but_the_lake_can_be_read_and_nothing_written(tmp_path: Path, statement: str) -> None:
    lake = Lake(tmp_path / "lake")
    fill(lake, Polls)
    (tmp_path / "outside.csv").write_text("a,b\n1,2\n")
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "outside.parquet")
    before = sorted(tmp_path.rglob("*"))
    with connect(lake) as con, pytest.raises((duckdb.Error, PermissionError, FileNotFoundError)):
        con.execute(statement.format(outside=tmp_path / "outside.csv", folder=tmp_path)).fetchall()
    assert sorted(tmp_path.rglob("*")) == before


def test_a_damaged_file_costs_only_the_queries_that_read_it(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    fill(lake, Signals)
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "bad.parquet").write_bytes(b"not parquet at all")
    assert query(lake, "select count(*) from signals").item() == 4
    with pytest.raises(FileDamaged, match=r"events/bad\.parquet .* cannot be read: .* backup"):
        query(lake, "select count(*) from events")


def test_bytes_that_make_no_sense_are_traced_to_their_file(lake: Lake) -> None:
    # DuckDB names the file in some of its errors only; wherever the damage lies, ours does.
    lake.append(RawOdds, sample(RawOdds, 600), batch="one")
    lake.append(RawOdds, sample(RawOdds, 3, day=NEXT), batch="two")
    path = f"{folder_of(RawOdds, DAY)}/part-one.parquet"
    whole = lake.storage.read(path)
    said = []
    for at in range(0, len(whole) - 200, len(whole) // 18):
        lake.storage.write(path, whole[:at] + b"\xff" * 100 + whole[at + 100 :])
        try:
            with connect(lake) as con:
                con.sql("from raw_odds").pl()
        except duckdb.Error as error:
            said.append(str(error))
            with pytest.raises(FileDamaged, match=r"date=2025-09-07/part-one\.parquet"):
                query(lake, "from raw_odds")
    assert len(said) > 5
    assert any("lake://" in one for one in said) and any("lake://" not in one for one in said)


@pytest.mark.parametrize(
    "sql",
    ["select nothing from polls", "select error('no') from polls", "from read_parquet('lake://polls/../x.parquet')"],
)
def test_an_error_of_the_query_is_not_taken_for_a_damaged_file(lake: Lake, sql: str) -> None:
    fill(lake, Polls)
    with pytest.raises((duckdb.Error, FileNotFoundError)) as failure:
        query(lake, sql)
    assert not isinstance(failure.value, FileDamaged)


def test_several_threads_read_one_file_each_from_its_own_place(tmp_path: Path) -> None:
    data = bytes(range(256)) * 400
    (tmp_path / "file").write_bytes(data)
    file = SharedFile((tmp_path / "file").open("rb"))
    wrong: list[int] = []

    def read(seed: int) -> None:
        for i in range(300):
            at = (seed * 7919 + i * 104_729) % (len(data) - 50)
            file.seek(at)
            if file.read(20) + file.read(30) != data[at : at + 50]:
                wrong.append(at)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert file.seek(-2, 2) == len(data) - 2
    assert file.seek(1, 1) == len(data) - 1
    assert file.read() == data[-1:]
    file.close()


def test_a_query_that_is_wrong_says_so_and_one_without_rows_gives_none(lake: Lake) -> None:
    with pytest.raises(duckdb.Error, match="nope"):
        query(lake, "select nope from polls")
    assert query(lake, "select * from polls where n_quotes < 0").schema == Polls.schema()
    assert query(lake, "create view mine as select 1").is_empty()


def test_bytes_of_raw_answers_come_back_as_bytes(lake: Lake) -> None:
    fill(lake, RawOdds)
    assert query(lake, "select body from raw_odds order by response_id")["body"].to_list()[0] == b"bytes 0"
