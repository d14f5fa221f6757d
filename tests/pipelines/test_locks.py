"""Two processes that compute the same day do it one after the other."""

import datetime as dt
import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from stratum_pipelines import locks
from stratum_pipelines.backfill import backfill
from stratum_pipelines.batch import DAILY, compute_days
from stratum_pipelines.locks import DayLocks, settling_alone
from stratum_pipelines.raw import store_answers
from tests.build import MINUTE, NOON, wandering
from tests.pipelines.homes import assert_same, contents, days_of, open_home
from warehouse.errors import LakeBusy
from warehouse.lake import Lake

ANSWERS = wandering(4, 30, minutes=30, first=NOON + 5 * 60 * MINUTE)
DAYS = days_of(ANSWERS)
PATIENCE_S = 30


class Heard(logging.Handler):
    """Waits for a line of a log."""

    def __init__(self, said: str) -> None:
        super().__init__()
        self.said, self.came = said, threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if self.said in record.getMessage():
            self.came.set()


@pytest.fixture(autouse=True)
def says_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has to wait says so at once."""
    monkeypatch.setattr(locks, "UNSAID_S", 0.0)


@pytest.fixture
def waits() -> Iterator[Heard]:
    heard = Heard(f"The day {DAYS[0]} is being computed by another process; waiting for it.")
    locks.logger.addHandler(heard)
    yield heard
    locks.logger.removeHandler(heard)


def test_tables_of_a_day_are_written_by_one_computation_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: Heard
) -> None:
    one, other = open_home(tmp_path / "home"), open_home(tmp_path / "home")
    store_answers(one.lake, ANSWERS)
    written: list[str] = []
    inside = threading.Event()

    def writing(platform, name: str, wait_first: bool) -> None:
        replace = platform.lake.replace

        def replacing(table, day, frame, **more):
            if day == DAYS[0] and table.name in DAILY:
                written.append(name)
                inside.set()
                if wait_first:
                    assert waits.came.wait(PATIENCE_S), "the other computation did not come to wait"
            replace(table, day, frame, **more)

        monkeypatch.setattr(platform.lake, "replace", replacing)

    writing(one, "one", True)
    writing(other, "other", False)
    first = threading.Thread(target=backfill, args=(one, DAYS))
    first.start()
    assert inside.wait(PATIENCE_S)
    backfill(other, DAYS)
    first.join()
    assert written == ["one"] * len(DAILY) + ["other"] * len(DAILY)
    straight = open_home(tmp_path / "straight")
    store_answers(straight.lake, ANSWERS)
    backfill(straight, DAYS)
    assert_same(contents(one), contents(straight))


def test_a_day_is_locked_before_its_answers_are_read_and_free_once_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = open_home(tmp_path)
    store_answers(platform.lake, ANSWERS)
    from stratum_pipelines import batch

    def is_held(day: dt.date) -> bool:
        lock = platform.lake.locks.named(f"compute.{day}")
        try:
            lock.acquire(timeout=0)
        except TimeoutError:
            return True
        lock.release()
        return False

    read, held_when_read = batch.stored_rows, []

    def reading(lake: Lake, day: dt.date, sport_key: str):
        held_when_read.append(is_held(day))
        yield from read(lake, day, sport_key)

    monkeypatch.setattr(batch, "stored_rows", reading)
    for report in compute_days(platform, DAYS):
        assert not is_held(report.day)
    assert held_when_read == [True, True]


@pytest.mark.parametrize("n_answers", [30, 500])
def test_a_day_that_another_process_keeps_gives_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_answers: int
) -> None:
    platform = open_home(tmp_path)
    store_answers(platform.lake, wandering(4, n_answers, minutes=1, first=NOON + 11 * 60 * MINUTE))
    monkeypatch.setattr(locks, "PATIENCE_S", 0.1)
    with in_another_thread(platform.lake), pytest.raises(LakeBusy, match=f"The day {DAYS[0]} is being computed"):
        backfill(platform, DAYS[:1])
    backfill(platform, DAYS[:1])


class in_another_thread:  # noqa: N801 - reads as a sentence where it is used
    """Keeps the first day locked, as another process would."""

    def __init__(self, lake: Lake) -> None:
        self.lock = lake.locks.named(f"compute.{DAYS[0]}")

    def __enter__(self) -> None:
        thread = threading.Thread(target=self.lock.acquire)
        thread.start()
        thread.join()

    def __exit__(self, *error: object) -> None:
        self.lock.release()


def test_a_killed_computation_blocks_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = open_home(tmp_path)
    store_answers(platform.lake, ANSWERS)
    program = f"""
import datetime as dt, os, signal
from stratum_pipelines.locks import DayLocks
from warehouse.lake import Lake
DayLocks(Lake({platform.lake.location!r})).take(dt.date.fromisoformat({str(DAYS[0])!r}))
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    monkeypatch.setattr(locks, "PATIENCE_S", 0.0)
    backfill(platform, DAYS)


def test_what_is_left_early_is_given_back(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    with DayLocks(lake) as held:
        held.take(DAYS[0])
    held.take(DAYS[1])
    assert not held.held, "a thread that reads ahead may still come by"
    with DayLocks(lake) as again:
        for day in DAYS:
            again.take(day)


def test_settling_is_done_by_one_process_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = Lake(tmp_path)
    monkeypatch.setattr(locks, "PATIENCE_S", 0.0)
    refused: list[str] = []

    def settle_too() -> None:
        try:
            with settling_alone(lake):
                refused.append("no")
        except LakeBusy as error:
            refused.append(str(error))

    with settling_alone(lake):
        thread = threading.Thread(target=settle_too)
        thread.start()
        thread.join()
    settle_too()
    assert "are being written by another process" in refused[0]
    assert refused[1] == "no"
