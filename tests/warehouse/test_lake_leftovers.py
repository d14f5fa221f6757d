"""Files that count no more: where they come from, who deletes them, and that nobody deletes what may still be read."""

import time
import uuid
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.warehouse.frames import DAY, NEXT, sample
from warehouse.lake import Lake
from warehouse.lake.files import folder_of
from warehouse.tables import Events, Polls

LATER_S = 3700.0


@pytest.fixture(params=["folder", "object store"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    """An empty lake in a folder, and one in fsspec's memory as the stand-in for s3."""
    return Lake(tmp_path / "lake" if request.param == "folder" else f"memory://{uuid.uuid4().hex}")


@pytest.fixture
def an_hour_passes(monkeypatch: pytest.MonkeyPatch):
    """Lets what was written until now be over an hour old."""

    def pass_on() -> None:
        later = time.time() + LATER_S
        monkeypatch.setattr("warehouse.lake.storage.time", SimpleNamespace(time=lambda: later))

    return pass_on


def closed(lake: Lake) -> list[str]:
    """A day whose batches were replaced by one file, as closing it does; gives the names of what is left over."""
    for n in range(3):
        lake.append(Polls, sample(Polls, 2, start=2 * n), batch=f"live-{n}")
    lake.replace(Polls, DAY, sample(Polls, 6))
    return [name for name in lake.storage.names(folder_of(Polls, DAY)) if name.endswith(".superseded")]


def test_what_closing_a_day_leaves_goes_when_the_next_day_is_changed(lake: Lake, an_hour_passes) -> None:
    assert len(closed(lake)) == 3
    lake.replace(Polls, NEXT, sample(Polls, 1, day=NEXT))
    assert len(lake.storage.names(folder_of(Polls, DAY))) == 4, "a query that had listed them may still open them"
    an_hour_passes()
    lake.replace(Polls, NEXT, sample(Polls, 2, day=NEXT))
    assert len(lake.storage.names(folder_of(Polls, DAY))) == 1
    assert lake.scan(Polls).collect().height == 8


def test_a_table_kept_whole_is_swept_when_it_is_changed(tmp_path: Path, an_hour_passes) -> None:
    lake = Lake(tmp_path)
    lake.merge(Events, sample(Events, 2))
    (tmp_path / "events" / ".one.parquet.77-ab.tmp").write_bytes(b"half-written by a process that was killed")
    lake.merge(Events, sample(Events, 3))
    assert len(lake.storage.names("events")) == 2
    an_hour_passes()
    lake.merge(Events, sample(Events, 4))
    assert lake.storage.names("events") == ["one.parquet"]


def test_leftovers_are_listed_wherever_they_lie_and_swept_at_once(lake: Lake, an_hour_passes) -> None:
    superseded = closed(lake)
    lake.merge(Events, sample(Events, 2))
    for path in ("events/.one.parquet.77-ab.tmp", f"{folder_of(Polls, DAY)}/.part-x.parquet.77-ab.tmp"):
        lake.storage.write(path, b"half-written")
    assert lake.leftovers() == [], "they are too young"
    assert lake.sweep() == 0
    an_hour_passes()
    assert sorted(lake.leftovers()) == sorted(
        [
            "events/.one.parquet.77-ab.tmp",
            *(f"{folder_of(Polls, DAY)}/{name}" for name in (".part-x.parquet.77-ab.tmp", *superseded)),
        ]
    )
    assert lake.sweep() == 5
    assert lake.leftovers() == []
    assert (lake.scan(Polls).collect().height, lake.scan(Events).collect().height) == (6, 2)
