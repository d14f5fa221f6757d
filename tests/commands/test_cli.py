import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from stratum_pipelines import readers
from stratum_pipelines.cli import os_trouble, unexpected
from warehouse.database import engine


def test_help_names_every_command_and_imports_none_of_them(home: Path) -> None:
    code = (
        "import sys; from stratum_pipelines.cli import commands\n"
        "commands.list_commands(None)\n"
        "print([name for name in ('polars', 'duckdb', 'dagster', 'sqlalchemy') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize(
    "command",
    ["run", "import", "backfill", "sql", "doctor", "trace", "freshness", "link", "backup", "restore", "docs"],
)
def test_every_command_explains_itself_with_a_short_option(invoke, command: str) -> None:
    shown = invoke(command, "-h")
    assert shown.exit_code == 0
    assert f"Usage: stratum {command}" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("backfil",), "There is no command 'backfil'. Did you mean backfill?"),
        (("zzz",), "There is no command 'zzz'. Known are: "),
        (("run", "--days", "99"), "'--days': 99 is not in the range"),
        (("sql",), "Missing argument 'QUERY'. See: stratum sql --help"),
        (
            ("backfill", "--from", "yesterday", "--to", "2025-10-12"),
            "'--from': 'yesterday' is no day. Write it as 2025-10-09.",
        ),
        (("backfill", "--from", "2025-10-12", "--to", "2025-13-45"), "'--to': '2025-13-45' is no day."),
        (("backfill", "--from=", "--to", "2025-10-12"), "'--from': '' is no day."),
    ],
)
def test_a_wrong_word_is_answered_in_one_line(home: Path, invoke, arguments: tuple[str, ...], said: str) -> None:
    shown = invoke(*arguments)
    assert shown.exit_code == 2
    assert shown.stdout == ""
    assert said in shown.stderr
    assert len(shown.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("postgresql://me:hunter2@127.0.0.1:1/stratum", "hunter2"),
        ("postgresql://me:hunter2@127.0.0.1:port/stratum", "hunter2"),
        ("postgresql://me:hunter2/and@s3cret@127.0.0.1:1/stratum", "s3cret"),
        ("postgresql://me:hunter2 and s3cret@127.0.0.1:1/stratum", "s3cret"),
        ("mysql://me:hunter2@127.0.0.1/stratum", "hunter2"),
    ],
)
def test_a_database_that_cannot_be_used_is_said_without_its_password(
    home: Path, invoke, monkeypatch: pytest.MonkeyPatch, url: str, secret: str
) -> None:
    monkeypatch.setenv("STRATUM_DATABASE_URL", url)
    for command in (("run", "--days", "1"), ("doctor",), ("doctor", "--json")):
        shown = invoke(*command)
        assert shown.exit_code == 1
        assert "Traceback" not in shown.stderr
        assert "hunter2" not in shown.stdout + shown.stderr
        assert secret not in shown.stdout + shown.stderr


def test_a_home_that_cannot_be_made_is_said_in_one_line(
    tmp_path: Path, invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("STRATUM_HOME", str(tmp_path / "file" / "home"))
    shown = invoke("run", "--days", "1")
    assert shown.exit_code == 1
    assert f"The folder of all state, {tmp_path / 'file' / 'home'}, cannot be made (Not a directory: " in shown.stderr
    assert "Name one that can: STRATUM_HOME=FOLDER" in shown.stderr
    assert len(shown.stderr.splitlines()) == 1


def test_a_reader_who_has_seen_enough_is_no_error(made: Path) -> None:
    program = "from stratum_pipelines.cli import main; main()"
    for shape in ("table", "csv", "json"):
        query = "from odds_snapshots cross join range(40)"
        writer = subprocess.Popen(
            [sys.executable, "-c", program, "sql", query, "--format", shape],
            env={"STRATUM_HOME": str(made), "PATH": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert writer.stdout is not None
        assert writer.stderr is not None
        writer.stdout.read(10)
        writer.stdout.close()
        assert writer.stderr.read() == b""
        writer.stderr.close()
        assert writer.wait(60) == 0


def test_an_unforeseen_fault_is_one_line_and_keeps_its_details_in_a_file(
    tmp_path: Path, invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (kept,) = [unexpected(KeyError("postgresql://me:hunter2@host/x")).rsplit(" ", 1)[1].rstrip(".")]
    assert "KeyError" in Path(kept).read_text(encoding="utf-8")
    assert "hunter2" not in Path(kept).read_text(encoding="utf-8")


def test_trouble_with_a_file_names_the_file() -> None:
    assert os_trouble(PermissionError(13, "Permission denied", "lake")).startswith("Permission denied: lake.")


@pytest.mark.parametrize("command", [("backfill", "--stale"), ("backup", "kept"), ("run", "--days", "1")])
@pytest.mark.parametrize("content", [b"odds and ends " * 1000, b"SQLite format 3\0" + b"\0" * 5000])
def test_a_database_file_that_is_none_is_said_in_one_line(
    filled: Path, invoke, command: tuple[str, ...], content: bytes
) -> None:
    for file in filled.glob("stratum.db*"):
        file.unlink()
    (filled / "stratum.db").write_bytes(content)
    shown = invoke(*command)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert f"The database sqlite:///{filled / 'stratum.db'} is damaged" in shown.stderr
    assert "Move the file away" in shown.stderr
    assert len(shown.stderr.splitlines()) == 1


def test_a_locked_database_is_said_in_one_line(filled: Path, invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_MS", 20)
    holder = sqlite3.connect(filled / "stratum.db", isolation_level=None)
    holder.execute("begin immediate")
    try:
        shown = invoke("backfill", "--from", "2025-10-12", "--to", "2025-10-12")
    finally:
        holder.close()
    assert shown.exit_code == 1
    assert "is locked (database is locked). Run it again" in shown.stderr
    assert len(shown.stderr.splitlines()) == 1


def test_a_reading_process_that_dies_is_said_in_one_line(filled: Path, invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    # The process is started as Python is: here a program takes its place that ends at once, as if it had been killed.
    monkeypatch.setattr(readers, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(readers.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(readers.sys, "executable", "/bin/false")
    shown = invoke("backfill", "--from", "2025-10-12", "--to", "2025-10-12")
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert "stratum: The process that reads answers has stopped" in shown.stderr
    assert len(shown.stderr.splitlines()) == 1
