"""The paper account in the lake: bet once, settled when results come, whole after a stop, and made anew on other terms."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from stratum_pipelines.backfill import backfill
from stratum_pipelines.paper_terms import PaperTerms
from stratum_pipelines.platform import Platform
from stratum_pipelines.raw import store_answers
from stratum_pipelines.settle import enter_results
from stratum_pipelines.trading import paper_account
from stratum_pipelines.trading.ledger import record
from stratum_pipelines.trading.paper_account import bet_days
from stratum_pipelines.waiting import days_waiting
from tests.build import MINUTE, NOON
from tests.pipelines.conftest import DAY, day_of_answers
from tests.pipelines.homes import assert_same, contents, days_of, open_home, run_live
from tests.warehouse.frames import sample
from warehouse.lake import Lake
from warehouse.tables import TIME, EquityPoints, Results, Signals, Trades

ANSWERS = [a for day in range(3) for a in day_of_answers(day)]
DAYS = days_of(ANSWERS)
FINAL = {"home_score": 24, "away_score": 20, "status": "final"}
OFF = {"home_score": None, "away_score": None, "status": "postponed"}


def result(day: int, *, hours: float = 6, **score: object) -> pl.DataFrame:
    """The result of the game of a day, received so many hours after its start."""
    at = NOON + day * DAY + 90 * MINUTE + round(hours * 60 * MINUTE)
    row = {"event_id": f"game-{day}", "period": "full", "source": "test", "version": 1, "is_current": True, **score}
    return Results.conform(pl.DataFrame([row]).with_columns(received_at=pl.lit(at).cast(TIME)))


def bets(platform: Platform) -> pl.DataFrame:
    return platform.lake.scan(Trades).collect().sort("entry_at", "trade_id")


def written(platform: Platform) -> dict[Path, int]:
    """Every file of trades and when it was written."""
    folder = Path(platform.lake.location, "trades")
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}


def filled(folder: Path, *results: pl.DataFrame) -> Platform:
    """Three days of a game each, computed, with these results entered before."""
    platform = open_home(folder)
    store_answers(platform.lake, ANSWERS)
    for one in results:
        enter_results(platform, one)
    backfill(platform, DAYS)
    return platform


def test_every_signal_with_an_entry_is_bet_once_and_settled_by_its_result(tmp_path: Path) -> None:
    platform = filled(tmp_path, result(0, **FINAL), result(1, **OFF))
    rows, entered = bets(platform), platform.lake.scan(Signals).filter(pl.col("entry_price_decimal").is_not_null())
    signals = entered.collect()
    assert signals.height > 3
    assert sorted(rows["signal_id"]) == sorted(signals["signal_id"])
    status = dict(rows.group_by("event_id").agg(pl.col("status").unique().sort().str.join()).iter_rows())
    assert status == {"game-0": "closed", "game-1": "void", "game-2": "open"}
    assert rows.select(pl.col("stake").unique()).to_series().to_list() == [platform.paper.stake]
    deposit = platform.lake.scan(EquityPoints).collect().row(0, named=True)
    assert (deposit["amount"], deposit["noted_at"]) == (platform.paper.balance, rows["entry_at"].min())
    assert days_waiting(platform, "bet") is None


def test_doing_it_again_changes_nothing(tmp_path: Path) -> None:
    platform = filled(tmp_path, result(0, **FINAL))
    before, files = contents(platform), written(platform)
    assert bet_days(platform, DAYS).days == {"trades": [], "equity_points": []}
    backfill(platform, DAYS)
    assert_same(contents(platform), before)
    assert written(platform) == files


def test_a_result_settles_only_its_days_and_a_correction_settles_them_again(tmp_path: Path) -> None:
    platform = filled(tmp_path)
    before, files = bets(platform), written(platform)
    assert before["status"].unique().to_list() == ["open"]
    enter_results(platform, result(2, **FINAL))
    assert bet_days(platform).days["trades"] == [DAYS[2]]
    won = bets(platform).filter(pl.col("event_id") == "game-2")
    assert won["status"].unique().to_list() == ["closed"]
    assert {str(path.parent.name) for path, at in written(platform).items() if files.get(path) != at} == {
        f"date={DAYS[2]}"
    }
    enter_results(platform, result(2, hours=30, **OFF))
    bet_days(platform)
    off = bets(platform).filter(pl.col("event_id") == "game-2")
    assert off["status"].unique().to_list() == ["void"]
    assert (off["recorded_at"] > won["recorded_at"]).all()
    assert bets(platform).filter(pl.col("event_id") != "game-2").equals(before.filter(pl.col("event_id") != "game-2"))


def test_an_earlier_profit_changes_the_return_of_later_bets(tmp_path: Path) -> None:
    platform = filled(tmp_path, result(2, **FINAL))
    alone = bets(platform).filter(pl.col("event_id") == "game-2")
    balance = platform.paper.balance
    assert alone["percent_equity_return"].to_list() == pytest.approx([100 * p / balance for p in alone["profit"]])
    enter_results(platform, result(0, **FINAL))
    assert bet_days(platform).days["trades"] == [DAYS[0], DAYS[2]]
    rows = bets(platform)
    first, last = (rows.filter(pl.col("event_id") == f"game-{day}") for day in (0, 2))
    held = balance + first["profit"].sum()
    assert held != balance
    assert last["percent_equity_return"].to_list() == pytest.approx([100 * p / held for p in last["profit"]])
    assert last["profit"].to_list() == alone["profit"].to_list()


def test_as_of_a_moment_later_results_and_signals_are_not_read(tmp_path: Path) -> None:
    platform = filled(tmp_path)
    enter_results(platform, result(0, **FINAL))
    at = NOON + 90 * MINUTE + 6 * 60 * MINUTE
    bet_days(platform, DAYS, as_of=at - 1)
    assert bets(platform)["status"].unique().to_list() == ["open"]
    assert bets(platform)["entry_at"].dt.date().unique().to_list() == [DAYS[0]]
    bet_days(platform, DAYS, as_of=at)
    assert bets(platform)["status"].unique().to_list() == ["closed"]


class Stopped(BaseException):
    """Stands for the end of a process."""


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_a_process_stopped_between_two_days_is_completed_by_whatever_comes_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    whole = contents(filled(tmp_path / "straight", result(0, **FINAL), result(2, **FINAL)))
    platform, put, n = open_home(tmp_path / "home"), Lake.replace, []

    def stop_after(self: Lake, table: type, day: dt.date, frame: pl.DataFrame) -> None:
        if table in (Trades, EquityPoints):
            n.append(day)
            if len(n) > after:
                raise Stopped
        put(self, table, day, frame)

    store_answers(platform.lake, ANSWERS)
    for day in (0, 2):
        enter_results(platform, result(day, **FINAL))
    with monkeypatch.context() as patched:
        patched.setattr(paper_account.Lake, "replace", stop_after)
        with pytest.raises(Stopped):
            backfill(platform, DAYS)
    assert days_waiting(platform, "bet") is not None
    bet_days(platform)
    assert_same(contents(platform), whole)


def test_a_bet_whose_signal_is_no_more_is_taken_out_and_other_trades_stay(tmp_path: Path) -> None:
    platform = filled(tmp_path)
    others = sample(Trades, 2, day=DAYS[0])
    record(platform.lake, Trades, others)
    kept = platform.lake.scan(Signals, first=DAYS[0], last=DAYS[0]).collect().head(1)
    platform.lake.replace(Signals, DAYS[0], kept)
    bet_days(platform, [DAYS[0]])
    rows = bets(platform).filter(pl.col("entry_at").dt.date() == DAYS[0])
    assert sorted(rows["signal_id"]) == sorted([*others["signal_id"], *kept["signal_id"]])


def test_other_terms_make_the_account_anew_and_none_leave_it_as_it_is(tmp_path: Path) -> None:
    platform = filled(tmp_path, result(0, **FINAL))
    before = bets(platform)
    off = replace(platform, paper=PaperTerms(is_on=False, stake=5))
    enter_results(off, result(1, **FINAL))
    assert bet_days(off, DAYS).n_bets == 0
    assert bets(platform).equals(before)
    dearer = replace(platform, paper=PaperTerms(stake=2_000, balance=50_000, currency="EUR"))
    bet_days(dearer)
    after = bets(platform)
    assert after["trade_id"].to_list() == before["trade_id"].to_list()
    assert after.select(pl.col("stake", "currency").unique()).row(0) == (2_000, "EUR")
    won = after.filter(pl.col("event_id") == "game-0")["profit"].sum()
    assert won == pytest.approx(2 * before.filter(pl.col("event_id") == "game-0")["profit"].sum(), abs=before.height)
    # What came while it was off is settled too.
    assert after.filter(pl.col("event_id") == "game-1")["status"].unique().to_list() == ["closed"]
    assert platform.lake.scan(EquityPoints).select("amount", "currency").collect().rows() == [(50_000, "EUR")]


def test_live_cycles_and_batch_give_the_same_bets(tmp_path: Path) -> None:
    live, batch = open_home(tmp_path / "live"), filled(tmp_path / "batch", *(result(day, **FINAL) for day in range(3)))
    for day in range(3):
        run_live(live, day_of_answers(day))
        bet_days(live, [DAYS[day]])
        enter_results(live, result(day, **FINAL))
        bet_days(live, [DAYS[day]])
    held, made = contents(live), contents(batch)
    assert held["trades"].height > 3
    for name in ("trades", "equity_points"):
        assert_same({name: held[name]}, {name: made[name]})


def test_a_tick_bets_the_signals_of_today_and_settles_by_results_that_have_come(
    platform: Platform, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stratum_pipelines.defs import downstream
    from stratum_pipelines.defs.resources import PlatformResource

    run_live(platform, day_of_answers())

    def tick(minutes: int, cursor: str | None) -> dg.SensorResult:
        monkeypatch.setattr(downstream, "microseconds_now", lambda: NOON + minutes * MINUTE)
        monkeypatch.setattr(downstream, "today", lambda: DAYS[0])
        with dg.build_sensor_context(instance, cursor=cursor, resources={"platform": PlatformResource()}) as context:
            return downstream.bet_on_paper(context)

    placed = tick(115, None)
    assert [(e.asset_key.to_user_string(), e.partition) for e in placed.asset_events] == [
        ("trades", DAYS[0].isoformat()),
        ("equity_points", DAYS[0].isoformat()),
    ]
    shown = placed.asset_events[0].metadata
    assert shown["open trades"].value == shown["dagster/partition_row_count"].value == bets(platform).height > 0
    assert tick(116, placed.cursor).asset_events == []
    enter_results(platform, result(0, **FINAL))
    assert tick(449, placed.cursor).asset_events == []
    settled = tick(450, placed.cursor).asset_events
    assert [e.asset_key.to_user_string() for e in settled] == ["trades"]
    assert settled[0].metadata["closed trades"].value == bets(platform).height
    assert settled[0].metadata["profit in minor units of USD"].value == bets(platform)["profit"].sum()
