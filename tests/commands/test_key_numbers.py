import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stratum_pipelines.commands.key_numbers import key_numbers
from stratum_pipelines.reference.key_numbers import BUILT


def run(*arguments: str) -> Result:
    return CliRunner().invoke(key_numbers, list(arguments))


def test_counts_are_shown_by_era_and_by_bucket() -> None:
    rows = json.loads(run("--numbers", "3,7", "--format", "json").output)
    assert {(row["era"], row["number"]) for row in rows} == {
        (era, number) for era in ("all", "2011-2014", "2015-2018", "2025") for number in (3, 7)
    }
    assert rows[0] == {
        "era": "all",
        "number": 3,
        "n": 2290,
        "hits": 327,
        "share": 0.1428,
        "low": 0.1291,
        "high": 0.1577,
    }
    buckets = json.loads(run("--numbers", "3", "--by", "spread", "--format", "json").output)
    assert [row["spread"] for row in buckets][:2] == ["below 3", "from 3 below 3.5"]


def test_half_points_are_shown() -> None:
    rows = json.loads(run("--half-points", "--numbers", "3", "--format", "json").output)
    assert [row["at"] for row in rows] == [-3.0]
    assert 15 < rows[0]["cents more"] < 20


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--league", "Quidditch"], "There is no league 'Quidditch'"),
        (["--league", "MLB"], "No results of MLB are recorded"),
        (["--numbers", "three"], "is no list of numbers"),
        (["--check"], "--data FOLDER"),
    ],
)
def test_what_cannot_be_answered_is_said(arguments: list[str], words: str) -> None:
    found = run(*arguments)
    assert found.exit_code != 0 and words in found.output


def test_a_folder_without_results_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    before = BUILT.stat().st_mtime_ns
    found = run("--data", str(tmp_path), "--write")
    assert found.exit_code != 0 and "There is no file games.csv.gz" in found.output
    assert BUILT.stat().st_mtime_ns == before
