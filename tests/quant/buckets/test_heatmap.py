import datetime as dt

import polars as pl
import pytest

from stratum_pipelines.quant.buckets import heatmap
from tests.quant.performance.trades import START, trades


def test_a_heatmap_has_every_cell() -> None:
    exits = [START, START, START + dt.timedelta(days=1, hours=3)]
    found = heatmap(trades([100, -30, 5], exits=exits), "weekday", "hour", moment="exit_at")
    assert found.shape == (7, 25)
    assert found.filter(pl.col("bucket") == "monday")["12"].item() == 70
    assert found.filter(pl.col("bucket") == "tuesday")["15"].item() == 5
    assert found.drop("bucket").sum().sum_horizontal().item() == 75
    assert found.null_count().sum_horizontal().item() == 0


def test_months_by_year() -> None:
    exits = [dt.datetime(2023, 5, 2, tzinfo=dt.UTC), dt.datetime(2025, 1, 2, tzinfo=dt.UTC)]
    found = heatmap(trades([7, 9], exits=exits), "year", "month_of_year", value="mean_profit", moment="exit_at")
    assert found["bucket"].to_list() == ["2023", "2024", "2025"]
    assert found["may"].to_list() == [7.0, 0.0, 0.0]
    assert heatmap(trades([]), "year", "hour").is_empty()


def test_unknown_values_are_refused() -> None:
    with pytest.raises(ValueError, match="mean_profit"):
        heatmap(trades([1]), "weekday", "hour", value="luck")
