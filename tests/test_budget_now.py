"""The budget looked at from outside of polling: from the tables and the database alone."""

import datetime as dt
from pathlib import Path

from stratum_pipelines.budget_now import budget_now
from stratum_pipelines.fetch import Reached
from stratum_pipelines.live import Market, run_cycle
from stratum_pipelines.purse import Purse
from stratum_pipelines.settings import read_pipeline_settings
from tests.build import MINUTE, NOON, answer, book, game
from tests.pipelines.homes import open_home

SETTINGS = read_pipeline_settings({"ODDS_API_KEY": "key"})
NOW = dt.datetime.fromtimestamp(NOON / 1e6 + 120, dt.UTC)


def test_games_to_come_are_planned_for_and_those_that_vanished_are_not(tmp_path: Path) -> None:
    platform = open_home(tmp_path)
    market = Market(platform)
    listed = [game([book("fanduel", NOON, h2h=(-110, -110))], start=NOON + 24 * 60 * MINUTE)]
    run_cycle(market, answer(NOON, listed, credits_remaining=400, credits_last=3))
    nothing = budget_now(platform, SETTINGS, NOW)
    assert nothing.balance is None and nothing.forecast is None
    Purse(platform.database, "the_odds_api", SETTINGS.allowance).take_in(Reached(200, NOON, NOON, 400, 100))
    found = budget_now(platform, SETTINGS, NOW)
    assert found.outlook is not None and found.forecast is not None
    # A game a day at noon, from the thirteenth of October to the thirty-first, at three credits each.
    assert found.outlook.closes == 19 * 3 and found.outlook.room == 375
    assert found.renewed_at == dt.datetime(2025, 11, 1, tzinfo=dt.UTC)
    assert found.forecast.low <= found.forecast.expected <= found.forecast.high
    run_cycle(market, answer(NOON + MINUTE, [], credits_remaining=397, credits_last=3))
    gone = budget_now(platform, SETTINGS, NOW)
    assert gone.outlook is not None and gone.outlook.closes == 0
