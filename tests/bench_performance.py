"""The part "performance" of the bench: six figures of ten years of daily returns, beside quantstats and empyrical.

The packages want an environment of their own. STRATUM_BENCH_PEERS names its Python, made for example with
    python3.11 -m venv PEERS && PEERS/bin/pip install quantstats empyrical-reloaded
    STRATUM_BENCH_PEERS=PEERS/bin/python make bench
"""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from stratum_pipelines.quant.performance import RATIOS, performance_of, trading_days

DAYS = 2520
TRADES = 1_000_000
RUNS = 50
FIGURES = ("sharpe", "sortino", "calmar", "max_drawdown", "volatility", "annual_return")
GOAL = 10
PEERS = "STRATUM_BENCH_PEERS"


def performance(say: Callable[..., None]) -> None:
    """Six figures over 2,520 days against the packages, and all figures of a million trades."""
    chance = np.random.default_rng(7)
    rows, basis = chance.normal(0.0004, 0.01, (1, DAYS)), trading_days()

    def six() -> None:
        for name in FIGURES:
            RATIOS[name](rows, basis)

    ours = best(six, RUNS)
    say(f"performance: six figures of {DAYS:,} days, microseconds", f"{ours * 1e6:,.0f}")
    for package, spent in peers(say, rows[0].tolist()).items():
        goal = f"; goal {GOAL}" if package == "quantstats" else ""
        if spent:
            say(f"performance: the same by {package}", f"{spent * 1e6:,.0f}", f"{spent / ours:.0f} x ours{goal}")
        else:
            say(f"performance: the same by {package}", "not measured", "not installed")
    frame = trades(chance)
    whole = best(lambda: performance_of(frame.lazy(), 100_000_000), 3)
    say(
        f"performance: all figures of {TRADES:,} trades, seconds",
        f"{whole:.2f}",
        f"{TRADES / whole:,.0f} trades a second",
    )


def best(work: Callable[[], object], runs: int) -> float:
    """Processor seconds of the best run."""
    spent = []
    for _ in range(runs):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return min(spent)


def trades(chance: np.random.Generator) -> pl.DataFrame:
    """A million bets over ten years, each closed three hours after it was placed."""
    entered = np.sort(chance.integers(0, 3650 * 86_400 * 1_000_000, TRADES))
    times = pl.Datetime("us", "UTC")
    return pl.DataFrame(
        {
            "entry_at": pl.Series(entered).cast(times),
            "exit_at": pl.Series(entered + 3 * 3_600_000_000).cast(times),
            "profit": chance.integers(-1000, 1001, TRADES),
            "stake": np.full(TRADES, 1000),
        }
    ).with_columns(status=pl.lit("closed"), currency=pl.lit("USD"))


def peers(say: Callable[..., None], returns: list[float]) -> dict[str, float | None]:
    """Seconds the other packages need, in an environment of their own."""
    python = os.environ.get(PEERS)
    if not python:
        say("performance: quantstats and empyrical", "not measured", f"{PEERS} names no Python that has them")
        return {}
    script = Path(__file__).with_name("bench_performance_peers.py")
    answer = subprocess.run(
        [python, str(script)], input=json.dumps(returns), capture_output=True, text=True, check=False
    )
    if answer.returncode:
        say("performance: quantstats and empyrical", "not measured", answer.stderr.strip().splitlines()[-1])
        return {}
    found: dict[str, float | None] = json.loads(answer.stdout)
    return found
