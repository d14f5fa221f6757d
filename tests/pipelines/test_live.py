import os
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from stratum_pipelines.live import STEPS, Market, run_cycle
from tests.build import MINUTE, NOON, answer, wandering
from tests.pipelines.homes import assert_same, contents, open_home, run_live, stored
from warehouse.database import Outbox
from warehouse.tables import Polls

N, KILLED_AT = 14, 10

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
    assert sum(c.kpis["snapshots_inserted"] or 0 for c in cycles) == held["odds_snapshots"].height
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
