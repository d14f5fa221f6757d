"""Pictures of an account for Dagster: up to a day and no further, and small."""

import datetime as dt
from pathlib import Path

import dagster as dg
import pytest

from stratum_pipelines.trading.pictures import pictures_of_account
from tests.trading.made import bet, deposit, lake_of
from tests.warehouse.charts.drawn import size

# Bets are entered at noon of the first of September and so many days later.
THIRD = dt.date(2025, 9, 3)
BETS = [bet(n, 910 if n % 2 else -1_000, day=n - 1) for n in range(1, 4)]


def test_what_closes_after_the_day_changes_no_picture_of_it(tmp_path: Path) -> None:
    points = [deposit(1, 100_000)]
    then = lake_of(tmp_path / "then", BETS, points)
    later = lake_of(tmp_path / "later", [*BETS, bet(9, 50_000, day=3), bet(10, None, day=1)], points)
    drawn = pictures_of_account(then, "paper", "paper", THIRD)
    assert list(drawn) == ["balance", "months", "results"]
    assert drawn == pictures_of_account(later, "paper", "paper", THIRD)
    assert drawn != pictures_of_account(later, "paper", "paper", THIRD + dt.timedelta(days=1))
    assert "up to 2025-09-03" in drawn["balance"][0]


def test_pictures_are_small_for_they_live_in_the_event_log(tmp_path: Path) -> None:
    drawn = pictures_of_account(lake_of(tmp_path, BETS), "paper", "paper", THIRD)
    assert all(len(png) < 30_000 and size(png)[0] == 640 for _, png in drawn.values())


def test_an_account_without_closed_trades_has_no_pictures(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [bet(1, None), bet(2, 5, source="manual")])
    assert pictures_of_account(lake, "paper", "paper", THIRD) == {}


def test_the_asset_shows_them_and_one_that_fails_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from stratum_pipelines.defs.trades import pictured
    from tests.pipelines.homes import open_home

    lake_of(tmp_path, BETS)
    platform = open_home(tmp_path)
    shown = pictured(platform, THIRD)
    assert list(shown["trades"]) == ["balance", "months", "results"] and list(shown["equity_points"]) == ["balance"]
    plot = shown["trades"]["months"]
    assert isinstance(plot, dg.MarkdownMetadataValue) and "data:image/png;base64," in plot.value

    def fail(*_: object) -> None:
        raise ValueError("no ink")

    monkeypatch.setattr("stratum_pipelines.trading.pictures.equity_chart", fail)
    assert pictured(platform, THIRD) == {"trades": {}, "equity_points": {}}
    assert "could not be drawn" in caplog.text
