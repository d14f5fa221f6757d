"""`stratum trades`: importing and listing from the command line, and how the group is put together."""

import importlib
import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from stratum_pipelines.commands import trades as group
from stratum_pipelines.commands.trades import trades
from stratum_pipelines.commands.trades_import import FORMATS
from stratum_pipelines.trading.importers import find_importers
from tests.trading.imports import HEADER, LINE, changed, csv_of


@pytest.fixture
def file(tmp_path: Path, home: Path) -> Path:
    """A CSV with a trade and a line that cannot be one, beside an empty home."""
    path = tmp_path / "trades.csv"
    path.write_text(csv_of(LINE, changed(ticket="2", volume="-1")))
    return path


def run(*arguments: str) -> Result:
    """What the command says."""
    return CliRunner().invoke(trades, [*arguments], env={"COLUMNS": "150"})


def bring(file: Path, *more: str) -> Result:
    """What importing the file says."""
    return run("import", str(file), "--account", "demo", "--currency", "USD", *more)


def test_the_group_is_the_list_and_the_list_is_every_file_beside_it() -> None:
    beside = sorted(Path(group.__file__).parent.glob("trades_*.py"))
    modules = [importlib.import_module(f"stratum_pipelines.commands.{file.stem}") for file in beside]
    found = {one for module in modules for one in vars(module).values() if isinstance(one, click.Command)}
    assert found == set(group.COMMANDS) == set(trades.commands.values())
    assert {f"trades_{name}".replace("-", "_") for name in trades.commands} == {file.stem for file in beside}


def test_the_formats_to_choose_from_are_the_importers_there_are() -> None:
    assert set(FORMATS) == set(find_importers())


def test_an_import_says_format_counts_zone_and_first_refusals(file: Path) -> None:
    said = bring(file)
    assert said.exit_code == 0
    assert f"{file}: csv" in said.output and "trades: 1 new, 0 changed, 0 the same" in said.output
    assert "taken as UTC" in said.output
    assert "1 thing refused: 1 impossible_number" in said.output and "line 3: volume is -1" in said.output
    assert "taken as UTC" not in bring(file, "--time-zone", "Europe/Athens").output


def test_as_json_the_same_for_machines(file: Path) -> None:
    said = json.loads(bring(file, "--json", "--dry-run", "--time-zone", "UTC").stdout)
    assert said["dry_run"] is True
    (one,) = said["files"]
    assert one["rows"]["trades"] == {"new": 1, "changed": 0, "same": 0}
    assert one["refused_by_reason"] == {"impossible_number": 1} and one["first_refusals"][0]["place"] == "3"


def test_trades_are_listed_for_people_and_for_programs(file: Path) -> None:
    bring(file)
    shown = run("list").output
    assert "50.35" in shown and "EURUSD" in shown
    assert run("list", "--format", "csv").output.splitlines()[0].startswith("trade_id,setup_id,account")
    (row,) = json.loads(run("list", "--format", "json", "--symbol", "eurusd", "--from", "2026-05-04").output)
    assert (row["profit"], row["account"]) == (5035, "demo")
    for filtered in (["--status", "open"], ["--to", "2026-05-03"], ["--account", "other"], ["--source", "bot"]):
        assert json.loads(run("list", "--format", "json", *filtered).output) == []


def test_yen_are_listed_without_decimals(file: Path) -> None:
    line = LINE.replace("50.00,0.35", "-5000,0").replace("1.1050", "1.0950")
    file.write_text(csv_of(line, header=HEADER))
    run("import", str(file), "--account", "demo", "--currency", "jpy")
    # A row has a line of its own, or one for each column where the terminal is narrow.
    assert "-5000" in run("list").output.split()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--account", " "), "account"),
        (("--currency", "DOLLAR"), "'DOLLAR' is no currency"),
        (("--time-zone", "Mars"), "no time zone 'Mars'"),
        (("--map", "nothing.toml"), "no column map nothing.toml"),
    ],
)
def test_options_that_cannot_be_used_are_refused_before_anything_is_read(
    file: Path, home: Path, options: tuple[str, str], message: str
) -> None:
    said = bring(file, *options)
    assert said.exit_code == 1 and message in said.output
    assert not (home / "lake" / "trades").exists()


def test_one_file_that_is_something_else_costs_the_others_nothing(file: Path) -> None:
    other = file.with_name("picture.png")
    other.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    said = run("import", str(other), str(file), "--account", "demo", "--currency", "USD")
    assert said.exit_code == 1 and "Nothing of" in said.output and "trades: 1 new" in said.output
    assert "no file" in run("import", "nothing.csv", "--account", "demo").output
