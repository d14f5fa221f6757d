"""`stratum trades tear-sheet` and `export` from the command line."""

import io
import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from stratum_pipelines.commands.trades import trades
from stratum_pipelines.reference.currencies import load_currencies
from tests.trading.made import bet, deposit, lake_of
from warehouse.currencies import minor_digits


@pytest.fixture
def filled(home: Path) -> Path:
    """A home with three bets, of two strategies."""
    lake_of(home, [bet(1, 910), bet(2, -1_000, day=1), bet(3, 910, day=2, strategy="STEAM")], [deposit(1, 100_000)])
    return home


def run(*arguments: str) -> Result:
    """What the command says."""
    return CliRunner().invoke(trades, [*arguments], env={"COLUMNS": "200"})


def test_a_tear_sheet_is_written_and_what_it_comes_to_is_said(filled: Path, tmp_path: Path) -> None:
    file = tmp_path / "sheet.html"
    said = run("tear-sheet", "--strategy", "MOVE", "--zone", "America/New_York", "--out", str(file))
    assert said.exit_code == 0, said.output
    assert "strategy MOVE: 2 closed trades, −0.90 USD" in said.output and "includes zero" in said.output
    page = file.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and page.count("data:image/png;base64,") == 10
    kept = list((filled / "charts").iterdir())
    assert len(kept) == 10
    assert run("tear-sheet", "--strategy", "MOVE", "--zone", "America/New_York", "--out", str(file)).exit_code == 0
    assert file.read_text(encoding="utf-8") == page and len(list((filled / "charts").iterdir())) == 10


def test_figures_are_printed_for_programs_and_no_file_is_written(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = json.loads(run("tear-sheet", "--json", "--balance", "2,000.50").output)
    assert (found["starting_balance"], found["starting_balance_origin"]) == (200_050, "given")
    assert found["statuses"] == {"closed": 3} and found["kind"] == "paper"
    assert not (tmp_path / "tear-sheet.html").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--strategy", "STEEM"), "No trade fits: strategy STEEM. There are trades of MOVE in paper; STEAM in paper."),
        (("--zone", "Mars/Base"), "There is no time zone 'Mars/Base'"),
        (("--from", "2025-09-02", "--to", "2025-09-01"), "Give the earlier day first"),
        (("--balance", "-5"), "The balance '-5' is no amount above 0"),
        (("--balance", "1.005"), "is no amount above 0"),
        (("--balance", "much"), "is no amount above 0"),
        (("--risk-free-rate", "-2"), "risk-free rate is -2"),
    ],
)
def test_what_cannot_be_measured_is_one_clear_line(filled: Path, options: tuple[str, ...], message: str) -> None:
    said = run("tear-sheet", "--json", *options)
    assert said.exit_code == 1 and message in said.output


def test_trades_are_exported_to_a_file_and_to_standard_output(filled: Path, tmp_path: Path) -> None:
    file = tmp_path / "trades.parquet"
    assert "3 trades written" in run("export", "--format", "parquet", "--out", str(file)).output
    assert pl.read_parquet(file)["profit"].to_list() == [910, -1_000, 910]
    said = CliRunner().invoke(trades, ["export", "--strategy", "STEAM"])
    assert pl.read_csv(io.StringIO(said.stdout))["profit"].to_list() == [910]


def test_the_digits_of_currencies_are_the_same_in_both_places() -> None:
    assert {code: minor_digits(code) for code in load_currencies()} == dict(load_currencies())
