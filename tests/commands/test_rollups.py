"""`stratum rollups`: what it builds, what it says of it, and that dbt writes nothing into the repository."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from stratum_pipelines.commands.rollups import rollups
from stratum_pipelines.rollups import declaring
from stratum_pipelines.rollups.project import call as call_dbt
from stratum_pipelines.rollups.project import project_folder
from tests.conftest import REPOSITORY
from tests.warehouse.frames import DAY, sample
from warehouse.lake import Lake
from warehouse.tables import Trades


def call(*words: str) -> tuple[str, BaseException | None]:
    """What the command prints, and how it ends where it fails."""
    result = CliRunner().invoke(rollups, list(words))
    return result.output, result.exception


def test_without_a_warehouse_it_says_where_it_looked(home: Path) -> None:
    said, error = call("build")
    # Printed on several lines, as wide as the terminal.
    assert isinstance(error, SystemExit) and "There is no warehouse in" in said


def test_an_unknown_zone_is_refused_by_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "lake").mkdir()
    monkeypatch.setenv("STRATUM_ROLLUP_ZONE", "Europe/Londn")
    assert "STRATUM_ROLLUP_ZONE is 'Europe/Londn'" in call("build")[0]


def test_a_build_as_json_and_its_documentation(home: Path) -> None:
    Lake(home / "lake").replace(Trades, DAY, sample(Trades, 3))
    before = tracked()
    said, error = call("build", "--json")
    assert error is None
    built = json.loads(said)
    assert built["is_published"] and {mart["name"]: mart["rows"] for mart in built["marts"]}["trades_fact"] == 3
    said, error = call("docs")
    page = Path(said.strip())
    assert error is None and page.is_relative_to(home)
    # Everything the page shows stands inside it.
    assert "One row per trade, with its local days" in page.read_text(encoding="utf-8")
    assert tracked() == before


def tracked() -> set[str]:
    """Files in the dbt project, whoever knows of them."""
    return {str(path) for path in project_folder().rglob("*")} | {path.name for path in REPOSITORY.iterdir()}


def test_the_list_of_marts_is_what_dbt_reads_in_the_project() -> None:
    assert declaring.text_of(declaring.declare(declaring.parse())) == (REPOSITORY / declaring.PATH).read_text("utf-8")


def test_nothing_is_reported_to_anybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = (project_folder() / "dbt_project.yml").read_text(encoding="utf-8")
    assert "send_anonymous_usage_stats: false" in project
    words = []

    class Runner:
        def __init__(self, **_how: object) -> None: ...

        def invoke(self, given: list[str]) -> None:
            words.extend([*given, os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"]])

    monkeypatch.setattr("dbt.cli.main.dbtRunner", Runner)
    call_dbt(["parse"], tmp_path, {})
    assert "--no-send-anonymous-usage-stats" in words and words[-1] == "false"
    assert "DBT_SEND_ANONYMOUS_USAGE_STATS" not in os.environ
