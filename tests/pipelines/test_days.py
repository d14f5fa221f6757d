"""A day counts as computed when its tables are there and follow from its answers, and never otherwise."""

import datetime as dt
import shutil
from pathlib import Path

import polars as pl
import pytest

from stratum_pipelines.backfill import backfill
from stratum_pipelines.batch import compute_days
from stratum_pipelines.days import stale_days
from stratum_pipelines.platform import Platform
from stratum_pipelines.raw import store_answers
from tests.build import MINUTE, NFL, NOON, wandering
from tests.pipelines.homes import assert_same, contents, days_of, open_home, run_live
from warehouse.database import ComputedDays
from warehouse.tables import BY_NAME, OddsSnapshots, Polls, RawOdds

ANSWERS = wandering(4, 30, minutes=30, first=NOON + 5 * 60 * MINUTE)
DAYS = days_of(ANSWERS)


class Stopped(BaseException):
    """Stands for the end of a process: nothing of ours catches it."""


@pytest.fixture
def computed(tmp_path: Path) -> Platform:
    """A platform with two computed days."""
    platform = open_home(tmp_path / "home")
    store_answers(platform.lake, ANSWERS)
    backfill(platform, DAYS)
    return platform


def stop_before_writing(name: str, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next process to replace a partition of this table end there."""
    replace = platform.lake.replace

    def stopping(table, day, frame, **more):
        if table.name == name:
            raise Stopped
        replace(table, day, frame, **more)

    monkeypatch.setattr(platform.lake, "replace", stopping)


@pytest.mark.parametrize("name", ["odds_snapshots", "signals", "polls"])
def test_a_day_whose_tables_were_written_in_part_is_not_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    platform, straight = open_home(tmp_path / "home"), open_home(tmp_path / "straight")
    for one in (platform, straight):
        store_answers(one.lake, ANSWERS)
    with monkeypatch.context() as patched:
        stop_before_writing(name, platform, patched)
        with pytest.raises(Stopped):
            backfill(platform, DAYS)
    assert stale_days(platform)["reason"].to_list() == ["not computed yet"] * 2
    backfill(platform, stale_days(platform)["date"].to_list())
    backfill(straight, DAYS)
    assert stale_days(platform).is_empty()
    assert_same(contents(platform), contents(straight))


def test_a_day_that_was_computed_before_is_not_while_its_tables_are_replaced(
    computed: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        stop_before_writing("consensus", computed, patched)
        with pytest.raises(Stopped):
            backfill(computed, [DAYS[1]])
    assert stale_days(computed).rows() == [(NFL, DAYS[1], "not computed yet")]


def test_some_tables_written_by_themselves_do_not_make_a_day_computed(tmp_path: Path) -> None:
    platform = open_home(tmp_path)
    store_answers(platform.lake, ANSWERS)
    list(compute_days(platform, DAYS, tables=["consensus", "signals"]))
    assert stale_days(platform)["reason"].to_list() == ["not computed yet"] * 2


@pytest.mark.parametrize("name", ["odds_snapshots", "consensus", "signals", "polls", "event_changes"])
def test_a_partition_that_is_gone_puts_its_day_out_of_date_until_it_is_computed_again(
    computed: Platform, name: str
) -> None:
    before = contents(computed)
    shutil.rmtree(Path(computed.lake.location) / name / f"date={DAYS[0]}")
    assert stale_days(computed).rows() == [(NFL, DAYS[0], "its tables are missing")]
    backfill(computed, [DAYS[0]])
    assert stale_days(computed).is_empty()
    assert_same(contents(computed), before)


def test_one_poll_that_is_gone_is_noticed(computed: Platform) -> None:
    polls = computed.lake.scan(Polls, first=DAYS[1], last=DAYS[1]).collect()
    computed.lake.replace(Polls, DAYS[1], polls.slice(1))
    assert stale_days(computed).rows() == [(NFL, DAYS[1], "its tables are missing")]


def test_a_poll_of_an_answer_that_is_not_there_is_noticed(computed: Platform) -> None:
    polls = computed.lake.scan(Polls, first=DAYS[1], last=DAYS[1]).collect()
    is_first = pl.int_range(pl.len()) == 0
    wrong = polls.with_columns(response_id=pl.when(is_first).then(pl.lit("0" * 32)).otherwise("response_id"))
    computed.lake.replace(Polls, DAYS[1], wrong)
    assert stale_days(computed).rows() == [(NFL, DAYS[1], "its tables are missing")]


def test_a_file_that_broke_off_is_noticed_without_being_in_the_way(computed: Platform) -> None:
    (file,) = (Path(computed.lake.location) / "odds_snapshots" / f"date={DAYS[0]}").glob("*.parquet")
    file.write_bytes(file.read_bytes()[:100])
    assert stale_days(computed).rows() == [(NFL, DAYS[0], "its tables are missing")]


def test_a_partition_missing_from_a_day_that_live_polling_closed_is_noticed(tmp_path: Path) -> None:
    platform = open_home(tmp_path)
    run_live(platform, ANSWERS)
    assert stale_days(platform).rows() == [(NFL, DAYS[1], "not computed yet")]
    shutil.rmtree(Path(platform.lake.location) / "consensus" / f"date={DAYS[0]}")
    assert stale_days(platform)["reason"].to_list() == ["its tables are missing", "not computed yet"]


def test_one_table_computed_again_by_itself_makes_its_day_whole(computed: Platform) -> None:
    shutil.rmtree(Path(computed.lake.location) / "signals" / f"date={DAYS[0]}")
    list(compute_days(computed, [DAYS[0]], tables=["signals"]))
    assert stale_days(computed).is_empty()


@pytest.mark.parametrize("name", ["polls", "odds_snapshots"])
def test_partitions_that_retention_has_dropped_put_no_day_out_of_date(computed: Platform, name: str) -> None:
    ComputedDays(computed.database).stop_counting(name, DAYS[1])
    computed.lake.drop_days(BY_NAME[name], DAYS[1])
    assert stale_days(computed).is_empty()
    shutil.rmtree(Path(computed.lake.location) / name / f"date={DAYS[1]}")
    assert stale_days(computed)["date"].to_list() == [DAYS[1]], "the day after is still kept"


def test_a_day_whose_answers_are_gone_keeps_the_tables_computed_from_them(computed: Platform) -> None:
    before = computed.lake.scan(OddsSnapshots).collect()
    computed.lake.drop_days(RawOdds, DAYS[1])
    list(compute_days(computed, DAYS))
    assert computed.lake.scan(OddsSnapshots).collect().equals(before)
    assert ComputedDays(computed.database).dates() == DAYS
    assert stale_days(computed).is_empty()


def test_looking_for_days_out_of_date_reads_no_quotes(computed: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    scan, read = computed.lake.scan, set()

    def watched(table, *, first: dt.date | None = None, last: dt.date | None = None) -> pl.LazyFrame:
        read.add(table.name)
        return scan(table, first=first, last=last)

    monkeypatch.setattr(computed.lake, "scan", watched)
    assert stale_days(computed).is_empty()
    assert read == {"raw_odds", "polls"}
