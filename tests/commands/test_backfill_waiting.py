"""`stratum backfill --stale` makes good what a stopped run left, and `stratum doctor` says that it is needed."""

import datetime as dt
from pathlib import Path

from stratum_pipelines.platform import open_platform
from stratum_pipelines.waiting import note_waiting
from warehouse.settings import read_settings
from warehouse.tables import ClosingLines, Scorecards

DAY = dt.date(2025, 10, 12)


def said_of_days(doctor: list[dict[str, str]]) -> list[str]:
    return [one["seen"] for one in doctor if one["subject"] == "days"]


def test_days_that_wait_are_settled_and_scored_when_no_day_is_out_of_date(filled: Path, invoke, record) -> None:
    platform = open_platform(read_settings({"STRATUM_HOME": str(filled)}))
    for table in (ClosingLines, Scorecards):
        platform.lake.drop_days(table, dt.date(2030, 1, 1))
    note_waiting(platform, "settle", DAY, DAY)
    (said,) = said_of_days(record(invoke("doctor", "--json")))
    assert said.startswith("closing lines and their value of 2025-10-12 to 2025-10-12 are not up to date")
    shown = invoke("backfill", "--stale")
    assert shown.exit_code == 0
    assert "Every day follows from its answers; what waited to be settled and scored is done." in shown.stdout
    assert platform.lake.days(ClosingLines) and platform.lake.days(Scorecards)
    assert said_of_days(record(invoke("doctor", "--json"))) == ["every computed day follows from its answers"]
    assert "nothing to compute" in invoke("backfill", "--stale").stdout


def test_a_day_whose_tables_are_missing_is_named_and_computed_again(filled: Path, invoke, record) -> None:
    platform = open_platform(read_settings({"STRATUM_HOME": str(filled)}))
    (file,) = (filled / "lake" / "odds_snapshots" / f"date={DAY}").glob("*.parquet")
    before = file.read_bytes()
    file.unlink()
    (said,) = said_of_days(record(invoke("doctor", "--json")))
    assert said == "americanfootball_nfl: 1 day out of date (its tables are missing; 2025-10-12 to 2025-10-12)"
    assert "1 day computed" in invoke("backfill", "--stale").stdout
    (again,) = (Path(platform.lake.location) / "odds_snapshots" / f"date={DAY}").glob("*.parquet")
    assert again.read_bytes() == before
