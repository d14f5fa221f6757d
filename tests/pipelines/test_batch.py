import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from stratum_pipelines.backfill import backfill, backfill_stale, left_stale, settle_days
from stratum_pipelines.batch import close_day, compute_days
from stratum_pipelines.days import stale_days
from stratum_pipelines.differences import differences_between
from stratum_pipelines.raw import store_answers
from tests.build import MINUTE, NFL, NOON, wandering
from tests.pipelines.homes import assert_same, contents, days_of, open_home, run_live, standing, stored
from warehouse.tables import OddsSnapshots, Polls, RawOdds

# From 19:00 UTC, so that the day turns in the middle.
EVENING = NOON + 7 * 60 * MINUTE


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_live_and_batch_write_the_same_tables(tmp_path: Path, seed: int) -> None:
    answers = wandering(seed, 90, first=EVENING)
    live, batch = open_home(tmp_path / "live"), open_home(tmp_path / "batch")
    run_live(live, answers)
    settle_days(live, *days_of(answers))
    store_answers(batch.lake, answers)
    list(compute_days(batch, days_of(answers)))
    settle_days(batch, *days_of(answers))
    assert len(days_of(answers)) == 2
    assert contents(live)["clv_records"].height > 0
    assert_same(contents(live), contents(batch))
    assert_same(stored(live), stored(batch))


def test_days_one_by_one_in_any_order_and_process_give_the_same_as_a_range(tmp_path: Path) -> None:
    answers = wandering(5, 200, minutes=20, first=EVENING)
    whole, apart = open_home(tmp_path / "whole"), open_home(tmp_path / "apart")
    days = days_of(answers)
    store_answers(whole.lake, answers)
    backfill(whole, days)
    store_answers(apart.lake, answers)
    for day in [days[2], days[0], days[3], days[1]]:
        backfill(open_home(tmp_path / "apart"), [day])
    assert_same(standing(contents(whole)), standing(contents(apart)))


def test_closing_a_day_that_live_published_finds_no_difference_and_leaves_one_file_per_table(tmp_path: Path) -> None:
    platform = open_home(tmp_path)
    answers = wandering(2, 60)
    run_live(platform, answers)
    day = days_of(answers)[0]
    durations = platform.lake.scan(Polls).collect().sort("poll_id")["duration_ms"]
    before = contents(platform)
    report = close_day(platform, day)
    assert report.differences.is_empty()
    assert_same(contents(platform), before)
    assert platform.lake.scan(Polls).collect().sort("poll_id")["duration_ms"].equals(durations)
    for table in (RawOdds, OddsSnapshots, Polls):
        assert platform.lake.parts(table, day) == 0


def test_closing_a_day_reports_every_value_that_live_had_wrong(tmp_path: Path) -> None:
    platform = open_home(tmp_path)
    answers = wandering(2, 20)
    run_live(platform, answers)
    day = days_of(answers)[0]
    wrong = platform.lake.scan(OddsSnapshots, first=day, last=day).collect().sort(OddsSnapshots.sort_by())
    wrong = wrong.with_columns(
        pl.when(pl.int_range(pl.len()) == 3).then(9.99).otherwise("price_decimal").alias("price_decimal")
    ).slice(1)
    platform.lake.replace(OddsSnapshots, day, wrong)
    report = close_day(platform, day)
    shown = report.differences.sort("column")
    assert shown["table"].to_list() == ["odds_snapshots"] * 2
    assert shown.row(0)[2:] == ("", "(no row)", "(a row)")
    assert shown.row(1, named=True)["column"] == "price_decimal"
    assert shown.row(1, named=True)["live"] == "9.99"


