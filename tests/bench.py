"""`make bench`: how fast the spine is, as ratios to a baseline measured in the same run.

Absolute times belong to the machine; ratios travel better. Everything runs on recorded answers when the folder is there
(STRATUM_TEST_DATA), else on a simulated day. Run one part with: python -m tests.bench batch
"""

import gzip
import os
import platform as machine
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path

import msgspec
import polars as pl

from stratum_pipelines.archive_import import import_archive
from stratum_pipelines.batch import compute_days
from stratum_pipelines.board.advance import advance_read, blank_board
from stratum_pipelines.live import Market, run_cycle
from stratum_pipelines.platform import Platform, open_platform
from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.raw import raw_row, store_answers
from stratum_pipelines.readers import Readers
from tests.bench_analytics import analytics
from tests.bench_dispatch import dispatch, hanging, memory
from tests.bench_fair_odds import fair_odds
from tests.bench_performance import performance
from tests.bench_replay import bench_replay
from tests.bench_rollups import bench_rollups
from tests.bench_stream import bench_stream
from tests.postgres import NoServer, fresh_database
from warehouse.settings import read_settings
from warehouse.tables import OddsSnapshots, Polls

REPOSITORY = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("STRATUM_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
NFL = DATA / "oddsapi_nfl_2025"


def say(name: str, value: str, ratio: str = "") -> None:
    """One line of the result."""
    print(f"{name:<58} {value:>22}   {ratio}", flush=True)


def timed(work: Callable[[], object]) -> float:
    """Seconds the work took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def home(folder: str, **settings: str) -> Platform:
    """A platform in a folder of its own."""
    return open_platform(read_settings({"STRATUM_HOME": folder, **settings}))


def nfl_answers(platform: Platform) -> Iterator[Answer]:
    """The recorded NFL answers, in order."""
    read = platform.rules.providers["archive"].answers
    assert read is not None
    return read(NFL)


def batch() -> None:
    """Raw JSON to signals, a day at a time, against decoding the same JSON and nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        platform = home(folder)
        stored = store_answers(platform.lake, nfl_answers(platform))
        bodies = [gzip.compress(answer.body, 3) for answer in nfl_answers(platform)]
        decode = msgspec.json.Decoder()

        def unzip_and_decode() -> None:
            for body in bodies:
                decode.decode(gzip.decompress(body))

        floor = min(timed(unzip_and_decode) for _ in range(2))
        quotes = 0
        started = time.perf_counter()
        for report in compute_days(platform, sorted(stored.days)):
            quotes += report.quotes
        seconds = time.perf_counter() - started
    say(
        "batch: raw JSON to signals, quotes/s",
        f"{quotes / seconds:,.0f}",
        f"{seconds / floor:.2f} x unzip and decode alone",
    )
    say("batch: quotes, seconds, floor seconds", f"{quotes:,}  {seconds:.2f}  {floor:.2f}")


def compute() -> None:
    """The same without storing anything: bytes in, signals out, all rules on, one process reading beside the one that computes."""
    with tempfile.TemporaryDirectory() as folder:
        platform = home(folder)
        rows = [raw_row(answer) for answer in nfl_answers(platform)]
        (sport_key,) = {str(row["sport_key"]) for row in rows}
        decode = msgspec.json.Decoder()

        def unzip_and_decode() -> None:
            for row in rows:
                decode.decode(gzip.decompress(row["body"]))  # type: ignore[arg-type]

        floor = min(timed(unzip_and_decode) for _ in range(2))
        runs, processors, quotes, signals = [], [], 0, 0
        for _ in range(3):
            started, used = time.perf_counter(), _processor_seconds()
            quotes = signals = 0
            with Readers(platform.rules.providers, len(rows)) as readers:
                for found in advance_read(blank_board(sport_key, platform.rules), readers.read(rows), platform.rules):
                    quotes += int(found["polls"]["n_quotes"].sum())
                    signals += found["signals"].height
            runs.append(time.perf_counter() - started)
            processors.append(_processor_seconds() - used)
    value = f"{quotes / max(runs):,.0f} to {quotes / min(runs):,.0f}"
    beside = (
        f"{min(runs) / floor:.2f} x unzip and decode alone; {min(processors):.1f} CPU s of both; {signals:,} signals"
    )
    say("compute: raw JSON to signals, nothing stored, quotes/s", value, beside)


def _processor_seconds() -> float:
    """Processor time of this process and of those it has waited for."""
    own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def archive() -> None:
    """Importing and computing the whole NFL archive, results and scorecards included."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = timed(lambda: import_archive(home(folder), NFL))
    say("archive: import and compute NFL 2025, seconds", f"{seconds:.1f}", "goal 60")


def live() -> None:
    """One live cycle, from the answer's arrival to the database committed, against one durable Parquet write."""
    # Not unpacked: a database lasts until the next is asked for.
    for name, settings in chain(_databases(), [("SQLite, regimes on", {"STRATUM_REGIMES": "on"})]):
        with tempfile.TemporaryDirectory() as folder:
            platform = home(folder, **settings)
            times, whole, quotes = _cycles(platform)
            floor = _durable_write(
                platform.lake.scan(OddsSnapshots).head(860).collect(), Path(folder) / "floor.parquet"
            )
        cuts = statistics.quantiles(times, n=100)
        value = f"{cuts[49]:.1f} / {cuts[98]:.1f} / {max(times):.1f}"
        ratio = f"p50 {cuts[49] / floor:.1f} x one durable Parquet write ({floor:.2f} ms); goal 15 / 60"
        say(f"live: {name}, {quotes:.0f} quotes, answer to database, ms p50 / p99 / max", value, ratio)
        cuts = statistics.quantiles(whole, n=100)
        value = f"{cuts[49]:.1f} / {cuts[98]:.1f} / {max(whole):.1f}"
        say(f"live: {name}, until every Parquet file is written too", value)


def _cycles(platform: Platform) -> tuple[list[float], list[float], float]:
    """Milliseconds of 400 cycles over recorded MLB answers after 20 to warm up, and how many quotes an answer held.

    First until the database has committed, then until the whole cycle is done.
    """
    read = platform.rules.providers["archive"].answers
    assert read is not None
    answers = read(DATA / "oddsapi_mlb_2026")
    earlier = list(islice(answers, 965))
    if platform.rules.regimes:
        # Models are fitted to the days before: without them there is nothing to follow.
        list(compute_days(platform, sorted(store_answers(platform.lake, earlier).days)))
    market = Market(platform)
    committed, whole = [], []
    for answer in islice(answers, 420):
        started = time.perf_counter()
        cycle = run_cycle(market, answer)
        whole.append((time.perf_counter() - started) * 1000)
        if cycle.duration_ms is not None:
            committed.append(cycle.duration_ms)
    quotes = platform.lake.scan(Polls).select(pl.col("n_quotes").mean()).collect().item()
    return committed[20:], whole[20:], quotes


def _durable_write(frame: pl.DataFrame, path: Path) -> float:
    """Milliseconds, in the median, of writing a frame to Parquet and waiting for the disk."""

    def write() -> None:
        frame.write_parquet(path, compression="zstd")
        with path.open("rb") as file:
            os.fsync(file.fileno())

    return statistics.median(timed(write) * 1000 for _ in range(100))


def _databases() -> Iterator[tuple[str, dict[str, str]]]:
    yield "SQLite", {}
    try:
        with fresh_database() as url:
            yield "PostgreSQL", {"STRATUM_DATABASE_URL": url}
    except NoServer as missing:
        say("live: PostgreSQL", "not measured", str(missing))


def imports() -> None:
    """Importing the Dagster entry point against importing Dagster alone."""
    both = {}
    for module in ("dagster", "stratum_pipelines.definitions"):
        runs = [
            timed(lambda m=module: subprocess.run([sys.executable, "-c", f"import {m}"], check=True, cwd=REPOSITORY))
            for _ in range(4)
        ]
        both[module] = statistics.median(runs[1:])
    entry = both["stratum_pipelines.definitions"]
    say(
        "import stratum_pipelines.definitions, seconds",
        f"{entry:.2f}",
        f"{entry / both['dagster']:.2f} x import dagster",
    )


PARTS = {
    "batch": batch,
    "compute": compute,
    "archive": archive,
    "live": live,
    "imports": imports,
    "fair-odds": lambda: fair_odds(say, DATA),
    "replay": lambda: bench_replay(say),
    "rollups": lambda: bench_rollups(say),
    "stream": lambda: bench_stream(say),
    "dispatch": lambda: dispatch(say),
    "dispatch-hanging": lambda: hanging(say),
    "dispatch-memory": lambda: memory(say),
    "performance": lambda: performance(say),
    "analytics": lambda: analytics(say),
}


def main() -> None:
    """Measure the parts named on the command line, or all."""
    print(
        f"{machine.processor() or machine.machine()}, {os.cpu_count()} cores, Python {machine.python_version()}, {machine.system()}"
    )
    if not NFL.is_dir():
        sys.exit(f"bench: the recorded answers are missing: {NFL}. Set STRATUM_TEST_DATA.")
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main()
