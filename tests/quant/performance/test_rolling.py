import datetime as dt

import numpy as np
import polars as pl
import pytest

from stratum_pipelines.quant.performance import RATIOS, Undefined, calendar_days, rolling_measures, trading_days
from stratum_pipelines.quant.performance.rolling import SHOWN
from tests.quant.performance.test_ratios import RETURNS


def days(returns: list[float]) -> pl.DataFrame:
    first = dt.date(2024, 1, 1)
    dates = pl.date_range(first, first + dt.timedelta(days=len(returns) - 1), eager=True)
    return pl.DataFrame({"date": dates, "return": returns})


def test_a_window_says_what_its_days_alone_would() -> None:
    found = rolling_measures(days(RETURNS.tolist()), calendar_days(0.02), windows=(30, 365))
    for window, at in ((30, 100), (365, 499)):
        row = found.filter(
            pl.col("window_days") == window, pl.col("date") == dt.date(2024, 1, 1) + dt.timedelta(days=at)
        )
        for name in SHOWN:
            alone, _ = RATIOS[name](RETURNS[None, at - window + 1 : at + 1], calendar_days(0.02))
            assert row.filter(pl.col("measure") == name)["value"].item() == pytest.approx(alone[0], rel=1e-12)


def test_windows_are_those_of_well_known_packages_where_these_are_right() -> None:
    found = rolling_measures(days(RETURNS.tolist()), trading_days(), windows=(30, 90))
    last = {
        (w, m): v
        for w, m, v in found.filter(pl.col("date") == pl.col("date").max())
        .select("window_days", "measure", "value")
        .iter_rows()
    }
    assert last[30, "sharpe"] == pytest.approx(2.5114765449858587, abs=1e-9)  # both
    assert last[30, "sortino"] == pytest.approx(4.144485567539709, abs=1e-9)  # quantstats
    assert last[90, "max_drawdown"] == pytest.approx(0.0391434103548489, abs=1e-9)  # empyrical


def test_no_window_is_shorter_than_it_says() -> None:
    assert rolling_measures(days([0.01] * 29), calendar_days()).is_empty()
    found = rolling_measures(days([0.01, -0.01] * 15), calendar_days())
    assert found["window_days"].unique().to_list() == [30]
    assert found.height == len(SHOWN)


def test_an_undefined_window_is_null_with_its_reason() -> None:
    found = rolling_measures(days([0.0] * 31), calendar_days(), windows=(30,), measures=("sharpe",))
    assert found["value"].to_list() == [None, None]
    assert found["reason"].to_list() == [Undefined.NO_VARIATION.name.lower()] * 2
    gone = rolling_measures(days([np.nan, *[0.01, 0.02] * 15]), calendar_days(), windows=(30,), measures=("sharpe",))
    assert gone["reason"].to_list() == ["missing_values", "defined"]
