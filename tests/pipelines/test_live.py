import datetime as dt
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from stratum_pipelines import live
from stratum_pipelines.batch import compute_days
from stratum_pipelines.board import advance
from stratum_pipelines.board.advance import Rows, Rules
from stratum_pipelines.board.state import Board
from stratum_pipelines.days import stale_days, starting_point
from stratum_pipelines.live import STEPS, Market, run_cycle
from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.raw import day_of, read_answers, store_answers
from tests.build import MINUTE, NFL, NOON, answer, book, game, wandering
from tests.pipelines.homes import assert_same, contents, days_of, open_home, run_live, stored
from warehouse.database import Outbox
from warehouse.tables import Polls

NBA = "basketball_nba"
N, KILLED_AT = 14, 8

CHILD = """
import os, signal, sys
from tests.build import wandering
from tests.pipelines.homes import open_home
from stratum_pipelines.live import Market, run_cycle

folder, step = sys.argv[1], sys.argv[2]
seen = []

def kill(name):
    if name == step and len(seen) == {killed_at}:
        os.kill(os.getpid(), signal.SIGKILL)

market = Market(open_home(folder), on_step=kill)
for one in wandering(3, {n}):
    run_cycle(market, one)
    seen.append(one)
"""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, dict, int]:
    platform = open_home(tmp_path_factory.mktemp("undisturbed"))
    run_live(platform, wandering(3, N))
    return contents(platform), stored(platform), len(Outbox(platform.database).after(limit=10_000))


def test_the_market_of_these_tests_has_signals_to_lose(undisturbed: tuple[dict, dict, int]) -> None:
    held, _, announced = undisturbed
    last = wandering(3, N)[KILLED_AT].received_at
    assert held["signals"].filter(pl.col("detected_at").to_physical() == last).height > 0
    assert announced == held["signals"].height > 10


@pytest.mark.parametrize("step", STEPS)
def test_a_process_killed_at_any_step_loses_and_doubles_nothing(
    tmp_path: Path, step: str, undisturbed: tuple[dict, dict, int]
) -> None:
    code = CHILD.format(n=N, killed_at=KILLED_AT)
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    child = subprocess.run([sys.executable, "-c", code, str(tmp_path), step], check=False, cwd=root, env=environment)
    assert child.returncode == -signal.SIGKILL
    platform = open_home(tmp_path)
    before = platform.lake.scan(Polls).select(pl.len()).collect().item()
    assert before == (KILLED_AT if step != "polls" else KILLED_AT + 1)
    # The feed goes on: the answer that was being worked on is not sent again.
    market = Market(platform)
    recovered = market.recover()
    assert len(recovered) == KILLED_AT + 1 - before
    for one in wandering(3, N)[KILLED_AT + 1 :]:
        run_cycle(market, one)
    tables, hot, announced = undisturbed
    assert_same(contents(platform), tables)
    assert_same(stored(platform), hot)
    assert len(Outbox(platform.database).after(limit=10_000)) == announced


def test_the_same_answer_again_writes_nothing(tmp_path: Path) -> None:
    platform = open_home(tmp_path)
    market = run_live(platform, wandering(3, 5))
    before = contents(platform)
    again = run_cycle(market, wandering(3, 5)[4])
    assert again.is_repeat and not again.rows
    restarted = Market(platform)
    assert run_cycle(restarted, wandering(3, 5)[4]).is_repeat
    assert_same(contents(platform), before)


def test_an_answer_from_before_the_last_is_stored_and_refused(tmp_path: Path) -> None:
    platform = open_home(tmp_path)
    market = run_live(platform, wandering(3, 5))
    late = run_cycle(market, answer(NOON + 7 * MINUTE, []))
    assert late.rows == {"polls": 1, "quarantine": 1}
    held = contents(platform)
    assert held["raw_odds"].height == held["polls"].height == 6
    assert held["quarantine"]["reason"].to_list() == ["out_of_order"]


def test_a_sport_nobody_knows_is_stored_and_refused(tmp_path: Path) -> None:
    platform = open_home(tmp_path)
    cycle = run_cycle(Market(platform), answer(NOON, [], sport="curling_worlds"))
    assert cycle.rows == {"polls": 1, "quarantine": 1}
    assert contents(platform)["quarantine"]["reason"].to_list() == ["unknown_sport"]