def test_what_is_out_of_date_is_made_good_in_one_go(tmp_path: Path) -> None:
    platform, straight = open_home(tmp_path / "mended"), open_home(tmp_path / "straight")
    answers = wandering(4, 160, minutes=20, first=EVENING)
    days = days_of(answers)
    store_answers(platform.lake, [a for i, a in enumerate(answers) if i != 10])
    backfill(platform, days)
    store_answers(platform.lake, [answers[10]])
    done = backfill_stale(platform)
    assert done.days == days and done.rows["polls"] == len(answers)
    assert stale_days(platform).is_empty()
    assert backfill_stale(platform).days == []
    store_answers(straight.lake, answers)
    backfill(straight, days)
    assert_same(standing(contents(platform)), standing(contents(straight)))


def test_a_day_that_is_still_open_is_not_left_stale(tmp_path: Path) -> None:
    platform = open_home(tmp_path)
    now = dt.datetime.now(dt.UTC)
    old = wandering(4, 3)
    store_answers(platform.lake, [*old, *wandering(4, 3, first=int(now.timestamp() * 1e6))])
    assert now.date() in stale_days(platform)["date"].to_list()
    assert left_stale(platform)["date"].to_list() == days_of(old)


def test_importing_into_an_old_day_makes_later_days_stale_until_they_are_recomputed(tmp_path: Path) -> None:
    platform = open_home(tmp_path)
    answers = wandering(4, 160, minutes=20, first=EVENING)
    days = days_of(answers)
    store_answers(platform.lake, [a for i, a in enumerate(answers) if i != 10])
    assert stale_days(platform)["reason"].to_list() == ["not computed yet"] * len(days)
    backfill(platform, days)
    assert stale_days(platform).is_empty()
    store_answers(platform.lake, [answers[10]])
    assert stale_days(platform).rows() == [(NFL, days[0], "answers were added")]
    backfill(platform, [days[0]])
    later = stale_days(platform)
    assert later["date"].to_list() == [days[1]]
    assert later["reason"].to_list() == ["an earlier day was computed anew"]
    backfill(platform, stale_days(platform)["date"].to_list())
    straight = open_home(tmp_path / "straight")
    store_answers(straight.lake, answers)
    backfill(straight, days)
    for day in days[2:]:
        backfill(platform, [day])
    assert_same(
        {"odds_snapshots": contents(platform)["odds_snapshots"]},
        {"odds_snapshots": contents(straight)["odds_snapshots"]},
    )


def test_days_whose_answers_retention_has_dropped_leave_later_days_valid(tmp_path: Path) -> None:
    platform = open_home(tmp_path)
    answers = wandering(4, 160, minutes=20, first=EVENING)
    days = days_of(answers)
    store_answers(platform.lake, answers)
    backfill(platform, days)
    before = contents(platform)
    platform.lake.drop_days(RawOdds, days[2])
    assert stale_days(platform).is_empty()
    backfill(platform, [days[2]])
    assert_same({"signals": contents(platform)["signals"]}, {"signals": before["signals"]})
    assert stale_days(platform).is_empty()


def test_an_interrupted_import_is_run_again_and_stores_nothing_twice(tmp_path: Path) -> None:
    platform = open_home(tmp_path)
    answers = wandering(6, 30)
    assert store_answers(platform.lake, answers[:20]).n_new == 20
    again = store_answers(platform.lake, answers)
    assert (again.n_answers, again.n_new) == (30, 10)
    assert contents(platform)["raw_odds"].height == 30
    bodies = platform.lake.scan(RawOdds).collect().sort("received_at")["body_sha256"].to_list()
    assert bodies == [a.body_sha256 for a in answers]


def test_differences_show_a_key_and_both_values() -> None:
    one = Polls.conform(
        pl.DataFrame(
            {
                "poll_id": ["a"],
                "n_events": [1],
                "duration_ms": [1.0],
                "received_at": [dt.datetime(2025, 1, 1, tzinfo=dt.UTC)],
            }
        )
    )
    other = one.with_columns(n_events=pl.lit(2, pl.Int32), duration_ms=pl.lit(5.0))
    assert differences_between(Polls, one, other).rows() == [("polls", "a", "n_events", "1", "2")]
    assert differences_between(Polls, one, one).is_empty()
