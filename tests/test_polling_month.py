"""Thirty simulated days of polling never touch the reserve, and catch the closes that a fixed pace misses."""

import dataclasses
from pathlib import Path

import pytest

from tests.polling_month import SETUPS, Month, Setup, budgeted, naive, spread


@pytest.fixture(scope="module")
def scarce(tmp_path_factory: pytest.TempPathFactory) -> Month:
    """Thirty days on five hundred credits, with failures, charged retries, kills and others on the same key."""
    return budgeted(Setup(500), tmp_path_factory.mktemp("scarce"))


def test_no_charge_of_ours_ever_leaves_less_than_the_reserve(scarce: Month) -> None:
    assert scarce.polls > 100 and scarce.lowest >= 25


def test_closes_are_caught_that_a_fixed_pace_for_the_same_credits_misses(scarce: Month) -> None:
    fixed, even = naive(Setup(500)), spread(Setup(500))
    assert abs(scarce.spent - fixed.spent) < 30 and even.spent > scarce.spent - 30
    assert scarce.share > 0.5 > 10 * fixed.share
    assert scarce.share > 1.5 * even.share


def test_the_forecast_holds_what_is_left_in_the_end(scarce: Month) -> None:
    late = [one for one in scarce.forecasts if one[0] < 10]
    within = [low - 0.5 <= actual <= high + 0.5 for _, _, low, high, actual in late]
    assert len(late) >= 8 and sum(within) >= 0.6 * len(within)


def test_a_renewal_in_the_middle_is_noticed_and_trouble_costs_no_reserve(tmp_path: Path) -> None:
    setup = Setup(300, seed=1, days=9, reset_day=7, used_before=240, trouble=0.3, others_a_day=6.0, kills=12)
    found = budgeted(setup, tmp_path)
    assert found.lowest >= 25
    # Only 35 credits could be used before the seventh, and others used most of them.
    assert found.spent > 35


def test_a_price_that_doubles_costs_no_reserve(tmp_path: Path) -> None:
    found = budgeted(Setup(260, begins="2026-11-17", days=14, surcharge_on_day=4, others_a_day=0.0), tmp_path)
    assert found.lowest >= 25 and found.spent > 200


def test_nobody_else_on_the_key_leaves_the_reserve_whole(tmp_path: Path) -> None:
    found = budgeted(Setup(160, begins="2026-11-17", days=14, others_a_day=0.0), tmp_path)
    assert min(found.left, found.lowest) >= 25 and found.spent > 120


def test_the_same_seed_gives_the_same_month(tmp_path: Path) -> None:
    setup = Setup(200, days=4)
    months = [budgeted(setup, tmp_path / name) for name in ("one", "two") if (tmp_path / name).mkdir() is None]
    assert dataclasses.asdict(months[0]) == dataclasses.asdict(months[1])


def test_the_setups_of_the_documented_figures_differ() -> None:
    assert len(set(map(repr, SETUPS))) == len(SETUPS)
