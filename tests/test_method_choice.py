"""The choice of methods is data, and exactly what the recorded closings give."""

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from stratum_pipelines.commands.fair_odds import fair_odds
from stratum_pipelines.method_choice import as_toml, chosen, score_methods
from stratum_pipelines.quant.devig import METHODS
from stratum_pipelines.reference import FOLDER, load_method_choices
from stratum_pipelines.reference.devig import read_method_choices
from stratum_pipelines.soccer_closings import read_closings
from tests.conftest import REPOSITORY

CLOSINGS = "football_data_co_uk"
MATCHES = "FTHG,FTAG,PSCH,PSCD,PSCA\n2,1,2.10,3.40,3.90\n0,0,1.50,4.20,7.50\n1,3,2.60,3.30,2.90\n"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    (tmp_path / "E0_1920.csv").write_text(MATCHES, encoding="utf-8")
    return tmp_path


def answer(*arguments: str) -> str:
    result = CliRunner().invoke(fair_odds, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_choice_that_ships_is_what_the_recorded_closings_give(recorded: Path) -> None:
    assert answer(str(recorded / CLOSINGS), "--format", "toml") == (FOLDER / "devig.toml").read_text("utf-8")


def test_the_table_of_the_page_is_what_the_recorded_closings_give(recorded: Path) -> None:
    table = answer(str(recorded / CLOSINGS), "--format", "markdown")
    assert table in (REPOSITORY / "docs" / "methods" / "fair-odds.md").read_text("utf-8")


def test_other_closings_make_a_new_version(small: Path) -> None:
    closings = read_closings(small)
    choices = chosen(closings, score_methods(closings))
    assert choices.version == load_method_choices().version + 1
    assert (choices.n_files, choices.n_matches) == (1, 3)


def test_the_data_read_back_are_the_data_written(small: Path) -> None:
    closings = read_closings(small)
    choices = chosen(closings, score_methods(closings))
    assert read_method_choices(tomllib.loads(as_toml(choices))) == choices


def test_every_chosen_method_is_one(small: Path) -> None:
    names = {method.name for method in METHODS}
    choices = load_method_choices()
    assert {choices.default, *(c.method for c in choices.choices), *(c.lowest for c in choices.choices)} <= names


def test_the_scores_come_in_every_form(small: Path) -> None:
    rows = json.loads(answer(str(small), "--format", "json"))
    assert len(rows) == 2 * len(METHODS)  # Pinnacle, and all books
    assert {row["method"] for row in rows} == {method.name for method in METHODS}
    assert answer(str(small), "--format", "csv").count("\n") == len(rows) + 1
    assert "| h2h | pinnacle | all books |" in answer(str(small), "--format", "markdown")
    assert "multiplicative" in answer(str(small))


def test_a_folder_without_matches_is_one_clear_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(fair_odds, [str(tmp_path)])
    assert result.exit_code == 1
    assert "There is no CSV file of matches" in result.output
