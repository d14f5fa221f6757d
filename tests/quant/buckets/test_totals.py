import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.buckets import BUCKETINGS, bucketed
from tests.quant.performance.trades import START, trades


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def filled(frame: pl.DataFrame) -> dict[str, int]:
    return dict(frame.filter(pl.col("n") > 0).select("bucket", "n").iter_rows())


def test_hours_are_those_of_the_zone_on_both_sides_of_summer_time() -> None:
    # London: 00:30 UTC is 00:30 before the clocks go forward at 01:00 UTC on 30 March 2025, and 01:30 UTC is 02:30 after.
    exits = [at("2025-03-30 00:30"), at("2025-03-30 01:30"), at("2025-10-26 00:30"), at("2025-10-26 01:30")]
    found = bucketed(trades([1, 2, 3, 4], exits=exits), "hour", zone="Europe/London", moment="exit_at")
    # In October 00:30 UTC and 01:30 UTC are both 01:30 on the clocks.
    assert filled(found) == {"00": 1, "01": 2, "02": 1}
    assert found.filter(pl.col("bucket") == "01")["profit"].item() == 7


def test_weekdays_and_months_are_those_of_the_zone() -> None:
    late = [at("2024-12-31 23:30")]  # a Tuesday in UTC, New Year's Wednesday in Paris
    for zone, weekday, month, year in (
        ("UTC", "tuesday", "2024-12", "2024"),
        ("Europe/Paris", "wednesday", "2025-01", "2025"),
    ):
        frame = trades([1], exits=late)
        for by, bucket in (("weekday", weekday), ("month", month), ("year", year)):
            assert filled(bucketed(frame, by, zone=zone, moment="exit_at")) == {bucket: 1}


def test_empty_buckets_are_zeros() -> None:
    found = bucketed(trades([100], exits=[START]), "hour", moment="exit_at")
    assert found["bucket"].to_list() == [f"{hour:02d}" for hour in range(24)]
    empty = found.filter(pl.col("bucket") == "03").row(0, named=True)
    assert empty == {
        "bucket": "03", "n": 0, "n_won": 0, "n_lost": 0, "profit": 0, "stake": 0, "mean_profit": 0.0,
        "win_rate": 0.0, "win_low": 0.0, "win_high": 1.0,
    }  # fmt: skip
    assert found.null_count().sum_horizontal().item() == 0


def test_months_without_a_trade_are_there() -> None:
    found = bucketed(trades([1, 2], exits=[at("2024-11-05 10:00"), at("2025-02-05 10:00")]), "month")
    assert found.select("bucket", "n").rows() == [("2024-11", 1), ("2024-12", 0), ("2025-01", 0), ("2025-02", 1)]
    assert bucketed(trades([]), "month").is_empty()
    assert bucketed(trades([]), "weekday")["n"].sum() == 0


def test_a_rate_has_its_interval() -> None:
    frame = trades([1] * 8 + [-1] * 2 + [0], exits=[START] * 11)
    row = bucketed(frame, "weekday").filter(pl.col("n") > 0).row(0, named=True)
    assert (row["n"], row["win_rate"]) == (11, 0.8)
    assert (round(row["win_low"], 3), round(row["win_high"], 3)) == (0.490, 0.943)


def test_time_to_start_has_the_steps_of_signals() -> None:
    frame = trades([1, 2, 3], hours=0).with_columns(
        entry_at=pl.col("commence_at") - pl.Series([dt.timedelta(minutes=m) for m in (15, -1, 5000)]),
    )
    assert filled(bucketed(frame, "time_to_start")) == {"15-60m": 1, "live": 1, "3d+": 1}
    no_start = frame.with_columns(commence_at=pl.lit(None, pl.Datetime("us", "UTC")))
    assert bucketed(no_start, "time_to_start")["n"].sum() == 0


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="hour, weekday"):
        bucketed(trades([1]), "minute")
    with pytest.raises(ValueError, match="Europe/London"):
        bucketed(trades([1]), "hour", zone="Mars/Olympus")


@given(
    st.lists(st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2026, 1, 1)), max_size=20),  # noqa: DTZ001
    st.sampled_from(["UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_every_trade_falls_into_exactly_one_bucket(moments: list[dt.datetime], zone: str) -> None:
    frame = trades(list(range(len(moments))), exits=[moment.replace(tzinfo=dt.UTC) for moment in moments])
    for by in BUCKETINGS:
        found = bucketed(frame, by, zone=zone)
        assert found["n"].sum() == len(moments)
        assert found["profit"].sum() == sum(range(len(moments)))
        assert found["bucket"].is_unique().all()