def test_a_cycle_says_what_it_did(tmp_path: Path) -> None:
    platform = open_home(tmp_path)
    market = Market(platform)
    cycles = [run_cycle(market, one) for one in wandering(3, 30)]
    held = contents(platform)
    assert sum(c.kpis.snapshots_inserted for c in cycles if c.kpis) == held["odds_snapshots"].height
    assert sum(sum(c.signals_by_type.values()) for c in cycles) == held["signals"].height
    assert all(c.duration_ms is not None and c.duration_ms > 0 for c in cycles)
    assert [c.started_event_ids for c in cycles if c.started_event_ids] == [["game-0"]]


def test_a_cycle_whose_rows_could_not_be_written_is_completed_by_the_next(tmp_path: Path) -> None:
    answers = wandering(3, 8)
    broken, whole = open_home(tmp_path / "broken"), open_home(tmp_path / "whole")

    def fail(step: str) -> None:
        if step == "odds_snapshots" and len(done) == 5:
            done.append(answers[5])
            raise OSError("No space left on device")

    done: list = []
    market = Market(broken, on_step=fail)
    for one in answers[:5]:
        run_cycle(market, one)
        done.append(one)
    with pytest.raises(OSError, match="No space"):
        run_cycle(market, answers[5])
    for one in answers[6:]:
        run_cycle(market, one)
    run_live(whole, answers)
    assert_same(contents(broken), contents(whole))
    assert_same(stored(broken), stored(whole))


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of an answer of `wandering(3, 9)` that breaks the computation after it has moved the board."""
    response_id = wandering(3, 9)[4].response_id
    healthy = advance._advance

    def breaking(board: Board, run: list, rules: Rules) -> Rows:
        rows = healthy(board, run, rules)
        if any(one.response_id == response_id for one, _ in run):
            raise IndexError("the poison")
        return rows

    monkeypatch.setattr(advance, "_advance", breaking)
    return response_id


def test_an_answer_that_breaks_the_computation_is_refused_and_the_rest_goes_on(
    tmp_path: Path, poison: str, caplog: pytest.LogCaptureFixture
) -> None:
    answers = wandering(3, 9)
    platform, without = open_home(tmp_path / "poisoned"), open_home(tmp_path / "without")
    market = run_live(platform, answers[:4])
    assert run_cycle(market, answers[4]).rows == {"polls": 1, "quarantine": 1}
    run_cycle(market, answers[5])
    for one in answers[6:]:
        # Every process that is started anew meets it again.
        run_cycle(Market(platform), one)
    held = contents(platform)
    assert held["raw_odds"].height == held["polls"].height == 9
    assert held["quarantine"].select("response_id", "reason").rows() == [(poison, "cannot_be_computed")]
    assert "IndexError: the poison" in held["quarantine"]["detail"][0]
    assert "cannot be computed" in caplog.text
    run_live(without, [one for one in answers if one.response_id != poison])
    for name in ("odds_snapshots", "consensus", "signals"):
        assert_same({name: held[name]}, {name: contents(without)[name]})
    # Whole days, computed in runs of many answers, come to the same.
    batch = open_home(tmp_path / "batch")
    store_answers(batch.lake, answers)
    list(compute_days(batch, days_of(answers)))
    assert_same(contents(batch), held)


def test_a_board_is_rebuilt_past_an_answer_that_breaks_the_computation(tmp_path: Path, poison: str) -> None:
    answers = wandering(3, 9)
    live, stored_only = open_home(tmp_path / "live"), open_home(tmp_path / "stored")
    board = run_live(live, answers).desks[NFL].board
    board.forget()
    store_answers(stored_only.lake, answers)
    tomorrow = day_of(answers[0].received_at) + dt.timedelta(days=1)
    assert starting_point(stored_only, NFL, tomorrow).board.to_bytes() == board.to_bytes()


def test_an_id_that_is_another_sports_game_stops_neither(tmp_path: Path) -> None:
    platform = open_home(tmp_path)
    market = Market(platform)
    quotes = book("fanduel", NOON, h2h=(150, -170))
    for minute in range(3):
        at = NOON + minute * MINUTE
        assert run_cycle(market, answer(at, [game([quotes])])).rows["polls"] == 1
        other = [game([quotes], sport=NBA), game([], event_id="own", sport=NBA)]
        run_cycle(market, answer(at + 1, other, sport=NBA))
    held = contents(platform)
    assert held["events"].select("event_id", "sport_key").rows() == [("game-1", NFL), ("own", NBA)]
    batch = open_home(tmp_path / "batch")
    for sport_key in (NFL, NBA):
        store_answers(batch.lake, read_answers(platform.lake, days_of([answer(NOON, [])])[0], sport_key))
    list(compute_days(batch, days_of([answer(NOON, [])])))
    assert_same(contents(batch), held)


def test_rows_that_no_table_takes_are_not_written_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = wandering(3, 6)
    bad = answers[3].response_id
    healthy = live.advance

    def faulty(board: Board, some: list[Answer], rules: Rules) -> Iterator[Rows]:
        for rows in healthy(board, some, rules):
            if some[0].response_id == bad:
                yield {**rows, "consensus": rows["consensus"].with_columns(fair_prob=pl.lit(7.0))}
            else:
                yield rows

    monkeypatch.setattr(live, "advance", faulty)
    platform = open_home(tmp_path)
    run_live(platform, answers)
    held = contents(platform)
    assert held["quarantine"]["reason"].to_list() == ["cannot_be_computed"]
    assert held["odds_snapshots"].filter(pl.col("response_id") == bad).is_empty()
    assert held["polls"].height == 6


def test_the_bytes_are_stored_before_the_past_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = open_home(tmp_path)
    answers = wandering(3, 4)
    run_live(platform, answers[:2])
    with monkeypatch.context() as patched:
        patched.setattr(live, "starting_point", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run_cycle(Market(platform), answers[2])
    assert contents(platform)["raw_odds"].height == 3
    market = Market(platform)
    run_cycle(market, answers[3])
    whole = open_home(tmp_path / "whole")
    run_live(whole, answers)
    assert_same(contents(platform), contents(whole))


def around_midnight(n: int) -> list[Answer]:
    """Half of the answers before midnight, half after."""
    answers = wandering(3, n)
    shift = NOON + 720 * MINUTE - answers[n // 2].received_at + 1
    return [replace(one, received_at=one.received_at + shift) for one in answers]


def test_what_yesterday_left_undone_is_completed_after_midnight(tmp_path: Path) -> None:
    platform, whole = open_home(tmp_path / "stopped"), open_home(tmp_path / "whole")
    answers = around_midnight(12)
    last = 5
    assert day_of(answers[last].received_at) < day_of(answers[last + 1].received_at)
    run_live(platform, answers[:last])
    # Two processes were stopped one after the other, with their answers stored and no more.
    store_answers(platform.lake, answers[last : last + 2])
    run_live(platform, answers[last + 2 :])
    run_live(whole, answers)
    assert_same(contents(platform), contents(whole))
    assert stale_days(platform)["date"].to_list() == [day_of(answers[-1].received_at)]


def test_repeats_are_known_after_midnight_and_restarts(tmp_path: Path) -> None:
    platform = open_home(tmp_path)
    answers = around_midnight(12)
    market = run_live(platform, answers)
    before = contents(platform)
    for one in answers:
        assert run_cycle(market, one).is_repeat
        assert run_cycle(Market(platform), one).is_repeat
    assert_same(contents(platform), before)


def test_a_day_that_gained_a_late_answer_is_out_of_date(tmp_path: Path) -> None:
    platform = open_home(tmp_path)
    answers = wandering(3, 6)
    market = run_live(platform, [*answers[:3], *answers[4:]])
    run_cycle(market, answers[3])
    next_day = replace(answers[5], received_at=answers[5].received_at + 24 * 60 * MINUTE)
    run_cycle(market, next_day)
    assert stale_days(platform)["reason"].to_list()[0] == "answers were added"
