import math

import polars as pl
import pytest

from stratum_pipelines.quant.performance import DEFINITIONS, Undefined, performance_of
from tests.conftest import REPOSITORY
from tests.quant.performance.trades import trades


def test_every_figure_has_a_definition_and_every_definition_a_figure() -> None:
    found = performance_of(trades([100, -50, 30]), 10_000)
    assert {m.name for m in found.measures} == set(DEFINITIONS)
    frame = found.as_frame()
    assert frame.filter(pl.col("definition") == "").is_empty()
    assert set(frame["basis"]) == {"", "trading_days", "calendar_days", "betting_days"}


def test_every_figure_is_on_its_page() -> None:
    page = (REPOSITORY / "docs/methodology/performance.md").read_text(encoding="utf-8")
    assert [name for name in DEFINITIONS if f"`{name}`" not in page] == []


@pytest.mark.parametrize("profits", [[], [5], [-5], [0, 0], [5, 5, 5], [-10_000, 50], [-20_000], [3, -2, 4]])
def test_a_figure_is_a_number_or_says_why_not(profits: list[int]) -> None:
    for row in performance_of(trades(profits), 10_000).as_frame().iter_rows(named=True):
        assert (row["value"] is None) == (row["reason"] != ""), row
        assert row["value"] is None or (math.isfinite(row["value"]) and abs(row["value"]) < 1e15), row


def test_a_losing_run_has_a_negative_recovery_factor() -> None:
    # quantstats takes the loss without its sign: +0.99.
    found = performance_of(trades([-100, 20, -100, 20]), 10_000)
    assert found.measure("recovery_factor").value == pytest.approx(-160 / 180)
    assert performance_of(trades([5, 5]), 10_000).measure("recovery_factor").reason == Undefined.NO_DRAWDOWN


def test_drawdown_worked_by_hand() -> None:
    # 1000.00, 1100, 990, 1045, 1155, 1039.50: from 1100 to 990 is 10 %, made good two days after; so is the last, still open.
    found = performance_of(trades([10_000, -11_000, 5_500, 11_000, -11_550]), 100_000)
    assert found.measure("max_drawdown").value == pytest.approx(0.1)
    assert found.measure("max_drawdown_amount").value == 11_550
    assert found.measure("drawdown_length").value == 3.0
    assert found.measure("drawdown_recovery").value == 2.0
    assert found.moments["balance"].to_list() == [100_000, 110_000, 99_000, 104_500, 115_500, 103_950]
    open_fall = performance_of(trades([100, -500]), 10_000)
    assert open_fall.measure("drawdown_recovery").reason == Undefined.NOT_RECOVERED
    assert open_fall.measure("drawdown_length").value == 1.0


def test_who_lost_everything_is_ruined_from_then_on() -> None:
    found = performance_of(trades([-10_000, 50, 60]), 10_000)
    assert found.measure("max_drawdown").reason == Undefined.RUINED
    assert found.measure("sharpe", "calendar_days").reason == Undefined.RUINED
    assert found.measure("net_profit").value == -9890


def test_the_three_years_differ_where_days_do() -> None:
    weekly = trades([100, -50, 80, 20], exits=[t for i, t in enumerate(_days()) if i % 7 == 0])
    found = performance_of(weekly, 10_000)
    n = {basis: found.measure("sharpe", basis).n for basis in ("trading_days", "calendar_days", "betting_days")}
    assert n == {"trading_days": 16, "calendar_days": 22, "betting_days": 4}


def test_a_figure_nobody_declared_is_not_found() -> None:
    with pytest.raises(KeyError, match="sharpe"):
        performance_of(trades([1]), 100).measure("sharpe")


def _days() -> list:
    return trades([0] * 22).collect()["exit_at"].to_list()
