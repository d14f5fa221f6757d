"""`make soak`: live cycles over long simulated days, to see that memory, files and cycle times stay bounded.

Every simulated day is polled, and closed when the next one has begun, as in operation. Prints a line per day, then how
many bytes each table takes per closed day; exits with 1 when something grows without bound or live and batch differ.
Longer: python -m tests.soak --hours 240
"""

import argparse
import datetime as dt
import gc
import math
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, fields
from pathlib import Path

from stratum_pipelines.batch import close_day
from stratum_pipelines.live import Market, run_cycle
from stratum_pipelines.platform import Platform, open_platform
from stratum_pipelines.raw import day_of
from stratum_pipelines.simulation import Simulation
from warehouse.settings import read_settings
from warehouse.tables import TABLES, Events

FIRST = dt.date(2026, 1, 10)
SPORTS = ("basketball_nba", "icehockey_nhl")
# The first day warms everything up. What a later one may be of the second, and how much more is no growth at all.
BOUNDS = {
    "p50_ms": (1.5, 5.0),
    "p99_ms": (2.0, 40.0),
    "memory_mb": (1.25, 60.0),
    "open_files": (1.0, 8.0),
    "most_files": (1.25, 4.0),
    # Games stay for good, everything else of the database is what is current.
    "database_mb": (2.5, 10.0),
}


@dataclass
class Seen:
    """What a simulated day came to; memory and files as they are at its end."""

    cycles: int
    p50_ms: float
    p99_ms: float
    memory_mb: float
    open_files: int
    most_files: int
    database_mb: float
    lake_mb: float
    close_s: float


def main() -> int:
    """0 when everything stayed bounded, else 1."""
    asked = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__.splitlines()[0])
    asked.add_argument("--hours", type=float, default=72, help="simulated time (default 72)")
    asked.add_argument("--cadence", type=float, default=120, help="seconds between polls of a sport (default 120)")
    asked.add_argument("--sports", default=",".join(SPORTS), help="separated by commas")
    asked.add_argument("--seed", type=int, default=7)
    asked.add_argument("--home", help="folder to work in and keep; by default one that is removed")
    given = asked.parse_args()
    if given.hours * 3600 < 2 * given.cadence:
        asked.error("--hours must leave room for two polls at least.")
    try:
        simulation = Simulation(given.seed, tuple(given.sports.split(",")))
    except ValueError as error:
        asked.error(str(error))
    if given.home:
        return soak(Path(given.home), simulation, given.hours, given.cadence)
    with tempfile.TemporaryDirectory() as folder:
        return soak(Path(folder), simulation, given.hours, given.cadence)


def soak(home: Path, simulation: Simulation, hours: float, cadence_s: float) -> int:
    """Run the live cycle for so many simulated hours."""
    platform = open_platform(read_settings({"STRATUM_HOME": str(home)}))
    market = Market(platform)
    seen: list[Seen] = []
    n_different = 0
    started = time.perf_counter()
    print("day         " + "".join(f"{field.name:>12}" for field in fields(Seen)), flush=True)
    days = [FIRST + dt.timedelta(days=n) for n in range(math.ceil(hours / 24))]
    ends = day_start(FIRST) + int(hours * 3600e6)
    for day in days:
        times, close_s = [], 0.0
        answers = (a for a in simulation.answers(day, cadence_s=cadence_s) if a.received_at < ends)
        for n, answer in enumerate(answers):
            cycle = run_cycle(market, answer)
            times.append(cycle.duration_ms or 0.0)
            # Each sport turns the day at its first answer; then the day before can be closed.
            if n == len(simulation.sports) and day > FIRST:
                before = time.perf_counter()
                differences = close_day(platform, day_of(answer.received_at) - dt.timedelta(days=1)).differences
                close_s = time.perf_counter() - before
                n_different += differences.height
                if differences.height:
                    print(differences.head(10), flush=True)
        seen.append(look(platform, home, times, close_s))
        print(
            f"{day}  "
            + "".join(
                f"{value:>12,.1f}" if isinstance(value, float) else f"{value:>12,}" for value in vars(seen[-1]).values()
            ),
            flush=True,
        )
    print_bytes(platform, home, days[:-1])
    grown = growth(seen)
    for sentence in grown:
        print(sentence)
    if n_different:
        print(f"Live and batch differ in {n_different} values.")
    n_cycles = sum(day.cycles for day in seen)
    print(
        f"{n_cycles:,} cycles, {hours:g} simulated hours in {time.perf_counter() - started:.0f} s: "
        f"{'NOT bounded' if grown or n_different else 'bounded'}"
    )
    return 1 if grown or n_different else 0


