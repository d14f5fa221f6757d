"""What tests of imports can ask for."""

from pathlib import Path

import pytest

from tests.trading.imports import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty lake and a folder for files."""
    return Desk(tmp_path)
