"""Replaying a long history of quotes: how many rows a second, beside reading the same files and doing nothing.

A process of its own for each stretch of days, one a core, as `stratum replay` does it; a history larger than memory would
hold is written first, by seed.
"""

import datetime as dt
import os
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import pyarrow.parquet as pq

from stratum_pipelines.board.advance import Rules
from stratum_pipelines.providers import find_providers
from stratum_pipelines.reference import load_reference
from stratum_pipelines.replay import COLUMNS, replay
from stratum_pipelines.signals import signals_in_force
from tests.quote_history import Shape, write_history
from warehouse.lake import Lake
from warehouse.tables import OddsSnapshots

ROWS = int(os.environ.get("STRATUM_BENCH_ROWS", "50000000"))
RUNS = int(os.environ.get("STRATUM_BENCH_RUNS", "2"))
# Twelve American books as recorded; then twice as many, of which fewer act at once.
SHAPES = {"12 books": Shape(), "24 books": Shape(books=24, games_per_day=40)}
PROCESSES = os.cpu_count() or 1


def bench_replay(say: Callable[..., None]) -> None:
    """Rows of odds_snapshots a second to consensus, and to signals."""
    for name, shape in SHAPES.items():
        with tempfile.TemporaryDirectory() as folder:
            lake = Lake(folder)
            one = write_history(Lake(f"{folder}/one"), replace(shape, days=1))
            # The second shape, and the slower half of the first, on a tenth of the rows: what they say is the ratio.
            rows = write_history(lake, replace(shape, days=max(ROWS // (1 if name == "12 books" else 10) // one, 4)))
            days = lake.days(OddsSnapshots)
            floor = min(_everywhere(_decode, folder, days)[0] for _ in range(RUNS))
            say(f"replay, {name}: {rows:,} rows, {len(days)} days: decode alone", f"{floor:.2f} s")
            for what, work in (("consensus", _consensus), ("signals", _signals)):
                runs = [_everywhere(work, folder, days) for _ in range(RUNS)]
                seconds = [run[0] for run in runs]
                found = f"{rows / max(seconds):,.0f} to {rows / min(seconds):,.0f}"
                cpu, peak, made = min(run[1] for run in runs), max(run[2] for run in runs), runs[0][3]
                beside = (
                    f"{min(seconds) / floor:.1f} x decode alone; {cpu:.1f} CPU s, {peak:,.0f} MB in all, {made:,} rows"
                )
                say(f"replay, {name}: odds_snapshots to {what}, rows/s", found, beside)


def _everywhere(
    work: Callable[..., tuple[float, float, int]], folder: str, days: list[dt.date]
) -> tuple[float, float, float, int]:
    """Seconds from the first process starting its days to the last ending them, CPU seconds, peak megabytes of all, rows made."""
    cuts = [len(days) * i // PROCESSES for i in range(PROCESSES + 1)]
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        started = [pool.submit(_ready, i) for i in range(PROCESSES)]
        for one in started:
            one.result()
        begun = time.perf_counter()
        parts = [pool.submit(work, folder, days[a], days[b - 1]) for a, b in pairwise(cuts)]
        done = [part.result() for part in parts]
        seconds = time.perf_counter() - begun
    return seconds, sum(cpu for cpu, _, _ in done), sum(peak for _, peak, _ in done), sum(made for _, _, made in done)


def _ready(number: int) -> int:
    """Time for every process of the pool to have started and imported what it needs."""
    time.sleep(1.0)
    return number


def _measured(work: Callable[[], int]) -> tuple[float, float, int]:
    before = time.process_time()
    made = work()
    return time.process_time() - before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, made


def _decode(folder: str, first: dt.date, last: dt.date) -> tuple[float, float, int]:
    """Read the columns a replay needs and sum the prices."""

    def read() -> int:
        rows = 0
        for day in Lake(folder).days(OddsSnapshots):
            if first <= day <= last:
                for file in sorted(Path(folder, "odds_snapshots", f"date={day}").glob("*.parquet")):
                    table = pq.read_table(file, columns=list(COLUMNS), use_threads=False)
                    rows += table.num_rows
        return rows

    return _measured(read)


def _consensus(folder: str, first: dt.date, last: dt.date) -> tuple[float, float, int]:
    return _measured(
        lambda: sum(d.consensus.height for d in replay(Lake(folder), _rules(), first, last, with_signals=False))
    )


def _signals(folder: str, first: dt.date, last: dt.date) -> tuple[float, float, int]:
    return _measured(lambda: sum(d.signals.height for d in replay(Lake(folder), _rules(), first, last)))


def _rules() -> Rules:
    return Rules(load_reference(), signals_in_force(), find_providers())
