"""The commands of the README: what make and continuous integration would run, without running it."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

MAKEFILE = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
CI = REPOSITORY / ".ci" / "run"
TARGETS = ("help", "run", "up", "test", "fix", "check", "golden", "bench", "soak", "docs", "lock", "clean")


def make(*arguments: str, folder: Path = REPOSITORY, **environ: str) -> subprocess.CompletedProcess:
    """What make prints, started as from a plain shell."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=folder,
        env={**inherited, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def planned(*arguments: str, **environ: str) -> str:
    """The commands make would run if the environment were ready."""
    answer = make("--dry-run", "--assume-old=.venv/.ready", *arguments, **environ)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_help_is_what_make_prints_by_itself_and_names_every_target() -> None:
    answer = make()
    assert answer.returncode == 0
    listed = re.findall(r"^  ([a-z]+) +\S", answer.stdout, re.MULTILINE)
    assert listed == list(TARGETS)


def test_every_target_is_one_of_those() -> None:
    declared = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert declared is not None
    assert declared.group(1).split() == list(TARGETS)


def test_run_takes_the_built_in_market_or_an_archive() -> None:
    assert planned("run").split() == [".venv/bin/stratum", "run"]
    assert planned("run", "ARCHIVE=../some folder").strip() == '.venv/bin/stratum run --archive "../some folder"'


def test_up_keeps_dagsters_home_inside_stratums_by_its_full_path() -> None:
    commands = planned("up", STRATUM_HOME="elsewhere")
    assert f'DAGSTER_HOME="{REPOSITORY}/elsewhere/dagster"' in commands
    assert f'cp dagster.yaml "{REPOSITORY}/elsewhere/dagster/dagster.yaml"' in commands


def test_up_starts_the_api_and_the_dispatcher_beside_dagster_and_ends_all_together() -> None:
    commands = planned("up", API_PORT="8765")
    assert ".venv/bin/stratum serve --port 8765 & api=$!" in commands
    assert ".venv/bin/stratum dispatch & dispatcher=$!" in commands
    assert "kill -TERM $api $dispatcher" in commands and "wait -n $api $dispatcher $ui" in commands


def test_a_change_of_the_lock_or_the_declaration_sets_up_again() -> None:
    for changed in ("requirements.lock", "pyproject.toml"):
        commands = make("--dry-run", "--assume-new", changed, "run").stdout
        assert "--require-hashes -r requirements.lock" in commands


def test_another_python_is_refused_with_a_clear_line(tmp_path: Path) -> None:
    python = tmp_path / "python3.9"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    # In an empty folder, so that the environment of this one is left alone.
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        (tmp_path / name).symlink_to(REPOSITORY / name)
    answer = make("run", f"PYTHON={python}", folder=tmp_path)
    assert answer.returncode != 0
    assert f"Stratum needs Python 3.11; {python} is not one." in answer.stderr
    assert not (tmp_path / ".venv").exists()


def test_the_modules_and_files_that_make_names_exist() -> None:
    modules = re.findall(r"python -m (tests\.\w+)", MAKEFILE)
    assert modules == ["tests.bench", "tests.soak"]
    for module in modules:
        path = REPOSITORY / module.replace(".", "/")
        assert path.is_dir() or path.with_suffix(".py").is_file(), module
    for name in re.findall(r"tests/\w+\.py", MAKEFILE):
        assert (REPOSITORY / name).is_file()


def test_continuous_integration_runs_the_readmes_test_command_last() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    last = CI.read_text(encoding="utf-8").strip().splitlines()[-1]
    assert last == "make test"
    assert re.search(r"^\s*make test\b", readme, re.MULTILINE)
    assert re.search(r"^\s*make run\b", readme, re.MULTILINE)


def test_continuous_integration_can_be_started_and_is_valid_bash() -> None:
    assert os.access(CI, os.X_OK)
    assert subprocess.run(["bash", "-n", str(CI)], check=False).returncode == 0


def test_the_installer_is_the_same_version_everywhere() -> None:
    wanted = re.search(r"^UV_VERSION := (\S+)$", MAKEFILE, re.MULTILINE)
    assert wanted is not None
    dockerfile = (REPOSITORY / "docker" / "Dockerfile").read_text(encoding="utf-8")
    assert f"uv=={wanted.group(1)} " in dockerfile


@pytest.mark.parametrize("hook", ["ruff format", "ruff check"])
def test_the_hook_before_a_commit_only_runs_what_make_installs(hook: str) -> None:
    hooks = (REPOSITORY / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert f".venv/bin/{hook}" in hooks
    assert "://" not in hooks
