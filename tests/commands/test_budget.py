"""`stratum budget`: what is left, what is planned with it, and what the newest cycles did."""

import datetime as dt
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stratum_pipelines.budget.credits import Allowance
from stratum_pipelines.commands import output
from stratum_pipelines.commands.budget import budget
from stratum_pipelines.fetch import Reached
from stratum_pipelines.live import Market, run_cycle
from stratum_pipelines.platform import open_platform
from stratum_pipelines.purse import Purse
from tests.build import MINUTE, answer, book, game
from warehouse.database.types import micros
from warehouse.settings import read_settings


def said(*arguments: str) -> Result:
    return CliRunner().invoke(budget, arguments)


def fill(home: Path, remaining: int) -> None:
    """A home in which a feed that counts was polled a minute ago; its game starts in a day."""
    platform = open_platform(read_settings({"STRATUM_HOME": str(home)}))
    now = micros(dt.datetime.now(dt.UTC))
    one = answer(
        now - MINUTE,
        [game([book("fanduel", now - MINUTE, h2h=(-110, -110))], start=now + 24 * 60 * MINUTE)],
        requested_at=now - MINUTE,
        credits_remaining=remaining,
        credits_used=500 - remaining,
        credits_last=3,
    )
    run_cycle(Market(platform), one)
    Purse(platform.database, "the_odds_api", Allowance()).take_in(
        Reached(200, now - MINUTE, now - MINUTE, remaining, 500 - remaining)
    )
    platform.database.close()


def test_a_home_without_counts_says_so(home: Path) -> None:
    open_platform(read_settings({"STRATUM_HOME": str(home)})).lake.storage.write("raw_odds/.keep", b"")
    found = said()
    assert found.exit_code == 0 and "No credits have been counted" in found.stdout


def test_the_budget_is_shown_with_its_forecast_and_the_newest_cycles(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(home, 400)
    monkeypatch.setattr(output.results, "width", 200)
    found = said()
    assert found.exit_code == 0, found.output
    assert "400 left" in found.stdout and "reserve 25" in found.stdout and "Forecast to be left" in found.stdout
    assert "snapshots" in found.stdout and "alerts" in found.stdout


def test_json_holds_every_figure_of_a_cycle(home: Path) -> None:
    fill(home, 20)
    held = json.loads(said("--json", "--cycles", "1").stdout)
    (cycle,) = held["cycles"]
    figures = {
        "requests_used_delta": None,
        "requests_last": 3,
        "snapshots_inserted": 2,
        "consensus_points_written": 2,
        "signals_created_by_type": {},
        "alerts_sent": 0,
        "alerts_failed": 0,
    }
    assert {name: cycle[name] for name in figures} == figures
    assert held["budget"]["balance"]["remaining"] == 20
    # Less than the reserve is left: the forecast says so.
    assert held["budget"]["forecast"]["low"] < held["budget"]["reserve"]
