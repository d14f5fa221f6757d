"""Style, types and the import table hold, and the import contracts bite where the table says never."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

BIN = Path(sys.executable).parent
CHECKS = {
    "format": ["ruff", "format", "--check", "--quiet"],
    "style": ["ruff", "check", "--quiet"],
    "types": ["mypy", "--no-error-summary"],
    "imports": ["lint-imports", "--no-cache", "--no-logo"],
}
FORBIDDEN = {
    "a table imports more than Polars and Pandera": ("warehouse/tables/table.py", "import duckdb"),
    "a table imports the rest of the floor": ("warehouse/tables/table.py", "import warehouse.settings"),
    "the floor imports what stands on it": ("warehouse/settings.py", "import stratum_pipelines.quant.odds"),
    "a second client for outside requests": ("warehouse/settings.py", "import httpx"),
    "a provider imports storage": ("stratum_pipelines/providers/reading.py", "import warehouse.settings"),
    "a provider imports a database": ("stratum_pipelines/providers/reading.py", "import sqlalchemy"),
    "mathematics imports a framework": ("stratum_pipelines/quant/odds.py", "import dagster"),
    "mathematics imports the signals above it": ("stratum_pipelines/quant/odds.py", "import stratum_pipelines.signals"),
    "a framework by way of a neighbour": ("stratum_pipelines/reference/books.py", "import dagster"),
    "the API in the pipelines": ("stratum_pipelines/quant/odds.py", "import stratum_api"),
    "the pipelines in the API": ("stratum_api/plans.py", "import stratum_pipelines.live"),
    "Dagster in the API": ("stratum_api/plans.py", "import dagster"),
    "a lower floor of the API imports a higher one": ("stratum_api/plans.py", "import stratum_api.door"),
}


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess:
    """What one of the checks answers."""
    program = str(BIN / command[0])
    return subprocess.run([program, *command[1:]], cwd=folder, capture_output=True, text=True, timeout=600, check=False)


@pytest.mark.parametrize("check", CHECKS)
def test_the_code_passes(check: str) -> None:
    answer = run(CHECKS[check], REPOSITORY)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize("fault", FORBIDDEN)
def test_the_import_contracts_refuse(fault: str, tmp_path: Path) -> None:
    for name in ("warehouse", "stratum_pipelines", "stratum_api"):
        shutil.copytree(REPOSITORY / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    file, line = FORBIDDEN[fault]
    with (tmp_path / file).open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")
    answer = run(CHECKS["imports"], tmp_path)
    assert answer.returncode != 0
    importer = file.removesuffix(".py").replace("/", ".")
    assert f"{importer} -> {line.removeprefix('import ')}" in answer.stdout
