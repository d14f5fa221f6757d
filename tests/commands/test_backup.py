import shutil
from pathlib import Path

import pytest


def test_a_backup_restores_the_database_of_a_lost_disk(filled: Path, tmp_path: Path, invoke, record) -> None:
    made = record(invoke("backup", str(tmp_path / "kept"), "--json"))
    assert made["rows"]["signals"] > 0
    for file in filled.glob("stratum.db*"):
        file.unlink()
    restored = record(invoke("restore", str(tmp_path / "kept"), "--json"))
    assert restored["rows"] == made["rows"]
    assert {one["state"] for one in record(invoke("doctor", "--json"))} == {"ok"}


def test_a_backup_says_what_is_not_in_it(filled: Path, tmp_path: Path, invoke) -> None:
    shown = invoke("backup", str(tmp_path / "kept")).stdout
    assert f'rsync -a "{filled / "lake"}"' in shown


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_a_folder_that_will_not_do_is_refused_in_one_line(filled: Path, tmp_path: Path, invoke, command: str) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").write_text("in the way")
    shown = invoke(command, str(tmp_path / "taken"))
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert str(tmp_path / "taken") in shown.stderr
    assert len(shown.stderr.splitlines()) == 1


def test_a_database_that_holds_rows_is_not_written_over(filled: Path, tmp_path: Path, invoke) -> None:
    invoke("backup", str(tmp_path / "kept"))
    shown = invoke("restore", str(tmp_path / "kept"))
    assert shown.exit_code == 1
    assert "holds rows" in shown.stderr


def test_another_lake_is_refused_unless_it_is_wanted(filled: Path, tmp_path: Path, invoke) -> None:
    invoke("backup", str(tmp_path / "kept"))
    for file in filled.glob("stratum.db*"):
        file.unlink()
    shutil.rmtree(filled / "lake" / "polls")
    refused = invoke("restore", str(tmp_path / "kept"))
    assert refused.exit_code == 1
    assert "--any-lake" in refused.stderr
    assert invoke("restore", str(tmp_path / "kept"), "--any-lake").exit_code == 0


def test_a_warehouse_that_is_not_there_is_not_backed_up(home: Path, tmp_path: Path, invoke) -> None:
    shown = invoke("backup", str(tmp_path / "kept"))
    assert shown.exit_code == 1
    assert "There is no warehouse" in shown.stderr
    assert not (tmp_path / "kept").exists()
