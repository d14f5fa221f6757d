"""Asset checks and the close of a day: what is damaged is found, named, and kept from what is computed from it."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from stratum_pipelines.audit import (
    answers_and_polls,
    board_and_last_answers,
    books_in_time,
    freshness_of_day,
    key_of_day,
    schema_of_day,
)
from stratum_pipelines.batch import DAILY, compute_days
from stratum_pipelines.defs.checks import COMPUTED, KEPT_WHOLE, look
from stratum_pipelines.defs.shown import pictures
from stratum_pipelines.live import Market, run_cycle
from stratum_pipelines.platform import Platform, open_platform
from stratum_pipelines.raw import store_answers
from tests.build import MINUTE, NOON, answer, book, game
from tests.pipelines.conftest import day_of_answers
from warehouse.lake import Lake
from warehouse.tables import BY_NAME, Consensus, OddsSnapshots, Polls, Signals, Table

TODAY = dt.date(2025, 10, 12)


@pytest.fixture
def computed(platform: Platform) -> Platform:
    """A day stored and computed."""
    store_answers(platform.lake, day_of_answers())
    list(compute_days(platform, [TODAY]))
    return platform


def damage(lake: Lake, table: type[Table], change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """Put a changed day in the place of the stored one, past the lake's own validation."""
    frame = change(lake.scan(table, first=TODAY, last=TODAY).collect())
    (folder,) = (p for p in lake_folder(lake, table).iterdir() if p.name == f"date={TODAY}")
    for file in folder.glob("*.parquet"):
        file.unlink()
    frame.write_parquet(folder / "part-damaged.parquet")


def lake_folder(lake: Lake, table: type[Table]) -> Path:
    return Path(lake.location) / table.name


def test_a_sound_day_has_no_faults(computed: Platform) -> None:
    for table in (OddsSnapshots, Consensus, Signals, Polls):
        assert schema_of_day(computed, table, TODAY).faults == []
        assert key_of_day(computed, table, TODAY).faults == []
    assert freshness_of_day(computed, TODAY).faults == []
    assert answers_and_polls(computed, TODAY).faults == []
    board = board_and_last_answers(computed, TODAY)
    assert board.faults == [] and board.remarks == [] and board.rows == 24


def test_an_impossible_price_is_found(computed: Platform) -> None:
    damage(computed.lake, OddsSnapshots, lambda f: f.with_columns(price_decimal=pl.lit(0.5)))
    (fault,) = schema_of_day(computed, OddsSnapshots, TODAY).faults
    assert "price_decimal is not above 1" in fault


def test_a_repeated_key_is_found(computed: Platform) -> None:
    damage(computed.lake, Signals, lambda f: pl.concat([f, f.head(1)]))
    (fault,) = key_of_day(computed, Signals, TODAY).faults
    assert "stands 2 times" in fault


def test_a_repeated_key_in_a_table_kept_whole_is_found(computed: Platform) -> None:
    (check,) = [check for check in KEPT_WHOLE["events"] if check.name == "key_is_unique"]
    assert look(computed, "events", check, [dt.date(2025, 10, 12)])[0]
    (file,) = Path(computed.lake.location, "events").glob("*.parquet")
    held = pl.read_parquet(file)
    pl.concat([held, held]).write_parquet(file)
    passed, said, _ = look(open_platform(computed.settings), "events", check, [dt.date(2025, 10, 12)])
    assert not passed and "stands 2 times" in said


def test_an_answer_that_was_not_computed_is_found(computed: Platform) -> None:
    late = answer(NOON + 500 * MINUTE, [game([book("pinnacle", NOON, h2h=(-110, -110))])])
    store_answers(computed.lake, [late])
    (fault,) = answers_and_polls(computed, TODAY).faults
    assert fault == f"Answer {late.response_id} has no poll: it has not been computed."
    assert "the last poll computed is of" in freshness_of_day(computed, TODAY).faults[0]


def test_a_lost_snapshot_is_found_twice(computed: Platform) -> None:
    # By the count of its poll, and as a quote of the last answer that the board does not have.
    # The total never moves, so its first row is its last.
    lost = (pl.col("bookmaker") == "pinnacle") & (pl.col("side") == "over")
    damage(computed.lake, OddsSnapshots, lambda f: f.filter(~lost))
    assert any("n_changed is" in fault for fault in answers_and_polls(computed, TODAY).faults)
    assert any("are not on the board" in fault for fault in board_and_last_answers(computed, TODAY).faults)


