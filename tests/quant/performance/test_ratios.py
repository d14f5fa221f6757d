from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.quant.performance import RATIOS, Basis, Undefined, trading_days

STEPS = np.arange(500)
# Neither random nor smooth, and the same on every machine: what the packages below were asked about.
RETURNS = 0.012 * np.sin(1.7 * STEPS) + 0.009 * np.cos(0.31 * STEPS * STEPS) + 0.0006
DAYS = trading_days()


def value(name: str, returns: Any, basis: Basis = DAYS) -> float:
    values, reasons = RATIOS[name](np.atleast_2d(np.asarray(returns, np.float64)), basis)
    assert reasons[0] == Undefined.DEFINED
    return float(values[0])


def reason(name: str, returns: Any, basis: Basis = DAYS) -> Undefined:
    values, reasons = RATIOS[name](np.atleast_2d(np.asarray(returns, np.float64)), basis)
    assert np.isfinite(values[0]) == (reasons[0] == Undefined.DEFINED)
    return Undefined(int(reasons[0]))


@pytest.mark.parametrize(
    ("name", "rate", "empyrical", "quantstats"),
    [
        ("sharpe", 0.0, 1.1141742051764536, 1.114174205176454),
        ("sharpe", 0.03, 0.9371000053136131, 0.9371000053136131),
        ("sortino", 0.0, 1.7081420844475914, 1.7081420844475914),
        ("sortino", 0.03, 1.422472436349264, 1.4224724363492642),
        ("max_drawdown", 0.0, 0.09576302227508547, 0.09576302227508549),
        ("calmar", 0.0, 1.9604390224507824, 1.9604390224507822),
        ("volatility", 0.0, 0.16693869524288873, 0.16693869524288873),
        ("annual_return", 0.0, 0.18773756577590106, 0.18773756577590106),
        ("total_return", 0.0, 0.4068731639130194, 0.4068731639130194),
        ("tail_ratio", 0.0, 1.163395097447056, 1.1633950974470562),
    ],
)
def test_ratios_are_those_of_well_known_packages_where_these_are_right(
    name: str, rate: float, empyrical: float, quantstats: float
) -> None:
    ours = value(name, RETURNS, trading_days(rate))
    assert ours == pytest.approx(empyrical, abs=1e-9)
    assert ours == pytest.approx(quantstats, abs=1e-9)


def test_ulcer_divides_by_all_periods_where_quantstats_leaves_one_out() -> None:
    assert value("ulcer", RETURNS) == pytest.approx(0.03703946213287049 * np.sqrt(499 / 500), abs=1e-9)


# -- where well-known packages go wrong ---------------------------------------------------------------------------------


def test_constant_gains_have_no_risk_and_so_no_ratio_to_it() -> None:
    # quantstats: a Sharpe of 1e17; empyrical: an infinite one.
    for gains in ([0.01] * 50, [0.1 + 0.2, 0.3] * 25, np.diff(1.01 ** np.arange(60)) / 1.01 ** np.arange(59)):
        assert reason("sharpe", gains) == Undefined.NO_VARIATION
        assert reason("sortino", gains) == Undefined.NO_LOSSES
        assert reason("calmar", gains) == Undefined.NO_DRAWDOWN
        assert reason("tail_ratio", gains) == Undefined.NO_LOSSES
        assert value("max_drawdown", gains) == 0.0


def test_returns_whose_differences_the_risk_free_return_swallows_do_not_vary() -> None:
    # 50 % a year is 1.6e-3 a day; beside it 0 and 3e-19 are one number, and their spread of 2e-19 is no risk.
    assert reason("sharpe", [0.0, 3e-19], trading_days(0.5)) == Undefined.NO_VARIATION
    # All of both days is a shortfall: -1.6e-3 over 1.6e-3, and the root of 252 days.
    assert value("sortino", [0.0, 3e-19], trading_days(0.5)) == pytest.approx(-np.sqrt(252), rel=1e-12)
    # What the risk-free return does not swallow still varies: a mean of 1e-19 over a spread of 1.4e-19 is 0.5 root 2.
    assert value("sharpe", [0.0, 2e-19], Basis("days", 1)) == pytest.approx(np.sqrt(0.5), rel=1e-12)
    # A day short of what is free of risk by rounding alone lost nothing against it.
    free = trading_days(0.5).risk_free_return
    assert reason("sortino", [free, np.nextafter(free, 0.0), 2 * free], trading_days(0.5)) == Undefined.NO_LOSSES


