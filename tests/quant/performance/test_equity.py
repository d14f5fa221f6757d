import numpy as np
import pytest

from stratum_pipelines.quant.performance.equity import equity_curve, period_returns


def test_balances_are_exact_and_begin_with_the_starting_one() -> None:
    assert equity_curve([], 100).tolist() == [100]
    assert equity_curve([2**53 + 1, 1, -3], 0).tolist() == [0, 2**53 + 1, 2**53 + 2, 2**53 - 1]
    assert equity_curve([10, -20], 100, [0, 500]).tolist() == [100, 110, 590]


def test_a_lost_stake_costs_the_stake_and_not_the_balance() -> None:
    # Ten bets of 10.00 from 1,000.00, each lost with all that was staked: 90 % are left, not nothing.
    returns = period_returns([-1000] * 10, 100_000)
    assert returns[0] == -0.01
    assert np.prod(1 + returns) == pytest.approx(0.9, abs=1e-12)


def test_a_deposit_is_no_profit() -> None:
    assert period_returns([0, 100], 1000, [0, 1000]).tolist() == [0.0, 0.05]
    assert period_returns([-1000, 100], 1000, [0, 1000]).tolist() == [-1.0, 0.1]


def test_nothing_is_earned_on_nothing() -> None:
    returns = period_returns([-1000, 50], 1000)
    assert returns[0] == -1.0 and np.isnan(returns[1])


@pytest.mark.parametrize("balance", [0, -5])
def test_a_starting_balance_is_above_zero(balance: int) -> None:
    with pytest.raises(ValueError, match="above 0"):
        period_returns([1], balance)
