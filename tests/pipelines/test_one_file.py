import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

RULE = '''
"""WOBBLE: a market's consensus was written at all; a rule for a test."""

from stratum_pipelines.signals.signal import Hit, Signal


def detect(tape, memory):
    """One hit for every consensus of a spread."""
    hits = []
    for i in range(tape.n_past, len(tape.times)):
        for market in (tape.updated[i - tape.n_past] & (tape.kinds == 1)).nonzero()[0].tolist():
            point = float(tape.value[i, market, 0])
            if point == point:
                hits.append(Hit(i, market, 0, point, point, 0, ()))
    return hits


SIGNAL = Signal(name="WOBBLE", rule_version="1", description="A consensus spread was written.", detect=detect)
'''

FEED = '''
"""Lines of text: sport, game, book, home price, away price; a provider for a test."""

import numpy as np

from stratum_pipelines.providers.provider import Provider
from stratum_pipelines.providers.reading import Answer, Game, Reading


def answers(folder):
    """One answer per file, received at the second its name says."""
    for file in sorted(folder.glob("*.lines")):
        yield Answer("lines", "basketball_nba", "lines", int(file.stem) * 1_000_000, file.read_bytes(), "archive")


def read(answer):
    """Two quotes per line."""
    reading = Reading(is_complete=True, odds_format="decimal")
    prices = []
    for i, line in enumerate(answer.body.decode().split()):
        game, book, home, away = line.split(",")
        reading.games.append(Game(game, answer.sport_key, "Home", "Away", answer.received_at + 3_600_000_000))
        reading.event += [i, i]
        reading.bookmaker += [book, book]
        reading.market += ["h2h", "h2h"]
        reading.outcome += ["Home", "Away"]
        prices += [float(home), float(away)]
    reading.price = np.array(prices)
    reading.point = np.full(len(prices), np.nan)
    reading.quoted_at = np.full(len(prices), answer.received_at, np.int64)
    return reading


PROVIDER = Provider(
    name="lines",
    title="Lines of text",
    description="A line per game and book.",
    read=read,
    recognises=lambda folder: any(folder.glob("*.lines")),
    answers=answers,
)
'''


def run_python(code: str, folder: Path) -> dict:
    """What the code prints as JSON, in a process that has the folder on its path."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)]),
        "STRATUM_HOME": str(folder / "home"),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("signals", "providers"):
        (tmp_path / "stratum_pipelines" / name).mkdir(parents=True)
    return tmp_path


def test_a_signal_is_one_file_and_its_asset_rows_and_documentation_appear(folder: Path) -> None:
    (folder / "stratum_pipelines" / "signals" / "wobble.py").write_text(RULE)
    code = """
import json
from stratum_pipelines.definitions import defs
from stratum_pipelines.reference_pages import signals_page
from tests.build import replay, wandering
rows = replay(wandering(1, 5))["signals"]
print(json.dumps({
    "assets": [key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()],
    "upstream": [key.to_user_string() for key in defs.resolve_asset_graph().get(__import__("dagster").AssetKey("signals")).parent_keys],
    "rows": rows.group_by("signal_type").len().rows(),
    "page": signals_page(),
}))
"""
    found = run_python(code, folder)
    assert "rule/WOBBLE" in found["assets"]
    assert "rule/WOBBLE" in found["upstream"]
    assert dict(found["rows"])["WOBBLE"] > 3
    assert "WOBBLE" in found["page"] and "A consensus spread was written." in found["page"]


def test_a_provider_is_one_file_and_its_asset_rows_and_documentation_appear(folder: Path) -> None:
    (folder / "stratum_pipelines" / "providers" / "lines.py").write_text(FEED)
    archive = folder / "archive"
    archive.mkdir()
    (archive / "1760270400.lines").write_text("g1,draftkings,1.8,2.1\ng1x,nobody,1.8,2.1")
    (archive / "1760270460.lines").write_text("g1,draftkings,1.7,2.2")
    code = """
import json, os
from pathlib import Path
from stratum_pipelines.archive_import import import_archive
from stratum_pipelines.definitions import defs
from stratum_pipelines.platform import open_platform
from stratum_pipelines.reference_pages import providers_page
from warehouse.settings import read_settings
from warehouse.tables import OddsSnapshots, Quarantine
platform = open_platform(read_settings(os.environ))
imported = import_archive(platform, Path("archive"))
print(json.dumps({
    "assets": [key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()],
    "provider": imported.provider,
    "prices": platform.lake.scan(OddsSnapshots).collect().sort("received_at", "outcome")["price_decimal"].to_list(),
    "refused": platform.lake.scan(Quarantine).collect()["reason"].to_list(),
    "page": providers_page(),
}))
"""
    found = run_python(code, folder)
    assert "feed/lines" in found["assets"]
    assert found["provider"] == "lines"
    assert found["prices"] == [2.1, 1.8, 2.2, 1.7]
    assert found["refused"] == ["unknown_bookmaker"]
    assert "Lines of text" in found["page"]
