"""A long line in few points: nothing that can be seen is lost."""

import numpy as np
import polars as pl

from warehouse.charts.scales import Money, number_text, short_text
from warehouse.charts.thinning import microseconds, numbers, thinned


def test_short_lines_stay_as_they_are() -> None:
    x = np.arange(40.0)
    kept = thinned(x, x * 2, 10)
    assert kept[0] is x


def test_every_stretch_keeps_its_first_last_lowest_and_highest_point() -> None:
    x = np.arange(10_000.0)
    y = np.random.default_rng(3).normal(size=10_000)
    kept_x, kept_y = thinned(x, y, 100)
    assert len(kept_x) <= 400
    assert (np.diff(kept_x) > 0).all() and (y[kept_x.astype(int)] == kept_y).all()
    for begin in range(0, 10_000, 100):
        # x reaches from 0 to 9,999: a stretch is 99.99 wide, so only what lies well inside is asked for.
        inside = (kept_x >= begin) & (kept_x < begin + 100)
        part = y[begin + 2 : begin + 98]
        assert kept_y[inside].max() >= part.max() and kept_y[inside].min() <= part.min()
    assert (kept_x[0], kept_x[-1]) == (0.0, 9_999.0)


def test_a_gap_in_a_long_line_stays_a_gap() -> None:
    x = np.arange(10_000.0)
    y = np.ones(10_000)
    y[5_000:5_400] = np.nan
    _, kept = thinned(x, y, 100)
    assert 1 <= np.isnan(kept).sum() <= 10


def test_a_million_points_at_one_moment_are_a_few() -> None:
    assert len(thinned(np.zeros(1_000_000), np.arange(1_000_000.0), 100)[0]) <= 5


def test_what_is_not_finite_is_missing() -> None:
    found = numbers(pl.Series([1.0, None, float("inf"), float("nan")]))
    assert found[0] == 1 and np.isnan(found[1:]).all()
    moment = pl.Series(["1970-01-01T00:00:01"]).str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us", time_zone="UTC")
    assert microseconds(moment).tolist() == [1_000_000]


def test_money_is_told_in_units_a_person_reads() -> None:
    assert Money(np.array([123_456.0]), "USD").text(123_456.0) == "1,234.56 USD"
    assert Money(np.array([5_000.0]), "JPY").text(-5_000.0) == "−5,000 JPY"
    # 30,000,000.00 USD are 3,000,000,000 cents.
    assert Money(np.array([3e9]), "USD").text(3e9, signed=True) == "+30.00 million USD"
    assert Money(np.array([np.nan]), "KWD").text(1_500.0) == "1.500 KWD"


def test_numbers_in_cells_are_short_and_never_a_false_zero() -> None:
    assert [short_text(one) for one in (0.0, 999.6, -0.0123, 5e16, -1234.0)] == [
        "0",
        "+1k",
        "−0.0123",
        "+5e16",
        "−1.23k",
    ]
    assert number_text(-0.004, 2) == "0.00"
