"""`stratum replay`."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from stratum_pipelines.commands.replay import replay_command
from warehouse.lake import Lake
from warehouse.tables import Consensus, OddsSnapshots


def run(*arguments: str) -> Result:
    return CliRunner().invoke(replay_command, list(arguments))


def test_a_replay_is_compared_with_what_is_stored_and_writes_a_lake_of_its_own(filled: Path, tmp_path: Path) -> None:
    lake = Lake(filled / "lake")
    day = str(lake.days(OddsSnapshots)[0])
    out = tmp_path / "out"
    said = run("--from", day, "--to", day, "--out", str(out), "--json")
    assert said.exit_code == 0, said.output
    report = json.loads(said.stdout)
    changes = lake.scan(OddsSnapshots).collect().height
    assert report["days"] == [day] and report["changes"] == changes
    table = report["tables"]["consensus"]
    assert table["stored"] == table["replayed"] == table["in_both"] == lake.scan(Consensus).collect().height
    assert Lake(out).scan(Consensus).collect().height == table["replayed"]
    shown = run("--from", day, "--to", day, "--no-signals", "--processes", "1")
    assert f"1 day replayed from {changes:,} changes of quotes." in shown.stdout
    assert f"consensus: {table['stored']:,} stored, {table['replayed']:,} replayed" in shown.stdout


def test_what_cannot_be_replayed_is_said(filled: Path) -> None:
    assert (
        "No day from 2001-01-01 to 2001-01-02 holds quotes" in run("--from", "2001-01-01", "--to", "2001-01-02").stdout
    )
    for arguments, words in (
        (("--from", "2026-01-02", "--to", "2026-01-01"), "lies after"),
        (("--from", "2026-01-01", "--to", "2026-01-02", "--out", str(filled / "lake")), "the warehouse itself"),
    ):
        said = run(*arguments)
        assert said.exit_code != 0 and words in said.output
