import polars as pl
import pytest

from stratum_pipelines.quant.performance import Undefined
from stratum_pipelines.quant.performance.closings import daily_results
from stratum_pipelines.quant.performance.measure import Measure
from stratum_pipelines.quant.performance.money import money_measures
from tests.quant.performance.test_ratios import RETURNS
from tests.quant.performance.trades import START, trades


def figures(frame: pl.LazyFrame) -> dict[str, Measure]:
    return {found.name: found for found in money_measures(daily_results(frame))}


def test_figures_worked_by_hand() -> None:
    # 3 won (100, 200, 300), 2 lost (-100, -200), 1 even; six stakes of 1000.
    found = figures(trades([100, -100, 200, 0, -200, 300]))
    assert {name: round(found[name].value or 0, 6) for name in found} == {
        "n_trades": 6,
        "net_profit": 300,
        "total_staked": 6000,
        "yield_on_stake": 0.05,
        "win_rate": 0.6,
        "profit_factor": 2.0,
        "expectancy": 50.0,
        "payoff_ratio": 1.333333,
        "kelly_fraction": 0.3,
    }


def test_figures_are_those_of_quantstats_where_it_is_right() -> None:
    found = figures(trades([round(float(r) * 1e15) for r in RETURNS]))
    assert found["profit_factor"].value == pytest.approx(1.184826947524565, abs=1e-9)
    assert found["payoff_ratio"].value == pytest.approx(1.2233579051676402, abs=1e-9)
    assert found["kelly_fraction"].value == pytest.approx(0.07674948512276351, abs=1e-9)
    assert found["win_rate"].value == pytest.approx(0.492, abs=1e-12)


def test_nothing_won_or_lost_is_said_and_not_infinite() -> None:
    won = figures(trades([100, 200]))
    assert [won[name].reason for name in ("profit_factor", "payoff_ratio", "kelly_fraction")] == [
        Undefined.NO_LOSSES
    ] * 3
    lost = figures(trades([-100, -200]))
    assert lost["profit_factor"].value == 0.0
    assert [lost[name].reason for name in ("payoff_ratio", "kelly_fraction")] == [Undefined.NO_WINS] * 2
    even = figures(trades([0, 0]))
    assert (even["win_rate"].reason, even["expectancy"].value) == (Undefined.EMPTY, 0.0)
    none = figures(trades([]))
    assert {none[name].reason for name in none} == {Undefined.DEFINED, Undefined.EMPTY}
    assert figures(trades([5], stake=0))["yield_on_stake"].reason == Undefined.NO_STAKE


def test_many_trades_of_one_day_are_no_more_evidence_than_their_day() -> None:
    profits = [100] * 30 + [-100] * 30 + [100] * 30 + [-100] * 10
    days = [START.replace(day=6 + i // 10) for i in range(100)]
    apart = figures(trades(profits))["win_rate"]
    together = figures(trades(profits, exits=days))["win_rate"]
    assert apart.value == together.value == 0.6
    assert apart.low is not None and apart.high is not None and together.low is not None and together.high is not None
    assert together.high - together.low > apart.high - apart.low
    assert 0 <= together.low < 0.6 < together.high <= 1


def test_a_single_day_has_no_interval() -> None:
    found = figures(trades([100, -100], exits=[START, START]))
    assert (found["win_rate"].low, found["expectancy"].low) == (None, None)


def test_expectancy_lies_inside_its_interval() -> None:
    found = figures(trades([100, -100, 250, 30]))["expectancy"]
    # Deviations 30, -170, 180, -40 of the mean 70: error sqrt(4 / 3 x 63800) / 4 = 72.92, times t(3) 3.182.
    assert found.value == 70.0
    assert found.low == pytest.approx(70 - 3.182 * 72.92, abs=0.5) and found.high == pytest.approx(
        70 + 3.182 * 72.92, abs=0.5
    )
