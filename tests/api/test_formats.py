"""Formats: which one a request asks for, and what its pieces come to when they are put together."""

import csv
import datetime as dt
import io
import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_api.formats import FORMATS, asked_format
from stratum_api.problems import NotAcceptable

NOON = dt.datetime(2026, 1, 18, 12, 0, 0, 5, tzinfo=dt.UTC)
SCHEMA = pl.Schema(
    {
        "team": pl.String,
        "point": pl.Float64,
        "n": pl.Int32,
        "at": pl.Datetime("us", "UTC"),
        "books": pl.List(pl.String),
        "meta": pl.String,
        "is_core": pl.Boolean,
    }
)
FIRST = pl.DataFrame([("Kansas City", -3.5, 5, NOON, ["a", "b"], '{"key":3}', True)], SCHEMA, orient="row")
SECOND = pl.DataFrame([("=1+1", float("nan"), None, None, [], None, None)], SCHEMA, orient="row")


def written(name: str, *frames: pl.DataFrame) -> bytes:
    encoder = FORMATS[name].encoder(SCHEMA, json_columns={"meta"})
    return b"".join([encoder.begin(), *(encoder.rows(frame) for frame in frames), encoder.end()])


def test_pieces_of_json_are_one_document_with_objects_and_nulls() -> None:
    items = json.loads(written("json", FIRST, FIRST.clear(), SECOND))["items"]
    assert items[0] == {
        "team": "Kansas City",
        "point": -3.5,
        "n": 5,
        "at": "2026-01-18T12:00:00.000005Z",
        "books": ["a", "b"],
        "meta": {"key": 3},
        "is_core": True,
    }
    assert items[1] == {**dict.fromkeys(SCHEMA), "team": "=1+1", "books": []}


def test_pieces_of_csv_are_one_header_and_a_line_per_row() -> None:
    assert written("csv", FIRST, SECOND).decode() == (
        "team,point,n,at,books,meta,is_core\r\n"
        'Kansas City,-3.5,5,2026-01-18T12:00:00.000005Z,a|b,"{""key"":3}",true\r\n'
        '\'=1+1,,,,"",,\r\n'
    )


@pytest.mark.parametrize(("name", "read"), [("arrow", pl.read_ipc_stream), ("parquet", pl.read_parquet)])
def test_pieces_of_columns_are_read_back_with_their_types(name: str, read) -> None:
    found = read(io.BytesIO(written(name, FIRST, SECOND)))
    assert found.schema == SCHEMA
    assert found.equals(pl.concat([FIRST, SECOND]))


@pytest.mark.parametrize("name", list(FORMATS))
def test_no_rows_are_a_whole_document_too(name: str) -> None:
    document = written(name)
    if name == "json":
        assert json.loads(document) == {"items": []}
    elif name == "csv":
        assert document.count(b"\r\n") == 1
    else:
        read = pl.read_ipc_stream if name == "arrow" else pl.read_parquet
        assert read(io.BytesIO(document)).schema == SCHEMA


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "  =1+1", "\u00a0=1", "＝1+1", "＋1", "－1", "＠x"]
)
def test_a_spreadsheet_is_given_no_formula(text: str) -> None:
    frame = pl.DataFrame({"team": [text], "books": [[text, "b"]]})
    encoder = FORMATS["csv"].encoder(frame.schema)
    ((team, books),) = csv.reader(io.StringIO(encoder.rows(frame).decode(), newline=""))
    assert team == f"'{text}" and books == f"'{text}|b"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00")))
def test_any_text_comes_back_whole_or_behind_an_apostrophe(text: str) -> None:
    frame = pl.DataFrame({"team": [text], "n": [1]})
    ((team, n),) = csv.reader(io.StringIO(FORMATS["csv"].encoder(frame.schema).rows(frame).decode(), newline=""))
    assert (team in (text, f"'{text}")) and n == "1"
    assert not team.lstrip().startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("text/csv", "csv"),
        ("TEXT/CSV ; header=present", "csv"),
        ("application/json;q=0.5, text/csv", "csv"),
        ("text/*;q=0.9, application/*;q=0.1", "csv"),
        ("application/vnd.apache.parquet, */*;q=0.1", "parquet"),
        ("application/vnd.apache.arrow.stream", "arrow"),
        ("application/json;q=0, */*", "csv"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "json"),
        ("text/csv;q=many, application/json;q=0.1", "json"),
    ],
)
def test_what_is_accepted_chooses_the_format(accept: str, name: str) -> None:
    assert asked_format(None, accept).name == name


def test_a_format_that_is_named_goes_before_what_is_accepted() -> None:
    assert asked_format("csv", "application/json").name == "csv"


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "image/*", ";", "text/csv;q=-1"])
def test_a_request_that_accepts_nothing_we_have_is_told(accept: str) -> None:
    with pytest.raises(NotAcceptable, match="text/csv"):
        asked_format(None, accept)