def look(platform: Platform, home: Path, times: list[float], close_s: float) -> Seen:
    """The state of process and disk now."""
    gc.collect()
    cuts = statistics.quantiles(times, n=100)
    files = [file for file in home.rglob("*") if file.is_file()]
    per_folder: dict[Path, int] = {}
    for file in files:
        if file.suffix == ".parquet":
            per_folder[file.parent] = per_folder.get(file.parent, 0) + 1
    lake = Path(platform.settings.lake_url)
    return Seen(
        cycles=len(times),
        p50_ms=cuts[49],
        p99_ms=cuts[98],
        memory_mb=resident_mb(),
        open_files=len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0,
        most_files=max(per_folder.values(), default=0),
        database_mb=sum(size_of(file) for file in files if file.name.startswith("stratum.db")) / 1e6,
        # What was superseded goes by the clock of this machine, an hour later: simulated days pass faster.
        lake_mb=sum(size_of(file) for file in files if lake in file.parents and file.suffix == ".parquet") / 1e6,
        close_s=close_s,
    )


def growth(seen: list[Seen]) -> list[str]:
    """A sentence for everything that is far above what it was on the second day."""
    if len(seen) < 3:
        return []
    # A last day that was cut short says nothing of times.
    second, whole = seen[1], [day for day in seen if day.cycles >= seen[1].cycles]
    sentences = []
    for name, (factor, spare) in BOUNDS.items():
        last = whole[-1] if name.endswith("_ms") else seen[-1]
        before, now = getattr(second, name), getattr(last, name)
        if now > before * factor + spare:
            sentences.append(f"{name} has grown from {before:,.1f} on the second day to {now:,.1f} on the last.")
    return sentences


def print_bytes(platform: Platform, home: Path, closed: list[dt.date]) -> None:
    """Bytes and rows per table: of a closed day, in the mean, and of tables without days, as they are now."""
    if not closed:
        return
    lake = Path(platform.settings.lake_url)
    print(
        f"\nThe lake on disk, in the mean of {len(closed)} closed days of {len(platform.lake.scan(Events).collect())} games in all"
    )
    print(f"{'table':<18}{'bytes a day':>14}{'rows a day':>12}{'bytes a row':>13}")
    total = 0.0
    for table in TABLES:
        folders = [lake / table.name / f"date={day}" for day in closed] if table.partition_by else [lake / table.name]
        n = len(closed) if table.partition_by else 1
        size = sum(size_of(file) for folder in folders for file in folder.glob("*.parquet")) / n
        scan = (
            platform.lake.scan(table, first=closed[0], last=closed[-1])
            if table.partition_by
            else platform.lake.scan(table)
        )
        rows = len(scan.select(table.key[0]).collect()) / n
        total += size if table.partition_by else 0
        unit = "" if table.partition_by else "  in all, not a day"
        if rows:
            print(f"{table.name:<18}{size:>14,.0f}{rows:>12,.0f}{size / rows:>13,.1f}{unit}")
    boards = sum(size_of(file) for file in (home / "boards").rglob("*.board")) / (len(closed) + 1)
    print(f"{'boards':<18}{boards:>14,.0f}   checkpoints, a day")
    print(f"{'sum':<18}{total + boards:>14,.0f}   {(total + boards) * 365 / 1e9:.2f} GB a year at this pace\n")


def size_of(file: Path) -> int:
    """Bytes of a file, 0 when it has just been replaced."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def resident_mb() -> float:
    """What the process holds in memory now; 0 where the system does not say."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    line = next(line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def day_start(day: dt.date) -> int:
    """The beginning of a UTC day in microseconds."""
    return int(dt.datetime.combine(day, dt.time.min, dt.UTC).timestamp() * 1_000_000)


if __name__ == "__main__":
    sys.exit(main())
