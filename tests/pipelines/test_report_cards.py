import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from stratum_pipelines import report_cards
from stratum_pipelines.archive_import import ArchiveError
from stratum_pipelines.backfill import backfill
from stratum_pipelines.cli import StratumError
from stratum_pipelines.commands.report_card import report_card
from stratum_pipelines.platform import Platform
from stratum_pipelines.quant.report_card import SCHEMA
from stratum_pipelines.raw import store_answers
from stratum_pipelines.report_card_page import as_page
from stratum_pipelines.report_cards import of_archive, of_planted, of_warehouse
from stratum_pipelines.signals import find_signals
from tests.build import NFL
from tests.pipelines.conftest import day_of_answers
from tests.pipelines.homes import days_of
from warehouse.tables import Signals


@pytest.fixture
def filled(platform: Platform) -> Platform:
    """A warehouse of three days, a game and a moving spread on each."""
    answers = [a for day in range(3) for a in day_of_answers(day)]
    store_answers(platform.lake, answers)
    backfill(platform, days_of(answers))
    return platform


def said(*arguments: str) -> str:
    result = CliRunner().invoke(report_card, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_warehouse_without_answers_has_no_cards(platform: Platform) -> None:
    assert of_warehouse(platform) == []
    page = as_page("stratum report-card", None, [])
    assert page.startswith("# Report cards") and "##" not in page


def test_every_rule_in_force_has_its_card_and_every_signal_stands_in_one(filled: Platform) -> None:
    (one,) = of_warehouse(filled)
    assert (one.sport_key, one.title, one.n_polls, one.n_games, one.gap_median_s) == (NFL, "NFL", 36, 3, 600.0)
    overall = one.cards.filter(market="")
    assert one.cards.schema == SCHEMA and overall["signal_type"].to_list() == sorted(filled.rules.signals)
    signals = filled.lake.scan(Signals).collect()
    assert signals.height > 0
    counted = signals.group_by("signal_type").agg(n=pl.len().cast(pl.Int64)).sort("signal_type")
    assert overall.filter(pl.col("n") > 0).select("signal_type", "n").equals(counted)
    by_market = (
        one.cards.filter(pl.col("market") != "").group_by("signal_type").agg(pl.col("n").sum()).sort("signal_type")
    )
    assert by_market.equals(counted)


def test_the_same_warehouse_gives_the_same_page(filled: Platform) -> None:
    page = said()
    assert page == said()
    assert page.startswith("# Report cards") and "\n```\nstratum report-card\n```\n" in page and "## NFL\n" in page
    rows = [line for line in page.splitlines() if line.startswith("| MOVE |")]
    assert rows and all(line.count(" | ") == 9 for line in rows)


def test_machines_read_the_same_figures(filled: Platform) -> None:
    record = json.loads(said("--format", "json"))
    assert record["planted"] is None
    (one,) = record["recorded"]
    assert one["sport_key"] == NFL and one["first"] == "2025-10-12"
    cards = of_warehouse(filled)[0].cards
    assert one["cards"] == cards.to_dicts()


def test_a_folder_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="holds no archive that can be read"):
        of_archive(tmp_path)
    with pytest.raises(StratumError, match="holds no archive that can be read"):
        CliRunner().invoke(report_card, ["--archive", str(tmp_path)], catch_exceptions=False, standalone_mode=False)


def test_a_recorded_archive_is_judged_and_leaves_nothing(recorded: Path, home: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut"
    (cut / "snapshots").mkdir(parents=True)
    for day in ("2026-07-20", "2026-07-21"):
        shutil.copy(recorded / "oddsapi_wnba_2026" / "snapshots" / f"{day}.jsonl.gz", cut / "snapshots")
    page = said("--archive", str(cut))
    assert "## WNBA\n\n2026-07-20 to 2026-07-21: " in page and "(median gap 15 minutes)" in page
    assert "| MOVE | **all** |" in page
    assert not (home / "lake").exists()


def test_rules_are_held_against_what_they_are_there_to_find(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_cards, "CADENCE_S", 900.0)
    planted = of_planted(1, 3, ("icehockey_nhl",))
    aims = {name: signal.finds for name, signal in find_signals().items() if signal.finds and signal.is_on}
    assert set(planted.finds["signal_type"]) == set(aims)
    for row in planted.finds.iter_rows(named=True):
        assert row["kind"] in ("", *aims[row["signal_type"]])
        assert 0 <= row["n_found"] <= row["n_planted"] and 0 <= row["n_right"] <= row["n_signals"]
        assert (row["n_line_moved"] is None) is (row["kind"] != "")
    move = planted.finds.filter(signal_type="MOVE", kind="").row(0, named=True)
    assert 0 < move["n_line_moved"] <= move["n_signals"]
    assert move["line_precision"] == move["n_line_moved"] / move["n_signals"]
    # Polled every quarter of an hour, rules of three minutes are silent: everything planted is missed, and nothing is wrong.
    steam = planted.finds.filter(signal_type="STEAM", kind="").row(0, named=True)
    assert steam["n_planted"] > 0 and (steam["recall"], steam["n_signals"], steam["precision"]) == (0.0, 0, None)
    page = as_page("stratum report-card --simulate 1", planted, [])
    assert "## Planted truth\n" in page and "| STEAM | **all of it** |" in page
