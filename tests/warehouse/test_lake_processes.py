"""The lake between processes: writers, readers and a compactor at once, and kills at every step."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import REPOSITORY
from tests.warehouse.frames import DAY, sample
from tests.warehouse.lake_worker import ROWS
from warehouse import views
from warehouse.lake import Lake
from warehouse.tables import Polls

FOLDER = "polls/date=2025-09-07"


def start(*arguments: object) -> subprocess.Popen[str]:
    """A worker process."""
    command = [sys.executable, "-m", "tests.warehouse.lake_worker", *map(str, arguments)]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)


def killed(step: str, lake: Lake) -> bool:
    """Whether a worker was killed at that step."""
    with start("die", step, lake.location) as worker:
        return worker.wait(60) == -signal.SIGKILL


def ids(lake: Lake) -> list[str]:
    return lake.scan(Polls).select("poll_id").collect()["poll_id"].to_list()


def expected(batches: range | list[int]) -> list[str]:
    return sorted(f"poll_id {i * ROWS + row}" for i in batches for row in range(ROWS))


class Written:
    """Counts what a writer has confirmed, as it says so."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.numbers: list[int] = []
        self.thread = threading.Thread(target=self._listen)
        self.thread.start()

    def _listen(self) -> None:
        assert self.process.stdout
        with self.process.stdout:
            for line in self.process.stdout:
                self.numbers.append(int(line))

    def end(self) -> int:
        code = self.process.wait(60)
        self.thread.join(60)
        return code


@pytest.mark.parametrize("reader", ["scan", "view"])
def test_readers_see_every_row_once_while_others_write_and_compact(tmp_path: Path, reader: str) -> None:
    lake = Lake(tmp_path / "lake")
    n_writers, n_batches = 3, 60
    writers = [Written(start("write", lake.location, w * n_batches, n_batches)) for w in range(n_writers)]
    compactor = start("compact", lake.location, tmp_path / "stop")
    connection = views.connect(lake)
    counts, n_reads = [0], 0
    while any(writer.process.poll() is None for writer in writers):
        confirmed = sum(len(writer.numbers) for writer in writers)
        if reader == "scan":
            found = lake.scan(Polls).select(n=pl.len(), n_ids=pl.col("poll_id").n_unique()).collect().row(0)
        else:
            found = connection.execute("select count(*), count(distinct poll_id) from polls").fetchall()[0]
        n, n_ids = found
        assert n == n_ids, "a row was seen twice"
        assert n % ROWS == 0, "a part of a batch was seen"
        assert n >= max(counts[-1], confirmed * ROWS), "a row that was written was missed"
        counts.append(n)
        n_reads += 1
    (tmp_path / "stop").touch()
    assert [writer.end() for writer in writers] == [0, 0, 0]
    n_compacted = int(compactor.communicate(timeout=60)[0])
    assert sorted(ids(lake)) == expected(range(n_writers * n_batches))
    assert lake.batches(Polls, DAY) == {f"b{i}" for i in range(n_writers * n_batches)}
    assert n_reads > 10
    assert n_compacted > 3
    assert len(set(counts)) > 3, "the reader saw the lake grow"
    connection.close()


def test_a_writer_killed_at_any_moment_leaves_whole_batches_and_can_be_repeated(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    first = 0
    for n_before_kill in (1, 4, 9):
        writer = Written(start("write", lake.location, first, 500))
        while len(writer.numbers) < n_before_kill:
            assert writer.process.poll() is None
        writer.process.kill()
        assert writer.end() == -signal.SIGKILL
        found, safe = ids(lake), writer.numbers[-1] + 1
        # The batch being written when the kill came may be there as a whole or not at all.
        assert sorted(found) in (expected(range(safe)), expected(range(safe + 1)))
        first = safe  # the next writer begins with the batch that was never confirmed
    final = Lake(tmp_path)
    final.append(Polls, sample(Polls, ROWS, start=first * ROWS), batch=f"b{first}", recovering=True)
    assert sorted(ids(final)) == expected(range(first + 1))


@pytest.mark.parametrize("step", ["append before sync", "append before rename", "append after rename"])
def test_an_append_killed_at_a_step_shows_all_or_nothing(tmp_path: Path, step: str) -> None:
    lake = Lake(tmp_path)
    lake.append(Polls, sample(Polls, ROWS), batch="b0")
    assert killed(step, lake)
    assert sorted(ids(lake)) == expected([0, 900] if step == "append after rename" else [0])
    leftovers = [name for name in lake.storage.names(FOLDER) if name.endswith(".tmp")]
    assert len(leftovers) == (0 if step == "append after rename" else 1)
    lake.append(Polls, sample(Polls, ROWS, start=900 * ROWS), batch="b900", recovering=True)
    assert sorted(ids(lake)) == expected([0, 900])
    assert lake.storage.sweep(FOLDER, older_than_s=0) == len(leftovers)
    assert sorted(ids(lake)) == expected([0, 900])


@pytest.mark.parametrize("step", ["compact before publishing", "compact before clearing", "compact while clearing"])
def test_a_compaction_killed_at_a_step_loses_and_doubles_nothing(tmp_path: Path, step: str) -> None:
    lake = Lake(tmp_path)
    for i in range(6):
        lake.append(Polls, sample(Polls, ROWS, start=i * ROWS), batch=f"b{i}")
    assert killed(step, lake)
    published = [name for name in lake.storage.names(FOLDER) if name.startswith("day-")]
    assert len(published) == (0 if step == "compact before publishing" else 1)
    assert sorted(ids(lake)) == expected(range(6))
    assert views.query(lake, "select count(*) from polls").item() == 6 * ROWS
    lake.append(Polls, sample(Polls, ROWS, start=6 * ROWS), batch="b6")
    lake.compact(Polls, DAY)  # the lock went with the process that held it
    assert sorted(ids(lake)) == expected(range(7))
    assert len([name for name in lake.storage.names(FOLDER) if name.endswith(".parquet")]) == 1
