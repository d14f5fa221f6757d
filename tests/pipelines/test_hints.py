import os
import sys
from pathlib import Path

import pytest

from stratum_pipelines.hints import hint, with_hints


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with an environment of its own, whose programs the shell does not find."""
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "stratum").write_text("#!/bin/sh\n")
    (programs / "stratum").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", str(programs / "python"))
    monkeypatch.setenv("PATH", "/nowhere")
    return tmp_path


def test_a_program_the_shell_does_not_find_is_named_by_its_path(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hint("stratum doctor") == ".venv/bin/stratum doctor"
    (checkout / "elsewhere").mkdir()
    monkeypatch.chdir(checkout / "elsewhere")
    monkeypatch.setenv("STRATUM_HOME", str(checkout / "of mine"))
    assert hint("stratum doctor") == f"STRATUM_HOME='{checkout}/of mine' {checkout}/.venv/bin/stratum doctor"


def test_a_program_the_shell_finds_is_named_by_its_name(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"/nowhere{os.pathsep}{checkout}/.venv/bin")
    assert hint("stratum doctor") == "stratum doctor"


def test_another_program_of_that_name_is_not_taken_for_it(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = checkout / "other" / "stratum"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(other.parent))
    assert hint("stratum doctor") == ".venv/bin/stratum doctor"


@pytest.mark.parametrize("home", [".stratum", "./.stratum", ""])
def test_the_default_home_needs_no_naming(checkout: Path, monkeypatch: pytest.MonkeyPatch, home: str) -> None:
    monkeypatch.setenv("STRATUM_HOME", home)
    assert hint("make up") == "make up"


def test_another_home_is_named_for_every_program(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRATUM_HOME", "real")
    assert hint("make up") == "STRATUM_HOME=real make up"
    assert hint("stratum doctor") == "STRATUM_HOME=real .venv/bin/stratum doctor"


def test_every_command_in_a_text_can_be_typed(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRATUM_HOME", "real")
    said = with_hints('Make it with: stratum run. Then look: stratum sql "from events".')
    typed = "STRATUM_HOME=real .venv/bin/stratum"
    assert said == f'Make it with: {typed} run. Then look: {typed} sql "from events".'
    assert with_hints(said) == said
    monkeypatch.setenv("PATH", f"{checkout}/.venv/bin")
    assert with_hints(f"Again: {hint('stratum run')}") == "Again: STRATUM_HOME=real stratum run"


def test_what_is_no_command_stays_as_it_is(checkout: Path) -> None:
    for text in ("a stratum of rock", "stratum runs", "old/stratum run", "stratum --help"):
        assert with_hints(text) == text
