"""Rows counted by footers, and locks beside the lake."""

import datetime as dt
from pathlib import Path

import pytest

from tests.warehouse.frames import DAY, NEXT, sample
from warehouse.lake import Lake
from warehouse.tables import Polls


@pytest.fixture(params=["folder", "object store"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    """An empty lake in a folder, and one in an object store."""
    return Lake(tmp_path / "lake" if request.param == "folder" else f"memory://{tmp_path}")


def test_rows_are_counted_as_a_scan_would_count_them(lake: Lake) -> None:
    assert lake.row_counts(Polls) == {}
    assert lake.rows_on(Polls, DAY) == 0
    for n in range(3):
        lake.append(Polls, sample(Polls, 4, start=10 * n), batch=f"b{n}")
    lake.append(Polls, sample(Polls, 2, day=NEXT), batch="next")
    assert lake.row_counts(Polls) == {DAY: 12, NEXT: 2}
    lake.compact(Polls, DAY)
    lake.append(Polls, sample(Polls, 4), batch="b0")
    assert lake.row_counts(Polls) == {DAY: 12, NEXT: 2}, "a batch that was merged counts once"
    lake.replace(Polls, NEXT, Polls.empty())
    assert lake.row_counts(Polls) == {DAY: 12, NEXT: 0}


def test_a_file_that_cannot_be_read_counts_as_none(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.append(Polls, sample(Polls, 4), batch="whole")
    lake.append(Polls, sample(Polls, 4, start=10), batch="broken")
    for content in (b"", b"PAR1 and nothing more"):
        (tmp_path / "polls" / f"date={DAY}" / "part-broken.parquet").write_bytes(content)
        assert lake.rows_on(Polls, DAY) == 4


def test_a_partition_replaced_while_it_is_counted_is_counted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(tmp_path)
    lake.append(Polls, sample(Polls, 4), batch="one")
    open_file = lake.storage.open

    def gone_at_first(path: str):
        monkeypatch.undo()
        lake.replace(Polls, DAY, sample(Polls, 7))
        return open_file(path)

    monkeypatch.setattr(lake.storage, "open", gone_at_first)
    assert lake.rows_on(Polls, DAY) == 7


def test_a_lock_is_one_for_all_who_name_it_and_the_same_location(lake: Lake, tmp_path: Path) -> None:
    day = dt.date(2026, 1, 1)
    lock = lake.locks.named(f"compute.{day}")
    with lock, pytest.raises(TimeoutError):
        Lake(lake.location).locks.named(f"compute.{day}").acquire(timeout=0)
    with Lake(tmp_path / "other").locks.named(f"compute.{day}"), lock:
        pass
