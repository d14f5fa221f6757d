import datetime as dt

import polars as pl
import pytest

from stratum_pipelines.quant.buckets.sessions import session_labels, session_of


def session(text: str) -> str:
    moment = dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)
    return pl.DataFrame({"at": [moment]}).select(session_of(pl.col("at"))).item()


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        ("2025-01-15 12:30", "london"),  # 07:30 in New York
        ("2025-07-16 12:30", "london+new_york"),  # 08:30 there: summer time
        ("2025-03-12 12:30", "london+new_york"),  # New York has summer time three weeks before London
        ("2025-01-15 03:00", "tokyo"),
        ("2025-01-15 08:30", "tokyo+london"),
        ("2025-01-15 18:00", "new_york"),
        ("2025-01-15 22:30", "outside"),
        ("2025-01-18 12:00", "outside"),  # a Saturday
        ("2025-01-20 00:30", "tokyo"),  # Monday morning in Tokyo, Sunday evening in New York
        ("2025-01-19 23:30", "outside"),  # 08:30 there
    ],
)
def test_sessions_open_on_their_own_clocks(moment: str, name: str) -> None:
    assert session(moment) == name
    assert name in session_labels()


def test_labels_stand_in_the_order_of_the_day() -> None:
    assert session_labels() == ["tokyo", "tokyo+london", "london", "london+new_york", "new_york", "outside"]
