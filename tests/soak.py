"""`make soak`: live cycles over long simulated days, to see that memory, files and cycle times stay bounded.

Prints a line per simulated day and exits with 1 when something grows without bound. Longer: python -m tests.soak 7
"""

import datetime as dt
import resource
import statistics
import sys
import tempfile
from pathlib import Path

from stratum_pipelines.batch import close_day
from stratum_pipelines.live import Market, run_cycle
from stratum_pipelines.platform import open_platform
from stratum_pipelines.simulation import Simulation
from warehouse.settings import read_settings
from warehouse.tables import OddsSnapshots, Polls, RawOdds

FIRST = dt.date(2026, 1, 10)
CADENCE_S = 120.0
# The first day warms everything up; later ones may not grow beyond this.
MOST_GROWTH = 1.5


def soak(days: int, sports: tuple[str, ...] = ("basketball_nba", "icehockey_nhl")) -> bool:
    """Whether memory, open files and cycle times of the later days stay close to those of the second."""
    market_made = Simulation(7, sports)
    seen: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        platform = open_platform(read_settings({"STRATUM_HOME": folder}))
        market = Market(platform)
        for n in range(days):
            day = FIRST + dt.timedelta(days=n)
            times = [
                cycle.duration_ms
                for cycle in (run_cycle(market, one) for one in market_made.answers(day, cadence_s=CADENCE_S))
                if cycle.duration_ms is not None
            ]
            if n:
                differences = close_day(platform, day - dt.timedelta(days=1)).differences.height
                if differences:
                    print(f"{day}: closing the day before found {differences} differences between live and batch")
                    return False
            parts = max(platform.lake.parts(table, day) for table in (RawOdds, Polls, OddsSnapshots))
            stored = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
            row = {
                "cycles": len(times),
                "p50_ms": statistics.median(times),
                "p99_ms": statistics.quantiles(times, n=100)[98],
                "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "open_files": len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0,
                "most_parts": parts,
                "stored_mb": stored / 1e6,
            }
            seen.append(row)
            print(f"{day}  " + "  ".join(f"{name} {value:,.1f}" for name, value in row.items()), flush=True)
    if len(seen) < 3:
        return True
    second, last = seen[1], seen[-1]
    grown = [
        n for n in ("p50_ms", "memory_mb", "open_files", "most_parts") if last[n] > MOST_GROWTH * max(second[n], 1)
    ]
    for name in grown:
        print(f"{name} has grown from {second[name]:,.1f} to {last[name]:,.1f}")
    return not grown


if __name__ == "__main__":
    sys.exit(0 if soak(int(sys.argv[1]) if len(sys.argv) > 1 else 4) else 1)
