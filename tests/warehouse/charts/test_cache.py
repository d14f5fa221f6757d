"""Charts that are kept: found again by what they were drawn from, whole, bounded, and shared by processes."""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import polars as pl
import pytest

from tests.warehouse.charts.drawn import moments
from warehouse.charts import ChartCache, Look
from warehouse.charts import cache as cache_module

LOOK = Look("Equity", width=320, height=200, scale=1)
WHOLE = cache_module.BEGINS + b"x" * 100 + cache_module.ENDS


class Counted:
    """A chart that counts how often it was drawn."""

    __name__ = "counted"

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, frame: pl.DataFrame, look: Look, **more: object) -> bytes:
        self.times += 1
        return WHOLE


def test_what_was_drawn_is_not_drawn_again(tmp_path: Path) -> None:
    chart, rows = Counted(), moments([1, 2])
    assert ChartCache(tmp_path).drawn(chart, rows, look=LOOK) == WHOLE
    assert ChartCache(tmp_path).drawn(chart, moments([1, 2]), look=LOOK) == WHOLE
    assert chart.times == 1


@pytest.mark.parametrize("change", ["value", "null", "type", "title", "theme", "more", "version"])
def test_whatever_a_picture_depends_on_makes_it_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    chart, cache = Counted(), ChartCache(tmp_path)
    cache.drawn(chart, pl.DataFrame({"a": [0, 1]}), look=LOOK, name="x")
    frame, look, name = pl.DataFrame({"a": [0, 1]}), LOOK, "x"
    if change == "value":
        frame = pl.DataFrame({"a": [0, 2]})
    elif change == "null":
        frame = pl.DataFrame({"a": [None, 1]})
    elif change == "type":
        frame = pl.DataFrame({"a": [0.0, 1.0]})
    elif change == "title":
        look = Look("Other", width=320, height=200, scale=1)
    elif change == "theme":
        look = Look("Equity", theme="dark", width=320, height=200, scale=1)
    elif change == "more":
        name = "y"
    else:
        monkeypatch.setattr(cache_module, "DRAWING", cache_module.DRAWING + 1)
    cache.drawn(chart, frame, look=look, name=name)
    assert chart.times == 2


@pytest.mark.parametrize("left", [b"", WHOLE[:-1], b"<html>", WHOLE[1:]])
def test_a_file_that_is_no_whole_picture_is_drawn_anew(tmp_path: Path, left: bytes) -> None:
    chart, cache = Counted(), ChartCache(tmp_path)
    cache.drawn(chart, moments([1]), look=LOOK)
    (file,) = tmp_path.iterdir()
    file.write_bytes(left)
    assert cache.drawn(chart, moments([1]), look=LOOK) == WHOLE
    assert chart.times == 2 and file.read_bytes() == WHOLE


def test_no_more_is_kept_than_may_be_and_what_was_asked_for_longest_ago_goes_first(tmp_path: Path) -> None:
    chart, cache = Counted(), ChartCache(tmp_path, most_bytes=2 * len(WHOLE))
    for number in (1, 2):
        cache.drawn(chart, moments([number]), look=LOOK)
    for place, file in enumerate(sorted(tmp_path.iterdir(), key=lambda path: path.stat().st_mtime_ns)):
        os.utime(file, (place + 1, place + 1))
    cache.drawn(chart, moments([1]), look=LOOK)  # asked for again: now the second is the older one
    cache.drawn(chart, moments([3]), look=LOOK)
    assert chart.times == 3 and len(list(tmp_path.iterdir())) == 2
    cache.drawn(chart, moments([1]), look=LOOK)
    assert chart.times == 3
    cache.drawn(chart, moments([2]), look=LOOK)
    assert chart.times == 4


def test_a_folder_that_cannot_be_made_costs_the_keeping_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    chart = Counted()
    assert ChartCache(tmp_path / "file" / "charts").drawn(chart, moments([1]), look=LOOK) == WHOLE


def hammer(folder: str) -> int:
    """Many pictures through a cache that holds few, from one process; how many came out wrong."""
    cache, chart = ChartCache(folder, most_bytes=5 * len(WHOLE)), Counted()
    return sum(cache.drawn(chart, moments([n % 20]), look=LOOK) != WHOLE for n in range(60))


def test_processes_share_a_folder_without_ever_seeing_half_a_picture(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        assert sum(pool.map(hammer, [str(tmp_path)] * 4)) == 0
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 8 * len(WHOLE)
    assert not list(tmp_path.glob("*.part"))
