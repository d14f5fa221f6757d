"""The bench of the rollups: ten million trades of five years through staging, fact, rollups and metrics.

    python -m tests.bench_rollups              ten million trades, made below a temporary folder (about 3 GB)
    python -m tests.bench_rollups 100000       fewer
    STRATUM_BENCH_HOME=FOLDER python -m tests.bench_rollups    keeps the trades there for the next time

Every step is a process of its own, so that peak memory is its own. The ratio is to a bare scan: DuckDB adding up three
columns of the same files.
"""

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tests.trade_rows import signals, trades
from warehouse.lake import Lake
from warehouse.lake.files import encode, folder_of, merged_name
from warehouse.marts import MARTS, Shelf
from warehouse.settings import read_settings
from warehouse.tables import Signals, Table, Trades

TRADES = 10_000_000
DAYS = 5 * 365 + 1
FIRST = dt.date(2021, 1, 1)
NEW = 1_000
ZONE = "Europe/London"
GOAL_S, GOAL_MB, GOAL_NEW_S = 60, 2_000, 5
# So many days of random trades; the others are copies with ids and times of their own.
DIFFERENT = 7
IDS = ("trade_id", "signal_id", "setup_id")


def make(home: Path, n: int) -> None:
    """A lake of trades and signals, straight into its files: they are valid, and checking them would take longer."""
    lake, chance = Lake(read_settings({"STRATUM_HOME": str(home)}).lake_url), np.random.default_rng(7)
    found = [signals(chance, FIRST, 200) for _ in range(DIFFERENT)]
    models = [(rows, trades(chance, FIRST, -(-n // DAYS), rows)) for rows in found]
    for number in range(DAYS):
        for table, rows in zip((Signals, Trades), models[number % DIFFERENT], strict=True):
            day = FIRST + dt.timedelta(days=number)
            data = encode(table, moved(rows, table, number))
            lake.storage.write(f"{folder_of(table, day)}/{merged_name(1, 1, is_empty=False)}", data, lasting=False)


def moved(rows: pl.DataFrame, table: type[Table], number: int) -> pl.DataFrame:
    """The rows so many days later, under ids of that day."""
    renamed = [
        pl.when(pl.col(name) == "")
        .then(pl.lit(""))
        .otherwise(pl.lit(f"{number:08x}") + pl.col(name).str.slice(8))
        .alias(name)
        for name in IDS
        if name in rows.columns
    ]
    times = [name for name, kind in rows.schema.items() if isinstance(kind, pl.Datetime)]
    return rows.with_columns(*renamed, pl.col(times) + pl.duration(days=number)).sort(table.sort_by())


def build(home: Path) -> dict[str, Any]:
    """One build, as `stratum rollups build` does it."""
    from stratum_pipelines.rollups.build import build as build_rollups
    from stratum_pipelines.rollups.settings import RollupSettings

    settings = read_settings({"STRATUM_HOME": str(home)})
    built = build_rollups(settings, Lake(settings.lake_url), RollupSettings(ZONE))
    assert built.is_published, built.faults
    slowest = sorted(built.marts, key=lambda mart: -mart.seconds)[:3]
    return {"said": ", ".join(f"{mart.name} {mart.seconds:.1f}" for mart in slowest)}


def metrics(home: Path) -> dict[str, Any]:
    """Every figure of the performance kernel, per source and currency, from the fact."""
    from stratum_pipelines.quant.performance import performance_of

    files = Shelf(home / MARTS).files("trades_fact")
    wanted = ("source", "currency", "status", "entry_at", "exit_at", "profit", "stake")
    # Read once, words as codes: the kernel looks at its trades several times over.
    scan = pl.scan_parquet(files, hive_partitioning=False).select(wanted)
    rows = scan.with_columns(pl.col(wanted[:3]).cast(pl.Categorical)).collect(engine="streaming")
    groups = rows.select("source", "currency").unique().sort("source", "currency")
    for source, currency in groups.iter_rows():
        mine = rows.filter(pl.col("source") == source, pl.col("currency") == currency)
        performance_of(mine.lazy(), 10**12, zone=ZONE)
    return {"said": f"{groups.height} sources and currencies"}


def scan(home: Path) -> dict[str, Any]:
    """The baseline: DuckDB reads three columns of every trade."""
    import duckdb

    with duckdb.connect(config={"threads": 2}) as con:
        found = con.execute(
            f"select count(*), sum(profit), max(exit_at), count(distinct symbol) from read_parquet('{home}/lake/trades/*/*.parquet')"
        ).fetchall()
    return {"said": f"{found[0][0]:,} trades"}


def add(home: Path, *, late: bool) -> None:
    """A thousand new trades: of the day after the last one, or of thirty days gone by."""
    from stratum_pipelines.trading.ledger import record

    lake, chance = Lake(read_settings({"STRATUM_HOME": str(home)}).lake_url), np.random.default_rng(time.time_ns())
    days = [FIRST + dt.timedelta(days=DAYS - 40 + i) for i in range(30)] if late else [lake.days(Trades)[-1]]
    rows = pl.concat([trades(chance, day, NEW // len(days) + 1) for day in days]).head(NEW)
    record(lake, Trades, rows)


STEPS: dict[str, Callable[[Path], dict[str, Any]]] = {"scan": scan, "build": build, "metrics": metrics}


def step(name: str, home: Path) -> tuple[float, float, float, str]:
    """Seconds on the clock from the start of its process to its end, of the processor, peak megabytes, and what it said."""
    started = time.perf_counter()
    words = [sys.executable, "-m", "tests.bench_rollups", "--step", name, str(home)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    spent = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"{name} ended with status {done.returncode}: {done.stderr[-2000:]}")
    told = json.loads(done.stdout)
    return spent, told["processor_s"], told["peak_mb"], told["said"]


def bench_rollups(say: Callable[..., None], n: int = TRADES) -> None:
    """The whole of it, and what a thousand new trades cost."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(os.environ.get("STRATUM_BENCH_HOME", folder))
        if not (home / "lake" / "trades").is_dir():
            make(home, n)
        bare, *_, said = step("scan", home)
        say(f"rollups: a bare scan of {said}, seconds", f"{bare:.1f}")
        whole = 0.0
        for name in ("build", "metrics"):
            spent, processor, peak, said = step(name, home)
            whole += spent
            say(
                f"rollups: {name}, seconds",
                f"{spent:.1f}",
                f"{spent / bare:.0f} x a bare scan; processor {processor:.1f}; {said}",
            )
            say(f"rollups: {name}, peak megabytes", f"{peak:,.0f}", f"goal {GOAL_MB:,}")
        say("rollups: staging, fact, rollups and metrics, seconds", f"{whole:.1f}", f"goal {GOAL_S}")
        for late, about in ((False, "of today"), (True, "of thirty days gone by")):
            add(home, late=late)
            spent, processor, peak, said = step("build", home)
            say(
                f"rollups: {NEW:,} new trades {about}, seconds",
                f"{spent:.1f}",
                f"goal {GOAL_NEW_S}; processor {processor:.1f}; {said}",
            )
        spent, processor, *_ = step("build", home)
        say("rollups: nothing new, seconds", f"{spent:.1f}", f"processor {processor:.1f}")


def main() -> None:
    """The bench by itself, or one step of it in its own process."""
    if sys.argv[1:2] == ["--step"]:
        told = STEPS[sys.argv[2]](Path(sys.argv[3]))
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(told | {"peak_mb": peak, "processor_s": time.process_time()}))
        return

    def say(name: str, value: str, ratio: str = "") -> None:
        print(f"{name:<58} {value:>22}   {ratio}", flush=True)

    bench_rollups(say, int(sys.argv[1]) if len(sys.argv) > 1 else TRADES)


if __name__ == "__main__":
    main()