def test_a_loss_on_the_first_day_is_a_drawdown() -> None:
    # vectorbt and ffn begin with the first balance after it, and see none.
    assert value("max_drawdown", [-0.05, *[0.001] * 20]) == pytest.approx(0.05, abs=1e-15)
    assert value("max_drawdown", [-0.05]) == pytest.approx(0.05, abs=1e-15)
    assert value("ulcer", [-0.05, 0.0]) == pytest.approx(0.05, abs=1e-15)


@pytest.mark.parametrize("name", ["annual_return", "volatility", "sharpe", "sortino", "calmar", "tail_ratio"])
def test_one_observation_says_nothing_about_a_year(name: str) -> None:
    # The Calmar ratio of quantstats raises.
    assert reason(name, [-0.05]) == Undefined.ONE_OBSERVATION


@pytest.mark.parametrize("name", list(RATIOS))
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_return_nobody_knows_makes_every_ratio_unknown(name: str, bad: float) -> None:
    # quantstats and empyrical drop it, or take it for 0, and say nothing.
    if name == "total_return" or bad != -np.inf:
        assert reason(name, [0.01, bad, -0.02, 0.03]) in {Undefined.MISSING_VALUES, Undefined.RUINED}
    assert reason(name, [0.01, np.nan, -0.02, 0.03]) == Undefined.MISSING_VALUES


@pytest.mark.parametrize("name", list(RATIOS))
def test_no_returns_give_no_ratio(name: str) -> None:
    assert reason(name, np.empty((1, 0))) == Undefined.EMPTY


def test_nothing_can_be_earned_on_nothing() -> None:
    assert value("total_return", [0.5, -1.0]) == -1.0
    assert value("max_drawdown", [0.5, -1.0]) == 1.0
    assert reason("annual_return", [0.5, -1.0]) == Undefined.RUINED
    assert reason("calmar", [0.5, -1.0]) == Undefined.RUINED
    for name in RATIOS:
        assert reason(name, [0.5, -1.0, np.nan]) == Undefined.RUINED


def test_a_growth_beyond_any_number_is_not_infinite() -> None:
    assert reason("annual_return", [999.0, 999.0]) == Undefined.TOO_LARGE
    assert reason("calmar", [999.0, -0.5, 999.0]) == Undefined.TOO_LARGE


# -- laws -----------------------------------------------------------------------------------------------------------------

some_returns = st.lists(st.floats(-0.9, 3.0), min_size=2, max_size=40)


@given(some_returns, st.floats(-0.2, 0.5))
@example([0.0, 3e-19], 0.5)
def test_every_ratio_is_finite_or_says_why_not(returns: list[float], rate: float) -> None:
    rows = np.array([returns])
    for name, ratio in RATIOS.items():
        values, reasons = ratio(rows, trading_days(rate))
        assert np.isfinite(values[0]) == (reasons[0] == Undefined.DEFINED)
        if np.isfinite(values[0]) and name not in {"annual_return", "calmar", "total_return"}:  # gains may be any size
            assert abs(values[0]) < 1e14


@given(some_returns, some_returns)
def test_a_row_is_measured_by_itself(first: list[float], second: list[float]) -> None:
    n = min(len(first), len(second))
    rows: Floats = np.array([first[:n], second[:n]])
    for ratio in RATIOS.values():
        values, reasons = ratio(rows, DAYS)
        alone = [ratio(rows[i : i + 1], DAYS) for i in range(2)]
        assert reasons.tolist() == [int(one[1][0]) for one in alone]
        np.testing.assert_allclose(values, [one[0][0] for one in alone], rtol=1e-12)


@given(some_returns, st.integers(1, 400))
def test_sharpe_grows_with_the_root_of_the_periods_a_year(returns: list[float], periods: int) -> None:
    rows = np.array([returns])
    once, many = (RATIOS["sharpe"](rows, Basis("days", n))[0][0] for n in (1, periods))
    np.testing.assert_allclose(many, once * np.sqrt(periods), rtol=1e-9)


@given(some_returns)
def test_drawdown_is_at_least_the_largest_single_loss_and_at_most_everything(returns: list[float]) -> None:
    deepest = value("max_drawdown", returns)
    assert max(0.0, -min(returns)) - 1e-12 <= deepest <= 1.0
    assert value("ulcer", returns) <= deepest + 1e-12
