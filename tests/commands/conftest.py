"""A little warehouse for the commands to speak about, made once, and ways to run a command."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stratum_pipelines.backfill import backfill
from stratum_pipelines.cli import main
from stratum_pipelines.commands import output
from stratum_pipelines.platform import open_platform
from stratum_pipelines.raw import store_answers
from tests.build import wandering
from warehouse.settings import read_settings


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one computed day of the little market; not to be written to."""
    home = tmp_path_factory.mktemp("made") / "home"
    platform = open_platform(read_settings({"STRATUM_HOME": str(home)}))
    stored = store_answers(platform.lake, wandering(4, 90))
    backfill(platform, sorted(stored.days))
    platform.database.close()
    return home


@pytest.fixture
def filled(made: Path, home: Path) -> Path:
    """A home of the test's own, filled."""
    shutil.copytree(made, home, dirs_exist_ok=True)
    return home


@dataclass
class Said:
    """What a command left behind."""

    exit_code: int
    stdout: str
    stderr: str


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs `stratum` with these arguments in this process."""

    def run(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["stratum", *arguments])
        # Sentences and paths are looked for whole, however wide the terminal of the tests and however deep their folder.
        monkeypatch.setattr(output.results, "width", 200)
        try:
            main()
            status = 0
        except SystemExit as stop:
            status = int(stop.code or 0)
        captured = capsys.readouterr()
        return Said(status, captured.out, captured.err)

    return run


@pytest.fixture
def stratum() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the program as a person would, with a home and whatever else is set."""

    def run(*arguments: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from stratum_pipelines.cli import main; main()", *arguments],
            env={**os.environ, "STRATUM_HOME": str(home), **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


@pytest.fixture
def record() -> Callable[[Said], Any]:
    """What a command printed as JSON; nothing else may stand on standard output."""
    return lambda result: json.loads(result.stdout)
