"""What imports of trades refused stays in quarantine when its day is computed again, and no check counts it as an answer's."""

import datetime as dt
from pathlib import Path

import polars as pl

from stratum_pipelines.audit import answers_and_polls
from stratum_pipelines.batch import close_day
from stratum_pipelines.trading.importing import Wanted, import_file
from tests.build import wandering
from tests.pipelines.homes import days_of, open_home, run_live
from warehouse.tables import Quarantine


def test_closing_a_day_keeps_what_an_import_refused_on_it(tmp_path: Path) -> None:
    platform = open_home(tmp_path / "home")
    answers = wandering(2, 20)
    run_live(platform, answers)
    day = days_of(answers)[0]
    file = tmp_path / "trades.csv"
    file.write_text("ticket,symbol,direction,entry_at\n1,EURUSD,buy,soon\n")
    as_of = dt.datetime(day.year, day.month, day.day, 23, tzinfo=dt.UTC)
    import_file(platform.lake, file, Wanted("demo", currency="USD"), as_of=as_of)
    before = platform.lake.scan(Quarantine, first=day, last=day).collect().sort("quarantine_id")
    assert "bad_moment" in before["reason"]
    assert answers_and_polls(platform, day).faults == []
    assert close_day(platform, day).differences.is_empty()
    assert platform.lake.scan(Quarantine, first=day, last=day).collect().sort("quarantine_id").equals(before)
    # And the import that comes again finds its refusal there.
    import_file(platform.lake, file, Wanted("demo", currency="USD"), as_of=as_of)
    refused = platform.lake.scan(Quarantine).filter(pl.col("reason") == "bad_moment").collect()
    assert refused.height == 1
