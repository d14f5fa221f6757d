"""The notebooks: each runs from the first cell to the last on a simulated home, and is kept without what it printed."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from stratum_pipelines.platform import open_platform
from stratum_pipelines.simulation_run import import_simulation
from tests.conftest import REPOSITORY
from warehouse.settings import read_settings

NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
MANY_S = 300


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two simulated days of basketball; the notebooks only read it."""
    home = tmp_path_factory.mktemp("simulated") / "home"
    platform = open_platform(read_settings({"STRATUM_HOME": str(home)}))
    import_simulation(platform, days=2, sports=["basketball_nba"], seed=7)
    platform.database.close()
    return home


def written(home: Path) -> dict[Path, int]:
    """Every Parquet file of a home and when it was written."""
    return {path: path.stat().st_mtime_ns for path in home.rglob("*.parquet")}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_through_and_writes_nothing(
    path: Path, simulated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRATUM_HOME", str(simulated))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")]))
    # The kernel chooses how pictures are shown.
    monkeypatch.delenv("MPLBACKEND", raising=False)
    before = written(simulated)
    # A fault in a cell is raised here, with the cell.
    notebook = NotebookClient(
        nbformat.read(path, as_version=4),
        timeout=MANY_S,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("image/png" in output.get("data", {}) for output in outputs), "a notebook shows something"
    assert not [output["text"] for output in outputs if output.get("name") == "stderr"]
    assert written(simulated) == before


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs_and_says_how_to_begin(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert not [cell for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")]
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.cells[0].cell_type == "markdown" and "make run" in notebook.cells[0].source


def test_the_notebooks_are_those_that_are_announced() -> None:
    listed = (REPOSITORY / "notebooks" / "README.md").read_text(encoding="utf-8")
    assert NOTEBOOKS and [path.name for path in NOTEBOOKS if f"({path.name})" not in listed] == []
