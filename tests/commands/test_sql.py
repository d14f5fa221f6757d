import base64
import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from stratum_pipelines.commands.rows import write_csv, write_json
from stratum_pipelines.hints import with_hints


def test_a_table_fits_a_terminal_and_says_how_many_rows_there_are(filled: Path, invoke) -> None:
    shown = invoke("sql", "select market, count(*) as n from consensus group by all order by 1").stdout
    assert [line.split()[0] for line in shown.splitlines()] == [
        "market",
        "─" * len(shown.splitlines()[1]),
        "h2h",
        "spreads",
        "totals",
        "3",
    ]
    assert max(map(len, shown.splitlines())) < 80


def test_rows_wider_than_the_terminal_stand_below_each_other(filled: Path, invoke) -> None:
    shown = invoke("sql", "from odds_snapshots").stdout
    assert shown.startswith("row 1\n  event_id ")
    assert "the first 10 shown; all of them with --format csv or json" in shown


def test_csv_gives_every_row_with_iso_times_and_bytes_as_base64(filled: Path, invoke) -> None:
    rows = list(
        csv.DictReader(io.StringIO(invoke("sql", "from raw_odds order by received_at", "--format", "csv").stdout))
    )
    assert len(rows) == 90
    assert rows[0]["received_at"] == "2025-10-12T12:00:00.000000+00:00"
    assert json.loads(gzip.decompress(base64.b64decode(rows[0]["body"])))


def test_json_gives_every_row_as_one_array(filled: Path, invoke, record) -> None:
    rows = record(invoke("sql", "select response_id, received_at, body from raw_odds order by 2", "--format", "json"))
    assert len(rows) == 90
    assert rows[0]["received_at"] == "2025-10-12T12:00:00+00:00"
    assert json.loads(gzip.decompress(base64.b64decode(rows[0]["body"])))


def test_nothing_found_is_an_empty_answer_and_no_error(filled: Path, invoke, record) -> None:
    assert record(invoke("sql", "from signals where false", "--format", "json")) == []
    assert invoke("sql", "select signal_id from signals where false", "--format", "csv").stdout == "signal_id\n"
    assert "0 rows" in invoke("sql", "from signals where false").stdout


def test_sums_are_numbers_and_intervals_are_text(filled: Path, invoke, record) -> None:
    query = "select sum(n_quotes) as quotes, interval 90 minute as waited from polls"
    (row,) = record(invoke("sql", query, "--format", "json"))
    assert isinstance(row["quotes"], int)
    assert row["waited"] == "01:30:00"


def test_values_of_every_shape_can_be_written() -> None:
    frame = pl.DataFrame(
        {
            "text": ['a "quoted"\nline', None],
            "number": [float("nan"), 1.5],
            "books": [["a", "b"], []],
            "bytes": [b"\x00\xff", None],
            "nested": [[b"x"], None],
            "struct": [{"a": 1}, {"a": 2}],
        }
    )
    as_json, as_csv = io.StringIO(), io.StringIO()
    write_json(frame, as_json)
    write_csv(frame, as_csv)
    rows = json.loads(as_json.getvalue())
    assert rows[0]["text"] == 'a "quoted"\nline'
    assert rows[0]["number"] is None
    assert rows[0]["bytes"] == "AP8="
    lines = list(csv.DictReader(io.StringIO(as_csv.getvalue())))
    assert lines[0]["text"] == 'a "quoted"\nline'
    assert (lines[0]["books"], lines[0]["struct"]) == ("a b", '{"a": 1}')


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("selec 1", 'syntax error at or near "selec"'),
        ("select nocolumn from signals", '"nocolumn" not found'),
        ("from nosuch", 'Table with name nosuch does not exist. List the tables with: stratum sql "show tables"'),
        ("", "Give one query; this is 0."),
        ("select 1; select 2", "Give one query; this is 2."),
        ("copy signals to 'signals.csv'", "only read here, and this would copy"),
        ("create table mine as select 1", "only read here, and this would create"),
        ("attach 'other.db'", "only read here, and this would attach"),
        ("from read_csv('pyproject.toml')", "no other file"),
    ],
)
def test_what_cannot_be_answered_is_said_in_one_line(filled: Path, invoke, query: str, said: str) -> None:
    result = invoke("sql", query)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert with_hints(said) in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("table", "remedy"),
    [
        ("signals", "Move it away and recompute its day: stratum backfill --from 2025-10-12 --to 2025-10-12"),
        ("raw_odds", "Bring it back from a backup: raw answers cannot be computed from anything."),
        ("events", "Bring it back from a backup, or move it away and recompute the days it was made from."),
    ],
)
@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole[: len(whole) // 2],
        lambda whole: b"",
        lambda whole: b"not parquet at all " * 30,
        lambda whole: whole[:100] + b"\xff" * 600 + whole[700:],
    ],
    ids=["cut short", "empty", "another file", "damaged inside"],
)
def test_a_damaged_file_is_named_in_one_line_with_what_to_do(
    filled: Path, invoke, table: str, remedy: str, damage: Callable[[bytes], bytes]
) -> None:
    (file,) = sorted((filled / "lake" / table).rglob("*.parquet"))[:1]
    file.write_bytes(damage(file.read_bytes()))
    shown = invoke("sql", f"from {table}")
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert (
        f"The file {file.relative_to(filled / 'lake')} of the lake at {filled / 'lake'} cannot be read" in shown.stderr
    )
    assert shown.stderr.endswith(f"{with_hints(remedy)}\n")
    assert len(shown.stderr.splitlines()) == 1
    assert invoke("sql", "select count(*) from polls").exit_code == 0


def test_a_folder_without_a_warehouse_is_not_taken_for_an_empty_one(home: Path, invoke) -> None:
    result = invoke("sql", "from signals")
    assert result.exit_code == 1
    assert f"There is no warehouse in {home}" in result.stderr
    assert not (home / "lake").exists()
