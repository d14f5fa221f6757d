import pytest

from stratum_pipelines.quant.performance import Basis, betting_days, calendar_days, trading_days


def test_years_are_counted_in_three_ways() -> None:
    assert trading_days().periods_per_year == 252
    assert calendar_days().periods_per_year == 365
    assert betting_days(73, 146).periods_per_year == 182.5
    assert betting_days(0, 0).periods_per_year == 365


def test_the_risk_free_return_compounds_to_the_rate() -> None:
    basis = trading_days(0.05)
    assert (1 + basis.risk_free_return) ** 252 == pytest.approx(1.05, abs=1e-12)


def test_what_is_no_basis_is_refused() -> None:
    for periods in (0, -1, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="periods"):
            Basis("days", periods)
    for rate in (-1, float("nan")):
        with pytest.raises(ValueError, match="risk-free"):
            Basis("days", 252, rate)