def test_a_changed_price_is_found_on_the_board(computed: Platform) -> None:
    damage(computed.lake, OddsSnapshots, lambda f: f.with_columns(pl.col("price_decimal") + 0.01))
    assert any("differ in price or point" in fault for fault in board_and_last_answers(computed, TODAY).faults)


def test_a_renamed_team_and_a_reissued_id_are_no_faults(platform: Platform) -> None:
    books = [book("pinnacle", NOON, h2h=(-110, -110)), book("fanduel", NOON, total=(44.5, -110, -110))]
    renamed = [
        {
            **b,
            "markets": [
                {**m, "outcomes": [{**o, "name": o["name"].replace("Home", "New Name")} for o in m["outcomes"]]}
                for m in b["markets"]
            ],
        }
        for b in books
    ]
    store_answers(
        platform.lake,
        [
            answer(NOON, [game(books)]),
            answer(NOON + MINUTE, [game(renamed, home="New Name")]),
            answer(NOON + 2 * MINUTE, [game(renamed, home="New Name", event_id="game-1b")]),
        ],
    )
    list(compute_days(platform, [TODAY]))
    found = board_and_last_answers(platform, TODAY)
    assert found.rows == 4 and found.faults == []


def test_a_blocking_check_that_fails_keeps_the_close_from_being_computed(
    platform: Platform, materialise: Callable[..., dg.ExecuteInProcessResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    from stratum_pipelines import audit

    store_answers(platform.lake, day_of_answers())
    monkeypatch.setattr(audit, "answers_and_polls", lambda *_: audit.Finding(1, ["made up"]))
    result = materialise("2025-10-12", "2025-10-12")
    assert not result.success
    failed = [e.check_name for e in result.get_asset_check_evaluations() if not e.passed]
    assert failed == ["answers_and_polls_agree"]
    assert platform.lake.days(BY_NAME["polls"]) and not platform.lake.days(BY_NAME["closing_lines"])


def close(definitions: dg.Definitions, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    job = definitions.get_repository_def().get_job("close_day")
    return job.execute_in_process(instance=instance, partition_key=TODAY.isoformat(), raise_on_error=False)


def verdicts(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckEvaluation]:
    found = result.get_asset_check_evaluations()
    return {e.asset_key.to_user_string(): e for e in found if e.check_name == "live_equals_batch"}


def test_closing_a_day_proves_that_live_published_the_same(
    platform: Platform, definitions: dg.Definitions, instance: dg.DagsterInstance
) -> None:
    market = Market(platform)
    for each in day_of_answers():
        run_cycle(market, each)
    result = close(definitions, instance)
    assert result.success
    assert len(verdicts(result)) == len(DAILY) and all(v.passed for v in verdicts(result).values())
    made = {e.asset_key.to_user_string() for e in result.get_asset_materialization_events()}
    assert {"raw_odds", "odds_snapshots", "events", "closing_lines", "clv_records"} <= made and "scorecards" not in made


def test_a_difference_from_live_is_told_row_by_row_and_mended(
    platform: Platform, definitions: dg.Definitions, instance: dg.DagsterInstance
) -> None:
    market = Market(platform)
    for each in day_of_answers():
        run_cycle(market, each)
    true = platform.lake.scan(Consensus).sort(Consensus.key).collect()
    damage(platform.lake, Consensus, lambda f: f.slice(1).with_columns(n_books=pl.lit(7, pl.Int32)))
    result = close(definitions, instance)
    assert result.success  # it warns: the day holds the recomputed rows, so nothing after it is held up
    verdict = verdicts(result)["consensus"]
    assert not verdict.passed and verdict.severity is dg.AssetCheckSeverity.WARN
    assert verdict.metadata["rows"].value == true.height
    shown = verdict.metadata["row by row"].value
    assert "| n_books | 7 | 4 |" in shown and "| (no row) | (a row) |" in shown
    assert verdicts(result)["signals"].passed
    assert platform.lake.scan(Consensus).sort(Consensus.key).collect().equals(true)


def test_days_left_open_are_closed_the_next_night(platform: Platform) -> None:
    from stratum_pipelines.defs.close_day import open_days
    from stratum_pipelines.defs.resources import PlatformResource

    store_answers(platform.lake, [a for day in range(3) for a in day_of_answers(day)])
    list(compute_days(platform, [TODAY]))
    night = TODAY + dt.timedelta(days=3)
    assert open_days(PlatformResource(), night) == [TODAY + dt.timedelta(days=1), TODAY + dt.timedelta(days=2)]
    list(compute_days(platform, platform.lake.days(BY_NAME["raw_odds"])))
    # What live polling computed is not out of date, and still has to be compared: yesterday is always closed.
    assert open_days(PlatformResource(), night) == [TODAY + dt.timedelta(days=2)]
    assert open_days(PlatformResource(), night + dt.timedelta(days=1)) == []


def test_a_start_that_passes_is_settled_inside_a_tick(
    platform: Platform, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stratum_pipelines.defs import downstream
    from stratum_pipelines.defs.resources import PlatformResource

    market = Market(platform)
    for each in day_of_answers():
        run_cycle(market, each)

    def tick(minutes: int, cursor: str | None) -> dg.SensorResult:
        monkeypatch.setattr(downstream, "microseconds_now", lambda: NOON + minutes * MINUTE)
        with dg.build_sensor_context(instance, cursor=cursor, resources={"platform": PlatformResource()}) as context:
            return downstream.settle_started_games(context)

    before = tick(90, None)
    assert before.asset_events == [] and not platform.lake.days(BY_NAME["closing_lines"])
    after = tick(92, before.cursor)
    assert {(e.asset_key.to_user_string(), e.partition) for e in after.asset_events} == {
        ("closing_lines", "2025-10-12"),
        ("clv_records", "2025-10-12"),
    }
    assert tick(93, after.cursor).asset_events == []
    assert platform.lake.scan(BY_NAME["clv_records"]).collect().height > 0


def test_the_open_day_is_looked_at_without_a_run(
    computed: Platform, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stratum_pipelines import audit
    from stratum_pipelines.defs import downstream
    from stratum_pipelines.defs.resources import PlatformResource

    monkeypatch.setattr(downstream, "today", lambda: TODAY)

    def tick(cursor: str | None) -> dg.SensorResult:
        with dg.build_sensor_context(instance, cursor=cursor, resources={"platform": PlatformResource()}) as context:
            return downstream.look_at_today(context)

    first = tick(None)
    assert len(first.asset_events) >= 12 and all(e.passed for e in first.asset_events)
    for event in first.asset_events:
        instance.report_runless_asset_event(event)
    second = tick(first.cursor)
    assert second.asset_events == [] and "0 failed" in str(second.skip_reason)
    with monkeypatch.context() as patched:
        patched.setattr(audit, "freshness_of_day", lambda *_: audit.Finding(1, ["late"]))
        third = tick(second.cursor)
        assert [(e.check_name, e.passed) for e in third.asset_events] == [("freshness", False)]
        assert tick(third.cursor).asset_events == []
    assert [(e.check_name, e.passed) for e in tick(third.cursor).asset_events] == [("freshness", True)]
    monkeypatch.setattr(downstream, "today", lambda: TODAY + dt.timedelta(days=1))
    assert "Nothing" in str(tick(first.cursor).skip_reason)


# -- books that are late ------------------------------------------------------------------------------------------------


def test_books_beyond_their_limit_at_the_end_of_a_day_are_named_and_block_nothing(platform: Platform) -> None:
    answers = []
    for minute in range(0, 101, 10):
        at = NOON + minute * MINUTE
        # One is seen at every poll; one stands still at noon; one stood still and is back at the last poll.
        seen = {"fanduel": at, "betmgm": NOON, "draftkings": at if minute == 100 else NOON}
        books = [book(name, when, spread=(-3.0, -110, -110)) for name, when in seen.items()]
        answers.append(answer(at, [game(books)]))
    store_answers(platform.lake, answers[:3])
    list(compute_days(platform, [TODAY]))
    assert books_in_time(platform, TODAY).faults == []
    store_answers(platform.lake, answers)
    list(compute_days(platform, [TODAY]))
    assert books_in_time(platform, TODAY).faults == [
        "betmgm, spreads of americanfootball_nfl: silent since 12:30:00 (standing still)."
    ]
    (check,) = (check for check in COMPUTED["freshness_breaches"] if check.name == "books_are_in_time")
    assert check.severity is dg.AssetCheckSeverity.WARN and not check.blocking
    passed, said, metadata = look(platform, "freshness_breaches", check, [TODAY])
    assert not passed and "betmgm" in said and metadata["rows"] == 4


def test_a_day_is_drawn_with_the_age_of_every_book(computed: Platform) -> None:
    from stratum_pipelines.pictures import picture_of_ages

    drawn = picture_of_ages(computed.lake, TODAY)
    assert drawn is not None
    title, png = drawn
    assert title == "Age of quotes by book: americanfootball_nfl, 2025-10-12"
    assert png.startswith(b"\x89PNG") and len(png) < 20_000
    assert picture_of_ages(computed.lake, TODAY + dt.timedelta(days=1)) is None
    assert "plot" in pictures(computed, TODAY, {"book_freshness"})["book_freshness"]
