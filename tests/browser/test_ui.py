"""`make up` as a person sees it: the platform polls by itself, and the pages show lineage, partitions and plots."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import polars as pl
import pytest
from playwright.sync_api import Page, sync_playwright

from tests.conftest import not_run
from warehouse.lake import Lake
from warehouse.tables import Polls

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
)
# Pages load over a busy machine; what is waited for is said in every call.
PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("up")


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    """The address of a platform started with `make up`, on the simulator."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "STRATUM_HOME": str(home),
        "STRATUM_SPORTS": "basketball_nba",
        "STRATUM_POLL_SECONDS": "5",
    }
    command = ["make", "-o", ".venv/.ready", "up", f"PORT={port}"]
    with (home / "up.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(lambda: httpx.get(f"http://127.0.0.1:{port}/server_info").status_code == 200, 90, home)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


@pytest.fixture(scope="module")
def page(address: str) -> Iterator[Page]:
    """A page of headless Chromium, wide enough for the lineage."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        not_run("Browser", "no Chromium was found.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        opened = browser.new_page(viewport={"width": 1600, "height": 1000})
        opened.set_default_timeout(PATIENCE_MS)
        yield opened
        browser.close()


def _wait(is_so: object, seconds: float, home: Path) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        try:
            if is_so():  # type: ignore[operator]
                return
        except (httpx.HTTPError, OSError):
            pass
        time.sleep(0.5)
    pytest.fail(f"make up did not get there within {seconds} s:\n{(home / 'up.log').read_text()[-3000:]}")


def _polls(home: Path) -> int:
    return Lake(home / "lake").scan(Polls).select(pl.len()).collect().item()


def test_polling_starts_by_itself_and_its_rows_are_in_the_lake(address: str, home: Path) -> None:
    _wait(lambda: _polls(home) >= 3, 90, home)
    polls = Lake(home / "lake").scan(Polls).collect()
    assert polls["n_quotes"].min() > 100
    assert polls["duration_ms"].null_count() == 0
    assert set(polls["sport_key"]) == {"basketball_nba"}


def test_the_lineage_leads_from_the_feed_to_the_scorecards(address: str, page: Page) -> None:
    page.goto(f"{address}/asset-groups")
    for group in ("raw", "market", "signals", "close"):
        page.get_by_text(group, exact=True).first.wait_for()
    _picture(page, "lineage")


def test_a_table_shows_its_columns_its_partition_of_today_and_what_polling_wrote(
    address: str, page: Page, home: Path
) -> None:
    _wait(lambda: _polls(home) >= 3, 90, home)
    page.goto(f"{address}/assets/odds_snapshots")
    page.get_by_text("One row per change of one book's quote", exact=False).first.wait_for()
    _picture(page, "asset")
    page.goto(f"{address}/assets/odds_snapshots?view=events")
    page.get_by_text("rows", exact=False).first.wait_for()
    _picture(page, "events")
    page.goto(f"{address}/assets/consensus?view=partitions")
    page.get_by_text("Materialized", exact=False).first.wait_for()
    _picture(page, "partitions")


def _picture(page: Page, name: str) -> None:
    """A picture for a person to look at, where STRATUM_TEST_PICTURES names a folder."""
    folder = os.environ.get("STRATUM_TEST_PICTURES")
    if folder:
        page.wait_for_timeout(2500)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))
